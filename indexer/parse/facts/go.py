"""Facts of Go: packages by folder, methods by receiver, fields, embedding, and what functions return."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.model import Expr
from noctule.indexer.parse.facts.walk import TreeWalk

if TYPE_CHECKING:
    from tree_sitter import Node

_CONTAINERS = frozenset({"slice_type", "array_type", "implicit_length_array_type", "map_type"})


class GoWalk(TreeWalk):
    """The walk over a Go tree."""

    visits: ClassVar = {
        "package_clause": "package",
        "import_spec": "import_",
        "function_declaration": "function",
        "method_declaration": "function",
        "func_literal": "literal_function",
        "function_type": "function_type",
        "type_spec": "type_spec",
        "type_alias": "type_spec",
        "struct_type": "struct",
        "interface_type": "struct",
        "var_spec": "variable",
        "const_spec": "variable",
        "short_var_declaration": "short_variable",
        "assignment_statement": "assignment",
        "range_clause": "range_",
        "block": "block",
        "if_statement": "region",
        "for_statement": "region",
        "expression_switch_statement": "region",
        "select_statement": "region",
        "expression_case": "region",
        "default_case": "region",
        "communication_case": "region",
        "type_switch_statement": "type_switch",
        "receive_statement": "receive_statement",
        "identifier": "identifier",
        "type_identifier": "identifier",
        "package_identifier": "identifier",
        "selector_expression": "selector",
        "qualified_type": "selector",
        "call_expression": "call",
        "type_conversion_expression": "conversion",
        "index_expression": "index",
        "slice_expression": "only_child",
        "type_assertion_expression": "assertion",
        "unary_expression": "unary",
        "parenthesized_expression": "only_child",
        "parenthesized_type": "only_child",
        "composite_literal": "composite",
        "pointer_type": "only_child",
        "slice_type": "container",
        "array_type": "container",
        "implicit_length_array_type": "container",
        "map_type": "container",
        "channel_type": "container",
        "generic_type": "generic",
        "negated_type": "only_child",
        "return_statement": "return_",
        "interpreted_string_literal": "string",
        "raw_string_literal": "string",
        "int_literal": "number",
        "float_literal": "number",
        "expression_list": "list_",
        "labeled_statement": "label_statement",
    }
    leaves: ClassVar = frozenset(
        {"comment", "true", "false", "nil", "iota", "label_name", "field_identifier", "rune_literal"}
    )

    def package(self, node: Node) -> Expr:
        """`package name`."""
        if node.named_child_count:
            self.b.package = self.b.text(node.named_children[0])
        return None

    def import_(self, node: Node) -> Expr:
        """`import name "path"`."""
        path, name = node.child_by_field_name("path"), node.child_by_field_name("name")
        if path is not None:
            alias = "" if name is None else self.b.text(name)
            self.b.add_import(self.b.text(path).strip('"`'), "", node.start_point[0], alias)
        return None

    # Values and types

    def identifier(self, node: Node) -> Expr:
        """A name by itself."""
        name = self.b.text(node)
        if name == "_":
            return None
        self.b.use(name, node.start_point[0])
        return name

    def selector(self, node: Node) -> Expr:
        """A name after a dot."""
        children = node.named_children
        receiver = self.visit(children[0])
        last = children[-1]
        name = self.b.text(last)
        self.b.use_member(receiver, name, last.start_point[0])
        return self.member(receiver, name)

    def call(self, node: Node) -> Expr:
        """A call, or a conversion to a type; `new`, `make` and `append` give what their first argument says."""
        function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        called = self.visit(function)
        types = node.child_by_field_name("type_arguments")
        given = tuple(self.visit_all(types.named_children)) if types is not None else ()
        listed = arguments.named_children if arguments is not None else []
        values: list[Expr] = []
        values += self.visit_all(listed)
        if called in {"new", "make"} and values:
            return ("I", values[0]) if values[0] is not None else None
        if called == "append" and values:
            return values[0]
        if called is None:
            return None
        return ("c", called, (), given) if given else ("c", called)

    def conversion(self, node: Node) -> Expr:
        """`[]T(value)`."""
        types = self.visit_all(node.named_children)
        return ("I", types[0]) if types and types[0] is not None else None

    def index(self, node: Node) -> Expr:
        """An element, or a generic function or type with its arguments."""
        children = node.named_children
        base = self.visit(children[0])
        arguments = tuple(self.visit_all(children[1:]))
        return None if base is None else ("i", base, arguments)

    def assertion(self, node: Node) -> Expr:
        """`value.(Type)`."""
        self.visit(node.child_by_field_name("operand"))
        type_ = self.visit(node.child_by_field_name("type"))
        return None if type_ is None else ("T", (("I", type_), None))

    def unary(self, node: Node) -> Expr:
        """`&value`, `*value`, `<-channel`."""
        value = self.only_child(node)
        operator = node.children[0].type
        if operator in {"&", "*"}:
            return value
        return ("e", value) if operator == "<-" and value is not None else None

    def string(self, _node: Node) -> Expr:
        """A text."""
        return ("l", "string", ())

    def number(self, _node: Node) -> Expr:
        """A number."""
        return ("l", "int", ())

    def list_(self, node: Node) -> Expr:
        """One value or several."""
        values = self.visit_all(node.named_children)
        return values[0] if len(values) == 1 else ("T", tuple(values[:6]))

    def container(self, node: Node) -> Expr:
        """`[]T`, `map[K]V`, `chan T`."""
        if node.type == "map_type":
            key, value = self.visit(node.child_by_field_name("key")), self.visit(node.child_by_field_name("value"))
            return ("l", "Map", (("I", key), ("I", value)))
        self.visit(node.child_by_field_name("length"))
        element = node.child_by_field_name("element") or node.child_by_field_name("value")
        return ("l", "Array", (("I", self.visit(element)),))

    def generic(self, node: Node) -> Expr:
        """`T[A]`."""
        base = self.visit(node.child_by_field_name("type"))
        arguments = node.child_by_field_name("type_arguments")
        given = tuple(self.visit_all(arguments.named_children)) if arguments is not None else ()
        if len(given) == 1 and node.named_child_count and arguments is not None:
            given = tuple(given)
        return None if base is None else ("i", base, given)

    def composite(self, node: Node) -> Expr:
        """`T{key: value}`: the keys are fields of a struct, or the values of a container."""
        written, body = node.child_by_field_name("type"), node.child_by_field_name("body")
        if written is None or body is None:
            return self.inside(node)
        type_ = self.visit(written)
        self._literal_value(body, written.type, type_)
        return ("I", type_) if type_ is not None else None

    def _literal_value(self, body: Node, kind: str, type_: Expr) -> None:
        is_container = kind in _CONTAINERS
        element = None
        if is_container and type_ is not None:
            element = type_[2][-1]
        for child in body.named_children:
            value: Node | None = child
            if child.type == "keyed_element":
                key = child.named_children[0]
                value = child.named_children[-1]
                inner = key.named_children[0] if key.type == "literal_element" and key.named_child_count else key
                if inner.type == "identifier" and not is_container:
                    name = self.b.text(inner)
                    self.b.use_member(("I", type_) if type_ is not None else None, name, inner.start_point[0])
                    if type_ is not None:
                        field = ("a", ("I", type_), name)
                        self._element(value, field)
                        continue
                elif inner.type == "literal_value":
                    self._literal_value(inner, "", type_[2][0] if type_ is not None and kind == "map_type" else None)
                else:
                    self.visit(key)
            self._element(value, element)

    def _element(self, node: Node | None, expected: Expr) -> None:
        """Visit an element of a literal; one without a type of its own is of the type that is expected."""
        if node is None:
            return
        inner = node.named_children[0] if node.type == "literal_element" and node.named_child_count else node
        if inner.type == "literal_value":
            nested = expected[1] if isinstance(expected, tuple) and expected[0] == "I" else expected
            is_list = isinstance(nested, tuple) and nested[0] == "l"
            self._literal_value(inner, "slice_type" if is_list else "", nested)
        else:
            self.visit(inner)

    # Functions

    def function(self, node: Node) -> Expr:
        """A function or method."""
        b = self.b
        name = node.child_by_field_name("name")
        receiver = node.child_by_field_name("receiver")
        if name is None:
            return self.inside(node)
        spelled, row = b.text(name), name.start_point[0]
        position = b.add_function(spelled, row, -1, 0, bound=receiver is None and spelled != "init")
        before, end, block = b.enter_function(position), b.end, b.block
        b.end, b.block = node.end_point[0], None
        if receiver is not None:
            owner = self._parameters(receiver)[1]
            while isinstance(owner, tuple) and owner[0] == "i":
                owner = owner[1]
            b.add_member(owner, spelled, position, row)
        self._function(node, position)
        b.close(before)
        b.end, b.block = end, block
        return None

    def _function(self, node: Node, position: int) -> None:
        b = self.b
        generic = node.child_by_field_name("type_parameters")
        if generic is not None:
            names = []
            for child in generic.named_children:
                names += [b.text(n) for n in child.children_by_field_name("name")]
                self.visit(child.child_by_field_name("type"))
            b.functions[position] = b.functions[position]._replace(generic=tuple(names))
        parameters, _ = self._parameters(node.child_by_field_name("parameters"))
        returns = self._result(node.child_by_field_name("result"))
        body = node.child_by_field_name("body")
        if body is not None:
            self.inside(body)
        b.set_function(position, returns, [], 0, parameters)

    def _parameters(self, node: Node | None) -> tuple[list[str], Expr]:
        """Bind parameters; return their names and the type of the last."""
        names: list[str] = []
        type_: Expr = None
        for child in node.named_children if node is not None else ():
            if child.type not in {"parameter_declaration", "variadic_parameter_declaration"}:
                continue
            type_ = self.visit(child.child_by_field_name("type"))
            whole = ("l", "Array", (("I", type_),)) if child.type.startswith("variadic") else type_
            for name in child.children_by_field_name("name"):
                names.append(self.b.text(name))
                self.b.bind_parameter(names[-1], None, whole, name.start_point[0])
            if not child.children_by_field_name("name"):
                names.append("")
        return names, type_

    def _result(self, node: Node | None) -> Expr:
        if node is None or node.type != "parameter_list":
            return self.visit(node)
        types: list[Expr] = []
        for child in node.named_children:
            type_ = self.visit(child.child_by_field_name("type"))
            listed = child.children_by_field_name("name")
            for name in listed:
                self.b.bind_parameter(self.b.text(name), None, type_, name.start_point[0])
            types += [type_] * max(len(listed), 1)
        return types[0] if len(types) == 1 else ("T", tuple(("I", t) for t in types[:6]))

    def literal_function(self, node: Node) -> Expr:
        """A function without a name."""
        return self._literal(node)

    def _literal(self, node: Node) -> Expr:
        b = self.b
        position = b.add_function("", node.start_point[0], -1, 0, bound=False)
        before, end, block = b.enter_function(position), b.end, b.block
        b.end, b.block = node.end_point[0], None
        self._function(node, position)
        b.close(before)
        b.end, b.block = end, block
        return ("d", position)

    def function_type(self, node: Node) -> Expr:
        """`func(a A) B` as a type."""
        return self._literal(node)

    def return_(self, node: Node) -> Expr:
        """What a function returns is declared."""
        return self.inside(node)

    # Types

    def type_spec(self, node: Node) -> Expr:
        """`type Name struct { }`, `type Name Other`, `type Name = Other`."""
        b = self.b
        name, type_ = node.child_by_field_name("name"), node.child_by_field_name("type")
        if name is None or type_ is None:
            return None
        spelled, row = b.text(name), name.start_point[0]
        generic = node.child_by_field_name("type_parameters")
        parameters: list[str] = []
        for child in generic.named_children if generic is not None else ():
            parameters += [b.text(n) for n in child.children_by_field_name("name")]
            self.visit(child.child_by_field_name("type"))
        if node.type == "type_alias":
            b.bind(spelled, self.visit(type_), None, row)
        elif type_.type in {"struct_type", "interface_type"}:
            self._struct(type_, spelled, name, tuple(parameters))
        else:
            # A type of its own: it has the fields of the other, though not its methods; what it holds is seen through.
            position = b.add_class(spelled, row, (), "type", parameters, **b.here())
            before, block = b.enter_class(position), b.block
            b.block = None
            base = self.visit(type_)
            b.close(before)
            b.block = block
            b.classes[position] = b.classes[position]._replace(bases=(base,))
        return None

    def struct(self, node: Node) -> Expr:
        """A struct or interface without a name."""
        return self._struct(node, "", node, ())

    def _struct(self, node: Node, spelled: str, name: Node, parameters: tuple[str, ...]) -> Expr:
        b = self.b
        kind = "struct" if node.type == "struct_type" else "interface"
        row = name.start_point[0]
        position = b.add_class(spelled, row, (), kind, parameters, bound=bool(spelled), **b.here())
        before, block, end = b.enter_class(position), b.block, b.end
        b.block, b.end = None, node.end_point[0]
        bases: list[Expr] = []
        listed = node.named_children
        if kind == "struct":
            listed = [f for child in listed for f in child.named_children]
        for child in listed:
            if child.type == "field_declaration":
                type_ = self.visit(child.child_by_field_name("type"))
                names = child.children_by_field_name("name")
                for field in names:
                    b.bind(b.text(field), None, type_, field.start_point[0])
                if not names:
                    bases.append(type_)
                    last = type_
                    while isinstance(last, tuple) and last[0] == "i":
                        last = last[1]
                    embedded = last if isinstance(last, str) else last[-1] if isinstance(last, tuple) else ""
                    if isinstance(embedded, str) and embedded:
                        b.bind(embedded, None, type_, child.start_point[0])
            elif child.type in {"method_elem", "method_spec"}:
                self._method(child)
            elif child.type in {"type_elem", "constraint_elem"}:
                bases.append(self.only_child(child))
        b.close(before)
        b.block, b.end = block, end
        b.classes[position] = b.classes[position]._replace(bases=tuple(bases))
        return ("k", position)

    def _method(self, node: Node) -> None:
        b = self.b
        name = node.child_by_field_name("name")
        if name is None:
            return
        class_ = b.scopes[b.scope].class_
        position = b.add_function(b.text(name), name.start_point[0], class_, 0)
        before = b.enter_function(position)
        self._function(node, position)
        b.close(before)

    # Bindings

    def _bind(self, node: Node, value: Expr, type_: Expr) -> None:
        b = self.b
        if node.type == "identifier":
            name = b.text(node)
            if name != "_":
                block = b.block
                b.bind(
                    name, value, type_, node.start_point[0], scoped=block is not None, end=block[1] if block else None
                )
        else:
            self.visit(node)

    def _bind_all(self, names: list[Node], values: Node | None, type_: Expr) -> None:
        listed = [] if values is None else values.named_children if values.type == "expression_list" else [values]
        found = self.visit_all(listed)
        for position, name in enumerate(names):
            if len(found) == len(names):
                value = found[position]
                if isinstance(value, tuple) and value[0] == "T" and len(value[1]) == 2 and value[1][1] is None:
                    value = value[1][0]
            else:
                value = ("t", found[0], position) if len(found) == 1 and found[0] is not None else None
            self._bind(name, value, type_)

    def variable(self, node: Node) -> Expr:
        """`var name Type = value`."""
        type_ = self.visit(node.child_by_field_name("type"))
        self._bind_all(node.children_by_field_name("name"), node.child_by_field_name("value"), type_)
        return None

    def short_variable(self, node: Node) -> Expr:
        """`name := value`."""
        left = node.child_by_field_name("left")
        self._bind_all(left.named_children if left is not None else [], node.child_by_field_name("right"), None)
        return None

    def assignment(self, node: Node) -> Expr:
        """`name = value`: what a name is of was declared."""
        return self.inside(node)

    def range_(self, node: Node) -> Expr:
        """`for key, value := range values`."""
        value = self.visit(node.child_by_field_name("right"))
        left = node.child_by_field_name("left")
        for position, name in enumerate(left.named_children if left is not None else ()):
            part = None if value is None else ("i", value, ()) if position else ("ek", value)
            self._bind(name, part, None)
        return None

    def receive_statement(self, node: Node) -> Expr:
        """`case value := <-channel`."""
        left = node.child_by_field_name("left")
        value = self.visit(node.child_by_field_name("right"))
        for name in left.named_children[:1] if left is not None else ():
            self._bind(name, value, None)
        return None

    def type_switch(self, node: Node) -> Expr:
        """`switch name := value.(type)`: the name is of the type of each case."""
        b = self.b
        alias = node.child_by_field_name("alias")
        name = b.text(alias.named_children[0]) if alias is not None and alias.named_child_count else ""
        for child in node.named_children:
            if child == alias:
                continue
            if child.type == "type_case" and name:
                types = [self.visit(t) for t in child.children_by_field_name("type")]
                start, end = child.start_point[0], child.end_point[0]
                type_ = types[0] if len(types) == 1 else None
                b.bind(name, None, type_, start, start=start - 1, scoped=True, end=end)
                block, b.block = b.block, (start, end)
                written = child.children_by_field_name("type")
                for part in child.named_children:
                    if part not in written:
                        self.visit(part)
                b.block = block
            else:
                self.visit(child)
        return None

    # Regions

    def block(self, node: Node) -> Expr:
        """A block, or a statement with one: what is declared in it is seen from there to its end."""
        b = self.b
        block, b.block = b.block, (node.start_point[0], node.end_point[0])
        self.inside(node)
        b.block = block
        return None

    def region(self, node: Node) -> Expr:
        """A statement that declares names for its blocks."""
        return self.block(node)

    def label_statement(self, node: Node) -> Expr:
        """A statement with a label."""
        for child in node.named_children[1:]:
            self.visit(child)
        return None

    def run(self, root: Node) -> None:
        """Visit the whole tree."""
        self.inside(root)
