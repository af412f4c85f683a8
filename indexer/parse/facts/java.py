"""Facts of Java: types with their members and bases, declared types, and what methods return.

A method is bound as `name()`: fields and methods are two worlds. A constructor is bound as `<new>`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.model import CONSTRUCTOR, FUNCTION, IS_CONSTRUCTOR, Binding, Expr
from noctule.indexer.parse.facts.walk import TreeWalk

if TYPE_CHECKING:
    from tree_sitter import Node

_TYPES = {
    "class_declaration": "class",
    "interface_declaration": "interface",
    "annotation_type_declaration": "interface",
    "enum_declaration": "enum",
    "record_declaration": "class",
}


class JavaWalk(TreeWalk):
    """The walk over a Java tree."""

    visits: ClassVar = {
        "package_declaration": "package",
        "import_declaration": "import_",
        **dict.fromkeys(_TYPES, "type_declaration"),
        "enum_constant": "enum_constant",
        "method_declaration": "method",
        "constructor_declaration": "method",
        "compact_constructor_declaration": "method",
        "annotation_type_element_declaration": "method",
        "field_declaration": "variables",
        "constant_declaration": "variables",
        "local_variable_declaration": "variables",
        "block": "block",
        "constructor_body": "inside",
        "for_statement": "block",
        "enhanced_for_statement": "for_each",
        "try_with_resources_statement": "block",
        "resource": "resource",
        "catch_clause": "catch",
        "switch_expression": "switch",
        "switch_block_statement_group": "block",
        "switch_rule": "block",
        "lambda_expression": "lambda_",
        "return_statement": "return_",
        "identifier": "identifier",
        "type_identifier": "identifier",
        "scoped_identifier": "field_access",
        "scoped_type_identifier": "field_access",
        "field_access": "field_access",
        "method_invocation": "call",
        "method_reference": "method_reference",
        "object_creation_expression": "new",
        "array_creation_expression": "array_new",
        "array_access": "element",
        "cast_expression": "cast",
        "instanceof_expression": "instanceof",
        "type_pattern": "type_pattern",
        "ternary_expression": "ternary",
        "assignment_expression": "assignment",
        "parenthesized_expression": "only_child",
        "this": "this",
        "super": "super_",
        "generic_type": "generic",
        "array_type": "array",
        "annotated_type": "last_child",
        "wildcard": "last_child",
        "class_literal": "class_literal",
        "element_value_pair": "annotation_value",
        "annotation": "annotation",
        "string_literal": "string",
        "break_statement": "nothing",
        "continue_statement": "nothing",
        "labeled_statement": "label_statement",
    }
    leaves: ClassVar = frozenset(
        {
            "line_comment",
            "block_comment",
            "void_type",
            "integral_type",
            "floating_point_type",
            "boolean_type",
            "decimal_integer_literal",
            "null_literal",
            "true",
            "false",
            "character_literal",
            "decimal_floating_point_literal",
            "hex_integer_literal",
            "asterisk",
        }
    )

    def nothing(self, _node: Node) -> Expr:
        """Skip."""
        return None

    # Files

    def package(self, node: Node) -> Expr:
        """`package a.b;`."""
        self.b.package = "".join(self.b.text(node.named_children[-1]).split()) if node.named_child_count else ""
        return None

    def import_(self, node: Node) -> Expr:
        """`import a.b.C;`, `import a.b.*;`, `import static a.B.c;`."""
        b = self.b
        if not node.named_child_count:
            return None
        row = node.start_point[0]
        module = "".join(b.text(node.named_children[0]).split())
        if any(child.type == "asterisk" for child in node.named_children):
            b.add_import(module, "*", row)
            return None
        outer, _, name = module.rpartition(".")
        b.add_import(outer, name, row)
        b.bind_import(name, outer, name, row)
        if any(child.type == "static" for child in node.children):
            b.add_import(outer, f"{name}()", row)
            b.bind_import(f"{name}()", outer, f"{name}()", row)
        return None

    # Types

    def type_declaration(self, node: Node) -> Expr:
        """A class, interface, enumeration, record or annotation."""
        b = self.b
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if name is None:
            return self.inside(node)
        spelled, row = b.text(name), name.start_point[0]
        generic = node.child_by_field_name("type_parameters")
        parameters = self._type_parameters(generic)
        position = b.add_class(spelled, row, (), _TYPES[node.type], parameters, **b.here())
        before, end, block = b.enter_class(position), b.end, b.block
        b.end, b.block = node.end_point[0], None
        self.visit(generic)
        bases: list[Expr] = []
        for child in node.named_children:
            if child.type == "superclass":
                bases.append(self.only_child(child))
            elif child.type in {"super_interfaces", "extends_interfaces"}:
                bases += self.visit_all(t for listed in child.named_children for t in listed.named_children)
            elif child.type in {"modifiers", "permits"}:
                self.inside(child)
        b.classes[position] = b.classes[position]._replace(bases=tuple(bases))
        for child in (node.child_by_field_name("parameters") or name).named_children:
            self._component(child, position)
        if body is not None:
            self.inside(body)
        b.close(before)
        b.end, b.block = end, block
        return ("k", position)

    def _component(self, node: Node, class_: int) -> None:
        name = node.child_by_field_name("name")
        type_ = self.visit(node.child_by_field_name("type"))
        if name is not None:
            b = self.b
            spelled, row = b.text(name), name.start_point[0]
            b.bind(spelled, None, type_, row)
            position = b.add_function("", row, class_, 0, bound=False)
            before = b.enter_function(position)
            b.close(before)
            b.set_function(position, type_, [], 0, [])
            b.bind(f"{spelled}()", position, None, row, tag=FUNCTION)

    def _type_parameters(self, node: Node | None) -> tuple[str, ...]:
        names = []
        for child in node.named_children if node is not None else ():
            for part in child.named_children:
                if part.type in {"type_identifier", "identifier"}:
                    names.append(self.b.text(part))
                    break
        return tuple(names)

    def enum_constant(self, node: Node) -> Expr:
        """A constant of an enumeration, perhaps with a body of its own."""
        b = self.b
        name = node.child_by_field_name("name")
        class_ = b.scopes[b.scope].class_
        if name is not None:
            b.bind(b.text(name), ("I", ("k", class_)), None, name.start_point[0])
        self.visit(node.child_by_field_name("arguments"))
        self._body(node.child_by_field_name("body"), ("k", class_))
        return None

    def _body(self, body: Node | None, base: Expr) -> None:
        if body is not None:
            b = self.b
            position = b.add_class("", body.start_point[0], (base,), "class", bound=False)
            before, block, end = b.enter_class(position), b.block, b.end
            b.block, b.end = None, body.end_point[0]
            self.inside(body)
            b.close(before)
            b.block, b.end = block, end

    def method(self, node: Node) -> Expr:
        """A method or constructor."""
        b = self.b
        name = node.child_by_field_name("name")
        if name is None:
            return self.inside(node)
        class_ = b.scopes[b.scope].class_
        spelled, row = b.text(name), name.start_point[0]
        is_constructor = node.type in {"constructor_declaration", "compact_constructor_declaration"}
        flags = IS_CONSTRUCTOR if is_constructor else 0
        position = b.add_function(spelled, row, class_, flags, bound=False)
        bound = CONSTRUCTOR if is_constructor else f"{spelled}()"
        found = Binding(FUNCTION, position, None, row, b.end, b.functions[position].definition, False)
        b.scopes[b.scope].names.setdefault(bound, []).append(found)
        before, end, block = b.enter_function(position), b.end, b.block
        b.end, b.block = node.end_point[0], None
        generic = node.child_by_field_name("type_parameters")
        names = self._type_parameters(generic)
        b.functions[position] = b.functions[position]._replace(generic=names)
        self.visit(generic)
        parameters = self._parameters(node.child_by_field_name("parameters"))
        returns = self.visit(node.child_by_field_name("type"))
        body = node.child_by_field_name("body")
        for child in node.named_children:
            if child.type in {"modifiers", "throws"}:
                self.inside(child)
        if body is not None:
            self.inside(body)
        self.visit(node.child_by_field_name("value"))
        b.close(before)
        b.end, b.block = end, block
        b.set_function(position, returns, [], flags, parameters)
        return None

    def _parameters(self, node: Node | None) -> list[str]:
        names = []
        for child in node.named_children if node is not None else ():
            type_ = self.visit(child.child_by_field_name("type"))
            name = child.child_by_field_name("name")
            if child.type == "spread_parameter":
                parts = [c for c in child.named_children if c.type not in {"modifiers", "variable_declarator"}]
                type_ = ("l", "Array", (("I", self.visit(parts[0])),)) if parts else None
                declarator = child.named_children[-1]
                name = declarator.child_by_field_name("name") or declarator
            elif child.type == "identifier":
                name = child
            for part in child.named_children:
                if part.type == "modifiers":
                    self.inside(part)
            if name is not None and child.type not in {"receiver_parameter", "line_comment", "block_comment"}:
                names.append(self.b.text(name))
                self.b.bind_parameter(names[-1], None, type_, name.start_point[0])
        return names

    # Bindings

    def _declare(self, name: Node, value: Expr, type_: Expr) -> None:
        block = self.b.block
        self.b.bind(
            self.b.text(name),
            value,
            type_,
            name.start_point[0],
            scoped=block is not None,
            end=block[1] if block else None,
        )

    def variables(self, node: Node) -> Expr:
        """`Type name = value, other;`."""
        written = node.child_by_field_name("type")
        type_ = None if written is not None and self.b.text(written) == "var" else self.visit(written)
        for child in node.named_children:
            if child.type == "modifiers":
                self.inside(child)
        for declarator in node.children_by_field_name("declarator"):
            name = declarator.child_by_field_name("name")
            whole = type_
            if declarator.child_by_field_name("dimensions") is not None and type_ is not None:
                whole = ("l", "Array", (("I", type_),))
            value = self.visit(declarator.child_by_field_name("value"))
            if name is not None:
                self._declare(name, value, whole)
        return None

    def for_each(self, node: Node) -> Expr:
        """`for (Type name : values)`."""
        b = self.b
        written = node.child_by_field_name("type")
        type_ = None if written is not None and b.text(written) == "var" else self.visit(written)
        value = self.visit(node.child_by_field_name("value"))
        block, b.block = b.block, (node.start_point[0], node.end_point[0])
        name = node.child_by_field_name("name")
        if name is not None:
            self._declare(name, ("e", value) if value is not None else None, type_)
        self.visit(node.child_by_field_name("body"))
        b.block = block
        return None

    def resource(self, node: Node) -> Expr:
        """A resource of `try`."""
        name = node.child_by_field_name("name")
        if name is None:
            return self.inside(node)
        written = node.child_by_field_name("type")
        type_ = None if written is not None and self.b.text(written) == "var" else self.visit(written)
        self._declare(name, self.visit(node.child_by_field_name("value")), type_)
        return None

    def catch(self, node: Node) -> Expr:
        """`catch (A | B name)`."""
        b = self.b
        block, b.block = b.block, (node.start_point[0], node.end_point[0])
        for child in node.named_children:
            name = child.child_by_field_name("name") if child.type == "catch_formal_parameter" else None
            if name is None:
                self.visit(child)
                continue
            types = [
                t
                for part in child.named_children
                if part.type == "catch_type"
                for t in self.visit_all(part.named_children)
            ]
            self._declare(name, None, types[0] if len(types) == 1 else ("o", *types) if types else None)
        b.block = block
        return None

    def instanceof(self, node: Node) -> Expr:
        """`value instanceof Type name`."""
        self.visit(node.child_by_field_name("left"))
        type_ = self.visit(node.child_by_field_name("right"))
        name = node.child_by_field_name("name")
        if name is not None:
            self.b.bind(self.b.text(name), None, type_, name.start_point[0], start=name.start_point[0] - 1)
        self.visit(node.child_by_field_name("pattern"))
        return None

    def type_pattern(self, node: Node) -> Expr:
        """`case Type name`."""
        children = node.named_children
        type_ = self.visit(children[0]) if children else None
        if len(children) > 1:
            self._declare(children[-1], None, type_)
        return None

    def assignment(self, node: Node) -> Expr:
        """`name = value`."""
        self.visit(node.child_by_field_name("left"))
        return self.visit(node.child_by_field_name("right"))

    # Statements

    def block(self, node: Node) -> Expr:
        """What is declared in a block is seen to its end."""
        b = self.b
        block, b.block = b.block, (node.start_point[0], node.end_point[0])
        self.inside(node)
        b.block = block
        return None

    def switch(self, node: Node) -> Expr:
        """Its labels may be constants of what it switches over."""
        value = self.visit(node.child_by_field_name("condition"))
        body = node.child_by_field_name("body")
        for group in body.named_children if body is not None else ():
            for child in group.named_children:
                if child.type == "switch_label":
                    for label in child.named_children:
                        if label.type == "identifier":
                            self.b.use_member(value, self.b.text(label), label.start_point[0])
            self.visit(group)
        return None

    def return_(self, node: Node) -> Expr:
        """What a method returns is declared; of a lambda, it counts."""
        value = self.only_child(node)
        if self.values is not None:
            self.values.append(value)
        return None

    def label_statement(self, node: Node) -> Expr:
        """A statement with a label."""
        for child in node.named_children[1:]:
            self.visit(child)
        return None

    def lambda_(self, node: Node, context: Expr = None) -> Expr:
        """A function without a name."""
        b = self.b
        position = b.add_function("", node.start_point[0], -1, 0, bound=False)
        before, end, block = b.enter_function(position), b.end, b.block
        b.end, b.block = node.end_point[0], None
        listed = node.child_by_field_name("parameters")
        names: list[str] = []
        if listed is not None and listed.type == "identifier":
            names = [b.text(listed)]
            b.bind_parameter(names[0], self._pass_arguments(context, 0), None, listed.start_point[0])
        elif listed is not None and listed.type == "inferred_parameters":
            for child in listed.named_children:
                b.bind_parameter(b.text(child), self._pass_arguments(context, len(names)), None, child.start_point[0])
                names.append(b.text(child))
        else:
            names = self._parameters(listed)
        values, self.values = self.values, []
        body = node.child_by_field_name("body")
        if body is not None and body.type == "block":
            self.inside(body)
            found = self.values
        else:
            found = [self.visit(body)]
        self.values = values
        b.close(before)
        b.end, b.block = end, block
        b.set_function(position, None, [v for v in found or [] if v is not None], 0, names)
        return ("d", position)

    def _pass_arguments(self, context: Expr, position: int) -> Expr:
        return None if context is None else ("q", context, position)

    # Values

    def identifier(self, node: Node) -> Expr:
        """A name by itself."""
        name = self.b.text(node)
        self.b.use(name, node.start_point[0])
        return name

    def field_access(self, node: Node) -> Expr:
        """A name after a dot."""
        children = node.named_children
        last = children[-1]
        if last.type == "this":
            owner = self.visit(children[0])
            return None if owner is None else ("I", owner)
        receiver = self.visit(children[0])
        name = self.b.text(last)
        self.b.use_member(receiver, name, last.start_point[0])
        return self.member(receiver, name)

    def call(self, node: Node) -> Expr:
        """A call of a method."""
        name, receiver = node.child_by_field_name("name"), node.child_by_field_name("object")
        if name is None:
            return self.inside(node)
        spelled, row = f"{self.b.text(name)}()", name.start_point[0]
        called: Expr
        if receiver is None:
            self.b.use(spelled, row)
            called = spelled
        else:
            owner = self.visit(receiver)
            self.b.use_member(owner, spelled, row)
            called = self.member(owner, spelled)
        arguments = node.child_by_field_name("arguments")
        for position, child in enumerate(arguments.named_children if arguments is not None else ()):
            if child.type == "lambda_expression" and called is not None:
                self.lambda_(child, ("p", called, position))
            else:
                self.visit(child)
        types = node.child_by_field_name("type_arguments")
        self.visit(types)
        return None if called is None else ("c", called)

    def method_reference(self, node: Node) -> Expr:
        """`Owner::method`, `Owner::new`."""
        children = node.named_children
        receiver = self.visit(children[0])
        last = children[-1]
        if node.children[-1].type == "new":
            self.b.use_member(receiver, CONSTRUCTOR, node.start_point[0])
        elif len(children) > 1 and last.type == "identifier":
            self.b.use_member(receiver, f"{self.b.text(last)}()", last.start_point[0])
        return None

    def new(self, node: Node) -> Expr:
        """`new Type(...)`, perhaps with a body."""
        b = self.b
        written = node.child_by_field_name("type")
        outer = node.named_children[0]
        if written is not None and outer != written and outer.type not in {"annotation", "marker_annotation"}:
            self.visit(outer)
        type_ = self.visit(written)
        if type_ is not None and written is not None:
            b.use_member(type_, CONSTRUCTOR, written.start_point[0])
        arguments = node.child_by_field_name("arguments")
        for position, child in enumerate(arguments.named_children if arguments is not None else ()):
            if child.type == "lambda_expression" and type_ is not None:
                self.lambda_(child, ("p", type_, position))
            else:
                self.visit(child)
        if node.named_children[-1].type == "class_body":
            self._body(node.named_children[-1], type_)
        return None if type_ is None else ("n", type_)

    def array_new(self, node: Node) -> Expr:
        """`new Type[n]`."""
        type_ = self.visit(node.child_by_field_name("type"))
        for child in node.named_children[1:]:
            self.visit(child)
        return ("l", "Array", (("I", type_),))

    def element(self, node: Node) -> Expr:
        """`array[index]`."""
        values = self.visit_all(node.named_children)
        return ("i", values[0], ()) if values and values[0] is not None else None

    def cast(self, node: Node) -> Expr:
        """`(Type) value`."""
        types = [self.visit(t) for t in node.children_by_field_name("type")]
        self.visit(node.child_by_field_name("value"))
        return ("I", types[0]) if types and types[0] is not None else None

    def ternary(self, node: Node) -> Expr:
        """One of two values."""
        self.visit(node.child_by_field_name("condition"))
        values = [self.visit(node.child_by_field_name(f)) for f in ("consequence", "alternative")]
        known = [v for v in values if v is not None]
        return None if not known else known[0] if len(known) == 1 else ("o", *known)

    def this(self, _node: Node) -> Expr:
        """The object."""
        return ("s",)

    def super_(self, _node: Node) -> Expr:
        """The object, seen as its base."""
        return ("S",)

    def string(self, _node: Node) -> Expr:
        """A text."""
        return ("l", "String", ())

    # Types in expressions

    def generic(self, node: Node) -> Expr:
        """`Type<A, B>`."""
        children = node.named_children
        base = self.visit(children[0])
        given = self.visit_all(children[1].named_children) if len(children) > 1 else []
        return None if base is None else ("i", base, tuple(given))

    def array(self, node: Node) -> Expr:
        """`Type[]`."""
        return ("l", "Array", (("I", self.visit(node.child_by_field_name("element"))),))

    def last_child(self, node: Node) -> Expr:
        """What the last child is."""
        values = self.visit_all(node.named_children)
        return values[-1] if values else None

    def class_literal(self, node: Node) -> Expr:
        """`Type.class`."""
        type_ = self.only_child(node)
        return None if type_ is None else ("l", "Class", (("I", type_),))

    def annotation(self, node: Node) -> Expr:
        """`@Name(key = value)`."""
        name = node.child_by_field_name("name")
        before, self.annotated = self.annotated, self.visit(name)
        self.visit(node.child_by_field_name("arguments"))
        self.annotated = before
        return None

    def annotation_value(self, node: Node) -> Expr:
        """A value of an annotation: its key is a member of that type."""
        key = node.child_by_field_name("key")
        if key is not None and self.annotated is not None:
            self.b.use_member(("I", self.annotated), f"{self.b.text(key)}()", key.start_point[0])
        self.visit(node.child_by_field_name("value"))
        return None

    annotated: Expr = None
    values: list[Expr] | None = None

    def run(self, root: Node) -> None:
        """Visit the whole tree."""
        self.inside(root)
