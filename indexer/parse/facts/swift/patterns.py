"""Facts of Swift's conditions, loops and patterns: the names that they bind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from noctule.indexer.parse.facts.model import Expr
from noctule.indexer.parse.facts.swift.declarations import TYPES, SwiftDeclarations

if TYPE_CHECKING:
    from tree_sitter import Node

_OF_CASES = frozenset({".", "(", ")", ",", ":", "=", "value_binding_pattern", "pattern"})


def _is_given(case: Sequence[Node]) -> bool:
    """Tell whether what stands next is the value that a case is held against."""
    return bool(case) and case[-1].type == "="


class SwiftPatterns(SwiftDeclarations):
    """The part of the walk over a Swift tree that reads conditions, loops and patterns."""

    def _conditions(self, node: Node) -> None:
        """Bind what `let name = value` among conditions binds, and visit the rest: before `else`, or after it."""
        is_guard = node.type == "guard_statement"
        outside: dict[str, Expr] = {}
        in_else = False
        name: Node | None = None
        case: list[Node] | None = None
        for position, child in enumerate(node.children):
            field = node.field_name_for_child(position)
            if child.type == "case":
                case = []
            elif case is not None and (child.type in _OF_CASES or (child.is_named and not _is_given(case))):
                case.append(child)
            elif case is not None:
                self._match_case(case, self.visit(child))
                case = None
            elif field == "bound_identifier":
                self._bind_shorthand(name)
                name = child
            elif in_else:
                self.visit_cast(child, outside)
            elif child.type in {",", "statements", "else"}:
                self._bind_shorthand(name)
                name = None
                in_else = child.type == "else"
                if in_else and not is_guard:
                    self._end_names(outside, child.start_point[0])
                self.visit(child)
            elif child.is_named and child.type not in TYPES and child.type != "value_binding_pattern":
                value = self.visit(child)
                if name is not None and child.type != "type_annotation":
                    spelled = self.b.text(name)
                    outside[spelled] = self._find_hidden(spelled)
                    self.declare(spelled, value, None, name.start_point[0])
                    name = None
        self._bind_shorthand(name)

    def _find_hidden(self, name: str) -> Expr:
        """Return what a name means where a condition does not hold that binds it: a variable, else a member."""
        if not self.is_local(name):
            return ("a", ("s",), name)
        before = self.b.scopes[self.b.scope].names.get(name)
        if not before:
            return None
        return ("I", before[-1].type) if before[-1].type is not None else before[-1].value

    def _end_names(self, names: Iterable[str], row: int) -> None:
        """What some names were bound to last is seen to a line, and no farther."""
        for name in names:
            bound = self.b.scopes[self.b.scope].names.get(name)
            if bound:
                bound[-1] = bound[-1]._replace(end=row)

    def _match_case(self, parts: list[Node], value: Expr) -> None:
        """`case .name(let a) = value`."""
        before = next((n for n, part in enumerate(parts) if part.type == "("), len(parts))
        names = [part for part in parts[:before] if part.type == "simple_identifier"]
        self.visit_all(names[:-1])
        if names:
            self.b.use_member(value, self.b.text(names[-1]), names[-1].start_point[0])
            self._match_parts([part for part in parts if part.type == "pattern"], names[-1], value)

    def _match_parts(self, patterns: Sequence[Node], name: Node, value: Expr) -> None:
        """Bind what stands in the brackets after a case."""
        parts = self.member(value, f"{self.b.text(name)} parts")
        for position, pattern in enumerate(patterns):
            inner = pattern.named_children
            bound = pattern.child_by_field_name("bound_identifier")
            if bound is None and len(inner) == 1 and inner[0].type == "simple_identifier":
                bound = inner[0]
            if bound is not None:
                part = None if parts is None else ("t", parts, position)
                self.declare(self.b.text(bound), part, None, bound.start_point[0])
            else:
                self.visit(pattern)

    def _bind_shorthand(self, name: Node | None) -> None:
        if name is not None:  # `if let name` is not nil there
            self.b.use(self.b.text(name), name.start_point[0])

    def condition(self, node: Node) -> Expr:
        """`if let name = value { }`."""
        b = self.b
        block, b.block = b.block, (node.start_point[0], node.end_point[0])
        self._conditions(node)
        b.block = block
        return None

    def guard(self, node: Node) -> Expr:
        """`guard let name = value else { }`: the name is seen in what follows."""
        self._conditions(node)
        return None

    def for_(self, node: Node) -> Expr:
        """`for name in values { }`."""
        b = self.b
        value = self.visit(node.child_by_field_name("collection"))
        block, b.block = b.block, (node.start_point[0], node.end_point[0])
        item = node.child_by_field_name("item")
        if item is not None:
            self.bind_pattern(item, None if value is None else ("e", value), None)
        for child in node.named_children:
            if child not in (item, node.child_by_field_name("collection")):
                self.visit(child)
        b.block = block
        return None

    matched: Expr = None

    def switch(self, node: Node) -> Expr:
        """`switch value { case .name: }`: the names are members of its type."""
        before, self.matched = self.matched, self.visit(node.child_by_field_name("expr"))
        for child in node.named_children:
            if child.type == "switch_entry":
                self.visit(child)
        self.matched = before
        return None

    def entry(self, node: Node) -> Expr:
        """`case pattern: statements`, which end where the last of them does, before what stands under it."""
        b, last = self.b, node
        while last.children:
            last = last.children[-1]
        block, b.block = b.block, (node.start_point[0], last.end_point[0])
        found = self.last_child(node)
        b.block = block
        return found

    def pattern(self, node: Node) -> Expr:
        """A pattern of a `case` or a `catch`."""
        b = self.b
        listed = [child for child in node.named_children if child.type in TYPES]
        inner = next(
            (child.child_by_field_name("bound_identifier") for child in node.named_children if child.type == "pattern"),
            None,
        )
        if len(listed) == 1 and inner is not None:  # case let name as Type
            self.declare(b.text(inner), None, self.visit(listed[0]), inner.start_point[0])
            return None
        is_case = b.text(node).removeprefix("let ").removeprefix("var ").startswith(".")
        for position, child in enumerate(node.children):
            if node.field_name_for_child(position) == "bound_identifier":
                self.declare(b.text(child), None, None, child.start_point[0])
            elif child.type == "simple_identifier":
                if is_case:
                    b.use_member(self.matched, b.text(child), child.start_point[0])
                    self._match_parts([part for part in node.children if part.type == "pattern"], child, self.matched)
                    return None
                if node.parent is not None and node.parent.type == "pattern":
                    self.declare(b.text(child), None, None, child.start_point[0])
                else:
                    self.visit(child)
            elif child.is_named:
                self.visit(child)
        return None
