"""Facts of C#'s names and values, aside from calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from noctule.indexer.parse.facts.blocks import union
from noctule.indexer.parse.facts.csharp.patterns import CSharpPatterns
from noctule.indexer.parse.facts.model import Expr

if TYPE_CHECKING:
    from tree_sitter import Node


class CSharpValues(CSharpPatterns):
    """The part of the walk over a C# tree that reads names and values."""

    def identifier(self, node: Node) -> Expr:
        """A name by itself."""
        name = self.b.text(node)
        if name:
            self.b.use(name, node.start_point[0])
        return name or None

    def _member_name(self, node: Node | None) -> tuple[str, tuple[Expr, ...]]:
        """Return a name after a dot, with its type arguments."""
        if node is None or node.type != "generic_name":
            return ("" if node is None else self.b.text(node)), ()
        types: tuple[Expr, ...] = ()
        for child in node.named_children:
            if child.type == "type_argument_list":
                types = tuple(self.type_(t) for t in child.named_children)
        return self.b.text(node.named_children[0]), types

    def member_access(self, node: Node) -> Expr:
        """`value.Name`."""
        return self._access(node)[0]

    def _access(self, node: Node) -> tuple[Expr, tuple[Expr, ...]]:
        receiver = self._object(node.child_by_field_name("expression"))
        last = node.child_by_field_name("name")
        name, types = self._member_name(last)
        if last is None or not name:
            return None, ()
        self.b.use_member(receiver, name, last.start_point[0])
        return self.member(receiver, name), types

    accessed: Expr = None
    """What stands before `?.`."""

    def conditional(self, node: Node) -> Expr:
        """`value?.Name`."""
        condition = node.child_by_field_name("condition")
        before, self.accessed = self.accessed, self.visit(condition)
        found: Expr = None
        for child in node.named_children:
            if child != condition:
                found = self.visit(child)
        self.accessed = before
        return found

    def member_binding(self, node: Node) -> Expr:
        """`.Name` after `?`."""
        last = node.child_by_field_name("name")
        name, _ = self._member_name(last)
        if last is not None:
            self.b.use_member(self.accessed, name, last.start_point[0])
        return self.member(self.accessed, name)

    def _object(self, node: Node | None) -> Expr:
        """Return what stands before a dot: `this` and `base` are no nodes with a name."""
        if node is not None and node.type in {"this", "base"}:
            return ("s",) if node.type == "this" else ("S",)
        return self.visit(node)

    def await_(self, node: Node) -> Expr:
        """`await value`."""
        value = self.last_child(node)
        return None if value is None else ("y", value)

    def cast(self, node: Node) -> Expr:
        """`(Type) value`."""
        type_ = self.type_(node.child_by_field_name("type"))
        self.visit(node.child_by_field_name("value"))
        return None if type_ is None else ("I", type_)

    def as_(self, node: Node) -> Expr:
        """`value as Type`."""
        self.visit(node.child_by_field_name("left"))
        type_ = self.type_(node.child_by_field_name("right"))
        return None if type_ is None else ("I", type_)

    def is_(self, node: Node) -> Expr:
        """`value is Type`."""
        self.visit(node.child_by_field_name("left"))
        self.type_(node.child_by_field_name("right"))
        return None

    def typeof(self, node: Node) -> Expr:
        """`typeof(Type)`."""
        self.type_(node.child_by_field_name("type"))
        return None

    def default(self, node: Node) -> Expr:
        """`default(Type)`."""
        type_ = self.type_(node.child_by_field_name("type"))
        return None if type_ is None else ("I", type_)

    def binary(self, node: Node) -> Expr:
        """`a ?? b`; of other operators nothing is known."""
        values = self.visit_all(node.named_children)
        operator = node.child_by_field_name("operator")
        return union(values) if operator is not None and operator.type == "??" else None

    def assignment(self, node: Node) -> Expr:
        """`place = value`, `event += function`."""
        place, right = self.visit(node.child_by_field_name("left")), node.child_by_field_name("right")
        if right is not None and right.type in {"lambda_expression", "anonymous_method_expression"}:
            return self.lambda_(right, place)
        return self.visit(right)

    def element(self, node: Node) -> Expr:
        """`value[index]`."""
        value = self._object(node.child_by_field_name("expression"))
        self.visit(node.child_by_field_name("subscript"))
        return None if value is None else ("i", value, ())

    def array(self, node: Node) -> Expr:
        """`new[] { a, b }`, `new Type[n]`."""
        written = node.child_by_field_name("type")
        type_ = self.type_(written) if written is not None else None
        items: list[Expr] = []
        for child in node.named_children:
            if child.type == "initializer_expression":
                items += self.visit_all(child.named_children)
            elif child != written:
                self.visit(child)
        return type_ if written is not None else ("l", "Array", (union(items[:3]),))
