"""Facts of Rust's patterns: what they bind, and what each name gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from noctule.indexer.parse.facts.blocks import BlockWalk, union
from noctule.indexer.parse.facts.model import Expr

if TYPE_CHECKING:
    from tree_sitter import Node

_UNWRAPPED = frozenset({"Some", "Ok"})


class RustPatterns(BlockWalk):
    """The part of the walk over a Rust tree that binds names by patterns."""

    def match_pattern(self, node: Node | None, value: Expr, type_: Expr = None) -> None:
        """Bind the names of a pattern that a value is matched with."""
        if node is None:
            return
        b, kind, row = self.b, node.type, node.start_point[0]
        if kind == "identifier":
            name = b.text(node)
            if name[:1].isupper():
                self.visit(node)
            elif b.scopes[b.scope].function >= 0 and b.block is None:
                b.bind(name, value, type_, row)
            else:
                self.declare(name, value, type_, row)
        elif kind in {"mut_pattern", "ref_pattern", "reference_pattern", "match_pattern"}:
            for child in node.named_children:
                if child.type != "mutable_specifier" and child != node.child_by_field_name("condition"):
                    self.match_pattern(child, value, type_)
            self.visit(node.child_by_field_name("condition"))
        elif kind in {"captured_pattern", "or_pattern"}:
            for child in node.named_children:
                self.match_pattern(child, value)
        elif kind in {"tuple_pattern", "slice_pattern"}:
            for position, child in enumerate(node.named_children):
                whole = value if value is not None else None if type_ is None else ("I", type_)
                part = None if whole is None else ("t", whole, position) if kind[0] == "t" else ("e", whole)
                self.match_pattern(child, part)
        elif kind == "tuple_struct_pattern":
            self._tuple_struct(node, value)
        elif kind == "struct_pattern":
            self._struct(node)
        elif kind not in {"remaining_field_pattern", "_"}:
            self.visit(node)

    def _tuple_struct(self, node: Node, value: Expr) -> None:
        named = node.child_by_field_name("type")
        type_ = self.visit(named)
        position = 0
        for child in node.named_children:
            if child == named:
                continue
            part: Expr = None
            if type_ in _UNWRAPPED and isinstance(type_, str):
                part = None if value is None else ("x", value)
            elif child.type == "remaining_field_pattern":
                type_ = None  # it may take any number of them
            elif type_ is not None and type_ != "Err":
                part = ("a", ("I", type_), f"field {position}")
            self.match_pattern(child, part)
            position += 1

    def _struct(self, node: Node) -> None:
        b = self.b
        type_ = self.visit(node.child_by_field_name("type"))
        made: Expr = None if type_ is None else ("I", type_)
        for child in node.named_children:
            name = child.child_by_field_name("name") if child.type == "field_pattern" else None
            if name is None:
                continue
            spelled = b.text(name)
            b.use_member(made, f"field {spelled}", name.start_point[0])
            part = self.member(made, f"field {spelled}")
            inner = child.child_by_field_name("pattern")
            if inner is not None:
                self.match_pattern(inner, part)
            else:
                self.declare(spelled, part, None, name.start_point[0])

    def let(self, node: Node) -> Expr:
        """`let pattern: T = value`."""
        type_ = self.visit(node.child_by_field_name("type"))
        value = self.visit(node.child_by_field_name("value"))
        self.visit(node.child_by_field_name("alternative"))
        self.match_pattern(node.child_by_field_name("pattern"), value, type_)
        return None

    def if_(self, node: Node) -> Expr:
        """`if let pattern = value { } else { }`: one of both values."""
        b = self.b
        block, b.block = b.block, (node.start_point[0], node.end_point[0])
        self.visit(node.child_by_field_name("condition"))
        found = [self.visit(node.child_by_field_name("consequence"))]
        b.block = block
        other = node.child_by_field_name("alternative")
        if other is not None:
            found += self.visit_all(other.named_children)
        return union(found)

    def for_(self, node: Node) -> Expr:
        """`for pattern in value { }`."""
        b = self.b
        value = self.visit(node.child_by_field_name("value"))
        block, b.block = b.block, (node.start_point[0], node.end_point[0])
        self.match_pattern(node.child_by_field_name("pattern"), None if value is None else ("e", value))
        self.visit(node.child_by_field_name("body"))
        b.block = block
        return None

    def match(self, node: Node) -> Expr:
        """`match value { pattern => value }`: one of the values."""
        before, self.matched = self.matched, self.visit(node.child_by_field_name("value"))
        body = node.child_by_field_name("body")
        found = self.visit_all(body.named_children) if body is not None else []
        self.matched = before
        return union(found)

    matched: Expr = None

    def arm(self, node: Node) -> Expr:
        """`pattern => value`."""
        b = self.b
        block, b.block = b.block, (node.start_point[0], node.end_point[0])
        self.match_pattern(node.child_by_field_name("pattern"), self.matched)
        found = self.visit(node.child_by_field_name("value"))
        b.block = block
        bound = b.scopes[b.scope].names.get(found, ()) if isinstance(found, str) else ()
        if bound and bound[-1].scoped and bound[-1].row >= node.start_point[0]:
            return bound[-1].value  # a name of the pattern means nothing outside of the arm
        return found
