"""Facts of Ruby's branches, and of statements that may fail: which values they give."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.blocks import union
from noctule.indexer.parse.facts.model import Expr
from noctule.indexer.parse.facts.ruby.declarations import RubyDeclarations

if TYPE_CHECKING:
    from tree_sitter import Node

_TYPES = frozenset({"constant", "scope_resolution", "nil"})


class RubyBranches(RubyDeclarations):
    """The part of the walk that reads branches."""

    visits: ClassVar = {
        "if": "branches",
        "unless": "branches",
        "conditional": "branches",
        "case": "case",
        "begin": "fallback",
        "body_statement": "fallback",
    }

    def branches(self, node: Node) -> Expr:
        """One of several values."""
        self.visit(node.child_by_field_name("condition"))
        values = []
        for child in node.named_children:
            if child != node.child_by_field_name("condition"):
                values.append(self.visit(child))
        return union(values)

    def case(self, node: Node) -> Expr:
        """`case value when Type then a end`: one of the values; in a branch, a name is of its type."""
        b = self.b
        value = node.child_by_field_name("value")
        self.visit(value)
        found = []
        for child in node.named_children:
            if child.type != "when":
                found.append(self.visit(child) if child != value else None)
                continue
            patterns = [
                part.named_children[0] for part in child.children_by_field_name("pattern") if part.named_children
            ]
            types = self.visit_all(patterns)
            are_types = all(part.type in _TYPES for part in patterns)
            if value is not None and value.type == "identifier" and are_types and self.is_local(b.text(value)):
                row, end = child.start_point[0], child.end_point[0]
                b.bind(b.text(value), None, union(types), row, start=row - 1, scoped=True, end=end)
            found.append(self.visit(child.child_by_field_name("body")))
        return union(found)

    def fallback(self, node: Node) -> Expr:
        """Statements, perhaps with what is done when they fail: one of the last values."""
        found: Expr = None
        others: list[Expr] = []
        for child in node.named_children:
            value = self.visit(child)
            if child.type in {"rescue", "else"}:
                others.append(value)
            elif child.type != "ensure":
                found = value
        return union([found, *others])
