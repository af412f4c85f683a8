"""Facts of Scala's patterns and loops: the names that they bind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from noctule.indexer.parse.facts.blocks import BlockWalk, union
from noctule.indexer.parse.facts.model import Expr

if TYPE_CHECKING:
    from tree_sitter import Node

TYPES = frozenset(
    (
        "type_identifier generic_type stable_type_identifier projected_type tuple_type function_type compound_type "
        "infix_type lazy_parameter_type repeated_parameter_type annotated_type singleton_type"
    ).split()
)

_HELD = frozenset({"Some", "Success"})
_SIDES = {"Left": 0, "Right": 1}
_LISTS = frozenset({"List", "Seq", "Vector", "Array", "IndexedSeq"})


class ScalaPatterns(BlockWalk):
    """The part of the walk over a Scala tree that reads patterns and loops."""

    def match_pattern(self, node: Node | None, value: Expr) -> None:
        """Bind the names of a pattern that a value is matched with."""
        if node is None:
            return
        b, kind = self.b, node.type
        if kind == "identifier":
            name = b.text(node)
            if name[:1].isupper() or name.startswith("`"):
                self.visit(node)
            else:
                self.declare(name, value, None, node.start_point[0])
        elif kind == "typed_pattern":
            type_ = self.visit(node.child_by_field_name("type"))
            pattern = node.child_by_field_name("pattern")
            if pattern is not None and pattern.type == "identifier":
                self.declare(b.text(pattern), None, type_, pattern.start_point[0])
        elif kind == "capture_pattern":
            name_node = node.child_by_field_name("name")
            if name_node is not None:
                self.declare(b.text(name_node), value, None, name_node.start_point[0])
            self.match_pattern(node.child_by_field_name("pattern"), value)
        elif kind == "tuple_pattern":
            for position, child in enumerate(node.named_children):
                self.match_pattern(child, None if value is None else ("t", value, position))
        elif kind == "case_class_pattern":
            self._parts(node, value)
        elif kind == "infix_pattern":
            operator = node.child_by_field_name("operator")
            is_list = operator is not None and b.text(operator) == "::" and value is not None
            self.visit(operator)
            self.match_pattern(node.child_by_field_name("left"), ("e", value) if is_list else None)
            self.match_pattern(node.child_by_field_name("right"), value if is_list else None)
        elif kind == "alternative_pattern":
            for child in node.named_children:
                self.match_pattern(child, None)
        elif kind != "wildcard":
            self.visit(node)

    def _parts(self, node: Node, value: Expr) -> None:
        """`Type(a, b)`: parts of a case class, of what an object takes apart, or of what the library does."""
        written = node.child_by_field_name("type")
        type_ = self.visit(written)
        patterns = [child for child in node.named_children if child != written]
        for position, child in enumerate(patterns):
            part: Expr = None
            if type_ in _HELD:
                part = None if value is None else ("x", value)
            elif type_ in _SIDES:
                part = None if value is None else ("t", value, _SIDES[type_])
            elif type_ in _LISTS:
                part = None if value is None else ("e", value)
            elif type_ is not None:
                part = ("t", ("I", type_), position)
            self.match_pattern(child, part)

    matched: Expr = None

    def match(self, node: Node) -> Expr:
        """`value match { case pattern => value }`: one of the values."""
        before, self.matched = self.matched, self.visit(node.child_by_field_name("value"))
        body = node.child_by_field_name("body")
        found = self.visit_all(body.named_children) if body is not None else []
        self.matched = before
        return union(found)

    def case(self, node: Node) -> Expr:
        """`case pattern if condition => value`."""
        b = self.b
        block, b.block = b.block, (node.start_point[0], node.end_point[0])
        pattern = node.child_by_field_name("pattern")
        self.match_pattern(pattern, self.matched)
        found: Expr = None
        for child in node.named_children:
            if child != pattern:
                found = self.visit(child)
        b.block = block
        return found

    def for_(self, node: Node) -> Expr:
        """`for (name <- values) yield value`."""
        b = self.b
        block, b.block = b.block, (node.start_point[0], node.end_point[0])
        for listed in node.named_children:
            for child in listed.named_children if listed.type == "enumerators" else ():
                parts = child.named_children
                if child.type != "enumerator" or len(parts) < 2:
                    self.visit(child)
                    continue
                value = self.visit(parts[1])
                is_source = any(c.type == "<-" for c in child.children)
                self.match_pattern(parts[0], ("e", value) if is_source and value is not None else value)
                self.visit_all(parts[2:])
        self.visit(node.child_by_field_name("body"))
        b.block = block
        return None
