"""Expressions of Go: names, calls, conversions, and literals whose keys are fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.model import Expr
from noctule.indexer.parse.facts.walk import TreeWalk

if TYPE_CHECKING:
    from tree_sitter import Node

_CONTAINERS = frozenset({"slice_type", "array_type", "implicit_length_array_type", "map_type"})


class GoExpressions(TreeWalk):
    """The part of the walk that reads values."""

    visits: ClassVar = {
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
        "composite_literal": "composite",
        "interpreted_string_literal": "string",
        "raw_string_literal": "string",
        "int_literal": "number",
        "float_literal": "number",
        "expression_list": "list_",
    }

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
        return self.make_call(called, values, given)

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
        return None if type_ is None else ("I", type_)

    def unary(self, node: Node) -> Expr:
        """`&value`, `*value`, `<-channel`."""
        value = self.only_child(node)
        operator = node.children[0].type
        if operator in {"&", "*"}:
            return value
        return ("e", value) if operator == "<-" and value is not None else None

    def number(self, _node: Node) -> Expr:
        """A number."""
        return ("l", "int", ())

    def list_(self, node: Node) -> Expr:
        """One value or several."""
        values = self.visit_all(node.named_children)
        return values[0] if len(values) == 1 else ("T", tuple(values[:6]))

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
