"""Facts of C#'s patterns and loops: the names that they declare."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from noctule.indexer.parse.facts.csharp.declarations import CSharpDeclarations
from noctule.indexer.parse.facts.model import Expr

if TYPE_CHECKING:
    from tree_sitter import Node


class CSharpPatterns(CSharpDeclarations):
    """The part of the walk over a C# tree that reads patterns and loops."""

    def declaration(self, node: Node) -> Expr:
        """`Type name` in a pattern or as an argument."""
        type_ = self.type_(node.child_by_field_name("type"))
        name = node.child_by_field_name("name")
        if name is not None and name.type == "identifier":
            self.bind_local(name, None, type_)
        return None

    def bind_local(self, name: Node, value: Expr, type_: Expr) -> None:
        """Bind a name that a pattern declares: it is seen in what follows, on its own line too."""
        b, row = self.b, name.start_point[0]
        end = b.block[1] if b.block else None
        b.bind(b.text(name), value, type_, row, start=row - 1, scoped=b.block is not None, end=end)

    def recursive_pattern(self, node: Node) -> Expr:
        """`Type { Member: pattern } name`."""
        written = node.child_by_field_name("type")
        type_ = self.type_(written) if written is not None else None
        value = self.matched if type_ is None else ("I", type_)
        for child in node.named_children:
            if child.type == "property_pattern_clause":
                for sub in child.named_children:
                    self._match_member(sub, value)
            elif child != written and child.type != "identifier":
                self.visit(child)
        name = node.child_by_field_name("name")
        if name is not None:
            self.bind_local(name, None, type_)
        return None

    matched: Expr = None
    """What is held against the pattern that is visited."""

    def _match_member(self, node: Node, value: Expr) -> None:
        """`Member: pattern`, `Member.Member: pattern`."""
        inner = node.named_children
        if len(inner) < 2:
            self.inside(node)
            return
        names = [inner[0]]
        while names[0].type == "member_access_expression" and names[0].named_child_count == 2:
            names[:1] = names[0].named_children
        for name in names:
            self.b.use_member(value, self.b.text(name), name.start_point[0])
            value = self.member(value, self.b.text(name))
        self.match(value, inner[1:])

    def match(self, value: Expr, nodes: Sequence[Node]) -> Expr:
        """Visit what a value is held against; return what the last of it is."""
        before, self.matched = self.matched, value
        found = [self._bind_matched(node, value) if _is_var(node) else self.visit(node) for node in nodes]
        self.matched = before
        return found[-1] if found else None

    def _bind_matched(self, node: Node, value: Expr) -> Expr:
        """`var name`, which holds what the pattern is held against."""
        name = node.child_by_field_name("name")
        if name is not None and name.type == "identifier":
            self.bind_local(name, value, None)
        return None

    def is_pattern(self, node: Node) -> Expr:
        """`value is pattern`."""
        self.match(self.visit(node.named_children[0]), node.named_children[1:])
        return None

    def switch(self, node: Node) -> Expr:
        """`value switch { ... }`, `switch (value) { ... }`."""
        b = self.b
        block, b.block = b.block, (node.start_point[0], node.end_point[0])
        found = self.match(self.visit(node.named_children[0]), node.named_children[1:])
        b.block = block
        return found if node.type == "switch_expression" else None

    def type_pattern(self, node: Node) -> Expr:
        """`Type` as a pattern."""
        self.type_(node.child_by_field_name("type"))
        return None

    def for_each(self, node: Node) -> Expr:
        """`foreach (Type name in values)`."""
        b = self.b
        block, b.block = b.block, (node.start_point[0], node.end_point[0])
        type_ = self.type_(node.child_by_field_name("type"))
        value = self.visit(node.child_by_field_name("right"))
        left = node.child_by_field_name("left")
        item: Expr = None if value is None else ("e", value)
        if left is not None and left.type == "identifier":
            self.declare(b.text(left), item, type_, left.start_point[0])
        for position, name in enumerate(
            left.named_children if left is not None and left.type == "tuple_pattern" else ()
        ):
            if name.type == "identifier":
                part = None if item is None else ("t", item, position)
                self.declare(b.text(name), part, None, name.start_point[0])
        self.visit(node.child_by_field_name("body"))
        b.block = block
        return None

    def catch(self, node: Node) -> Expr:
        """`catch (Type name) when (condition) { }`."""
        b = self.b
        block, b.block = b.block, (node.start_point[0], node.end_point[0])
        for child in node.named_children:
            if child.type == "catch_declaration":
                self.declaration(child)
            else:
                self.visit(child)
        b.block = block
        return None

    def from_clause(self, node: Node) -> Expr:
        """`from name in values`."""
        name = node.child_by_field_name("name")
        value: Expr = None
        for child in node.named_children:
            if child != name:
                value = self.visit(child)
        if name is not None:
            self.declare(self.b.text(name), None if value is None else ("e", value), None, name.start_point[0])
        return None


def _is_var(node: Node) -> bool:
    type_ = node.child_by_field_name("type") if node.type == "declaration_pattern" else None
    return type_ is not None and type_.type == "implicit_type"
