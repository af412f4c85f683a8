"""Declarations of C and C++: variables, prototypes, functions, namespaces, and the blocks that names are seen in."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.c.types import CTypes
from noctule.indexer.parse.facts.model import CONSTRUCTOR, FUNCTION, IS_DECLARATION, IS_PRIVATE, Binding, Expr

if TYPE_CHECKING:
    from tree_sitter import Node


_BUILTIN = frozenset({"primitive_type", "sized_type_specifier"})


class CDeclarations(CTypes):
    """The part of the walk that reads declarations."""

    visits: ClassVar = {
        "function_definition": "function",
        "declaration": "declaration",
        "field_declaration": "declaration",
        "namespace_definition": "namespace",
        "using_declaration": "using",
        "namespace_alias_definition": "namespace_alias",
        "compound_statement": "block",
        "for_statement": "block",
        "for_range_loop": "for_range",
        "if_statement": "block",
        "while_statement": "block",
        "lambda_expression": "lambda_",
        "return_statement": "return_",
        "catch_clause": "catch",
        "labeled_statement": "label_statement",
    }

    def declaration(self, node: Node) -> Expr:
        """Variables, prototypes and fields."""
        b = self.b
        written = node.child_by_field_name("type")
        type_ = self.visit(written)
        storage = {b.text(child) for child in node.children if child.type == "storage_class_specifier"}
        static = "static" in storage
        if type_ is None and b.scope == 0 and written is not None and written.type in _BUILTIN:
            type_ = ("l", b.text(written), ())  # other files may declare it, too
        for declarator in node.children_by_field_name("declarator"):
            name, function, _, value = self._peel(declarator)
            if function is not None and name is not None and not self._is_object(function, name):
                self._prototype(name, function, type_, static=static)
                continue
            if b.language == "cpp" and written is not None and self._makes(node, declarator, value):
                self.construct(type_, written)
            if function is not None:
                self._parameters(function, bind=False)  # what the object is made of, read as types
            found = self._value(value or node.child_by_field_name("value"), type_)  # in a condition it stands by itself
            if name is None and found is not None:
                self._bind_parts(declarator, found)
            elif name is not None:
                if found is None and type_ is not None and b.scope == 0 and "extern" not in storage:
                    found = ("I", type_)  # it is defined here
                hidden = static and b.scope == 0 and b.language == "c"
                block = (0, b.end) if hidden else b.block
                b.bind(
                    b.text(name),
                    found,
                    type_,
                    name.start_point[0],
                    scoped=block is not None,
                    start=0 if hidden else None,
                    end=block[1] if block else None,
                )
        self._value(node.child_by_field_name("default_value"), type_)
        return None

    def catch(self, node: Node) -> Expr:
        """`catch (const Type &name) { }`."""
        b = self.b
        block, b.block = b.block, (node.start_point[0], node.end_point[0])
        listed = node.child_by_field_name("parameters")
        for child in listed.named_children if listed is not None else ():
            type_ = self.visit(child.child_by_field_name("type"))
            declarator = child.child_by_field_name("declarator")
            name = self._peel(declarator)[0] if declarator is not None else None
            if name is not None:
                b.bind(b.text(name), None, type_, name.start_point[0], scoped=True, end=b.block[1])
        self.visit(node.child_by_field_name("body"))
        b.block = block
        return None

    def _bind_parts(self, declarator: Node, whole: Expr) -> None:
        """`auto [a, b] = whole;`."""
        b = self.b
        if declarator.type == "init_declarator" and declarator.named_child_count:
            declarator = declarator.named_children[0]
        parts = [part for part in _descend(declarator) if part.type == "identifier"]
        for position, part in enumerate(parts):
            end = b.block[1] if b.block else None
            item = ("t", whole, position)
            b.bind(b.text(part), item, None, part.start_point[0], scoped=b.block is not None, end=end)

    def _is_object(self, function: Node, name: Node) -> bool:
        """Tell whether `Type name(other);` makes an object in a function: the grammar takes it for a prototype."""
        b = self.b
        if b.language != "cpp" or b.scopes[b.scope].function < 0 or function.child_by_field_name("declarator") != name:
            return False
        listed = function.child_by_field_name("parameters")
        given = listed.named_children if listed is not None else []
        return bool(given) and all(
            child.type == "parameter_declaration" and child.child_by_field_name("declarator") is None for child in given
        )

    def _makes(self, node: Node, declarator: Node, value: Node | None) -> bool:
        """Tell whether a declaration makes an object itself: `Type x;`, `Type x(1)`, `Type x{1}`, `Type x = {1}`."""
        if declarator.type == "init_declarator":
            inner = declarator.child_by_field_name("declarator")
            is_plain = inner is not None and inner.type in {"identifier", "field_identifier", "array_declarator"}
            return is_plain and value is not None and value.type in {"argument_list", "initializer_list"}
        if declarator.type == "function_declarator":
            return True
        if self.b.scopes[self.b.scope].class_ >= 0:  # who makes the object around says how
            return node.child_by_field_name("default_value") is not None and _is_listed(node)
        is_extern = any(c.type == "storage_class_specifier" and self.b.text(c) == "extern" for c in node.children)
        return declarator.type in {"identifier", "array_declarator"} and not is_extern

    def _prototype(self, name: Node, function: Node, returns: Expr, *, static: bool) -> None:
        b = self.b
        class_ = b.scopes[b.scope].class_
        flags = IS_DECLARATION | (IS_PRIVATE if static and class_ < 0 else 0)
        spelled = b.text(name)
        is_constructor = class_ >= 0 and b.classes[class_].name == spelled
        position = b.add_function(spelled, name.start_point[0], class_, flags, bound=not is_constructor)
        if is_constructor:
            self._bind_constructor(position, name.start_point[0])
        before = b.enter_function(position)
        parameters = self._parameters(function, bind=True)
        b.close(before)
        b.set_function(position, returns, [], flags, parameters)

    def function(self, node: Node) -> Expr:
        """A function with its body."""
        b = self.b
        declarator = node.child_by_field_name("declarator")
        returns = self.visit(node.child_by_field_name("type"))
        if declarator is None:
            return self.inside(node)
        name, function, owners, _ = self._peel(declarator)
        if name is None or function is None:
            return self.inside(node)
        generic, self.template_names = self.template_names, ()
        static = any(child.type == "storage_class_specifier" and b.text(child) == "static" for child in node.children)
        spelled, row = b.text(name), name.start_point[0]
        class_ = b.scopes[b.scope].class_
        flags = IS_PRIVATE if static and class_ < 0 else 0
        owner = next((o for o in reversed(owners) if o is not None), None)
        is_constructor = class_ >= 0 and b.classes[class_].name == spelled  # in its class, the name is the class
        position = b.add_function(spelled, row, class_, flags, bound=owner is None and not is_constructor)
        if owner is not None:
            last = owner
            while isinstance(last, tuple):
                last = last[2] if last[0] == "a" else last[1]
            bound = CONSTRUCTOR if last == spelled else spelled
            b.members.append(
                (last, bound, Binding(FUNCTION, position, None, row, b.end, b.functions[position].definition, False))
            )
        elif is_constructor:
            self._bind_constructor(position, row)
        b.functions[position] = b.functions[position]._replace(generic=generic)
        before, end, block = b.enter_function(position), b.end, b.block
        b.end, b.block = node.end_point[0], None
        if node.child_by_field_name("type") is None and class_ < 0 and not owners and name.type == "identifier":
            parameters = self._arguments(spelled, function)
        else:
            parameters = self._parameters(function, bind=True)
        for child in node.named_children:
            if child.type == "field_initializer_list":
                self.inside(child)
        body = node.child_by_field_name("body")
        if body is not None:
            self.inside(body)
        b.close(before)
        b.end, b.block = end, block
        b.set_function(position, returns, [], flags, parameters)
        return None

    def _arguments(self, macro: str, function: Node) -> list[str]:
        """`TEST_F(Fixture, name) { }`: a macro makes the head. Its first argument may be a type, but not of `TEST`."""
        listed = function.child_by_field_name("parameters")
        first = listed.named_children[0] if listed is not None and listed.named_child_count else None
        given = first.child_by_field_name("type") if first is not None else None
        if given is not None and given.type == "type_identifier" and macro != "TEST" and self.b.language == "cpp":
            self.b.use(f"{self.b.text(given)}::", given.start_point[0])
        return []

    def _bind_constructor(self, position: int, row: int) -> None:
        b = self.b
        found = Binding(FUNCTION, position, None, row, b.end, b.functions[position].definition, False)
        b.scopes[b.scope].names.setdefault(CONSTRUCTOR, []).append(found)

    def lambda_(self, node: Node, _context: Expr = None) -> Expr:
        """A function without a name."""
        b = self.b
        captures = node.child_by_field_name("captures")
        made = [c for c in captures.named_children if c.type == "lambda_capture_initializer"] if captures else []
        values = self.visit_all(capture.named_children[-1] for capture in made)
        position = b.add_function("", node.start_point[0], -1, 0, bound=False)
        before, end, block = b.enter_function(position), b.end, b.block
        b.end, b.block = node.end_point[0], None
        for capture, value in zip(made, values, strict=True):
            b.bind(b.text(capture.named_children[0]), value, None, capture.start_point[0])
        declarator = node.child_by_field_name("declarator")
        names = self._parameters(declarator, bind=True) if declarator is not None else []
        written = (
            next((c for c in declarator.named_children if c.type == "trailing_return_type"), None)
            if declarator
            else None
        )
        returns = self.visit(written.named_children[0]) if written is not None else None
        returned, self.returned = self.returned, []
        body = node.child_by_field_name("body")
        if body is not None:
            self.inside(body)
        values, self.returned = self.returned, returned
        b.close(before)
        b.end, b.block = end, block
        b.set_function(position, returns, [value for value in values if value is not None], 0, names)
        return ("d", position)

    returned: list[Expr] | None = None
    """What the function without a name returns that is visited."""

    def return_(self, node: Node) -> Expr:
        """What a function returns; of one with a name it is declared."""
        value = self.only_child(node)
        if self.returned is not None:
            self.returned.append(value)
        return None

    def namespace(self, node: Node) -> Expr:
        """A namespace: its names are the file's; the namespace itself is a name before `::`."""
        b = self.b
        name = node.child_by_field_name("name")
        is_inline = any(child.type == "inline" for child in node.children)  # its names are those of the one around
        if name is not None:
            for part in name.named_children or [name]:
                b.members.append(
                    (
                        "inline namespace" if is_inline else "namespace",
                        b.text(part),
                        Binding(0, None, None, part.start_point[0], node.end_point[0], -1, False),
                    )
                )
        self.visit(node.child_by_field_name("body"))
        return None

    def namespace_alias(self, node: Node) -> Expr:
        """`namespace short = long::name;`."""
        name = node.child_by_field_name("name")
        target = next((c for c in reversed(node.named_children) if c != name and c.type != "comment"), None)
        if name is not None and target is not None:
            last = self.b.text(target).rpartition("::")[2].strip()
            self.b.bind_import(self.b.text(name), "namespace", last, name.start_point[0])
        return None

    def using(self, node: Node) -> Expr:
        """`using name::inner;`, `using namespace name;`: what a namespace declares is seen without it."""
        b = self.b
        if any(child.type == "namespace" for child in node.children):
            row, end = node.start_point[0], b.block[1] if b.block else b.end
            for part in b.text(node.named_children[-1]).split("::"):
                b.members.append(("using namespace", part.strip(), Binding(0, None, None, row, end, -1, False)))
        else:
            space, _, name = b.text(node.named_children[-1]).rpartition("::")
            if space and name.isidentifier() and b.scopes[b.scope].class_ < 0:
                b.bind_import(name, f"using {space}", name, node.start_point[0])
        return self.inside(node)

    def for_range(self, node: Node) -> Expr:
        """`for (type name : values)`."""
        b = self.b
        block, b.block = b.block, (node.start_point[0], node.end_point[0])
        type_ = self.visit(node.child_by_field_name("type"))
        value = self.visit(node.child_by_field_name("right"))
        declarator = node.child_by_field_name("declarator")
        name = self._peel(declarator)[0] if declarator is not None else None
        if name is not None:
            b.bind(
                b.text(name),
                ("e", value) if value is not None else None,
                type_,
                name.start_point[0],
                scoped=True,
                end=b.block[1],
            )
        elif declarator is not None and value is not None:
            parts = [n for n in _descend(declarator) if n.type == "identifier"]
            for position, part in enumerate(parts):
                item = ("t", ("e", value), position)
                b.bind(b.text(part), item, None, part.start_point[0], scoped=True, end=b.block[1])
        self.visit(node.child_by_field_name("body"))
        b.block = block
        return None


def _is_listed(field: Node) -> bool:
    value = field.child_by_field_name("default_value")
    return value is not None and value.type == "initializer_list"


def _descend(declarator: Node) -> list[Node]:
    """Return what a declarator of several names holds, also behind a reference."""
    if declarator.type == "reference_declarator" and declarator.named_child_count:
        declarator = declarator.named_children[0]
    return declarator.named_children if declarator.type == "structured_binding_declarator" else []
