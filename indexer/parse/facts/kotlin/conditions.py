"""Facts of Kotlin's conditions and loops: what a branch says of the type of a name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from noctule.indexer.parse.facts.blocks import union
from noctule.indexer.parse.facts.kotlin.declarations import KotlinDeclarations
from noctule.indexer.parse.facts.kotlin.types import TYPES
from noctule.indexer.parse.facts.model import Expr

if TYPE_CHECKING:
    from tree_sitter import Node

_CHECKS = frozenset({"require", "check"})
"""Functions of the library that throw where a condition does not hold."""


class KotlinConditions(KotlinDeclarations):
    """The part of the walk over a Kotlin tree that reads branches and loops."""

    def find_casts(self, condition: Node, sign: str = "is") -> dict[str, Expr]:
        """Return the local names that a condition says the type of."""
        return self._keep_local(self._casts(condition, sign))

    def _keep_local(self, casts: list[tuple[Node, Expr]]) -> dict[str, Expr]:
        told = {self.b.text(name): type_ for name, type_ in casts if type_ is not None}
        return {name: type_ for name, type_ in told.items() if self.is_local(name)}

    def _visit_cast(self, node: Node, casts: list[tuple[Node, Expr]]) -> Expr:
        """Visit a branch within which local names are of some types."""
        told = self._keep_local(casts)
        start, end = node.start_point[0], node.end_point[0]
        if start == end:  # other branches may stand in the line
            return self.visit_cast(node, {name: ("I", type_) for name, type_ in told.items()})
        for name, type_ in told.items():
            self.b.narrow(name, type_, start, end)
        return self.visit(node)

    def _casts(self, node: Node | None, sign: str = "is") -> list[tuple[Node, Expr]]:
        """Return the names that a condition says the type of, or denies it; the condition has been visited."""
        if node is None:
            return []
        if node.type == "parenthesized_expression":
            return [c for child in node.named_children for c in self._casts(child, sign)]
        joint = "&&" if sign == "is" else "||"
        if node.type == "binary_expression" and any(child.type == joint for child in node.children):
            return [c for child in node.named_children for c in self._casts(child, sign)]
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if node.type != "is_expression" or left is None or right is None or left.type != "identifier":
            return []
        if ("is" if any(child.type == "is" for child in node.children) else "!is") != sign:
            return []
        return [(left, self.visit(right))]

    def if_(self, node: Node) -> Expr:
        """`if (condition) a else b`: one of both."""
        condition = node.child_by_field_name("condition")
        self.visit(condition)
        found = []
        casts = self._casts(condition)
        for child in node.named_children:
            if child != condition:
                found.append(self._visit_cast(child, casts))
                casts = []
        if node.named_child_count == 2 and node.parent is not None and self._leaves(node.named_children[1]):
            self.narrow_rest(self._casts(condition, "!is"), node)
        return union(found)

    def narrow_checked(self, name: str, node: Node, parts: Sequence[Node]) -> None:
        """In what follows `require(value is Type)`, local names are of some types; `parts` are those of the call."""
        given = next((c for c in parts if c.type == "value_arguments"), None) if name in _CHECKS else None
        if given is not None and given.named_child_count and given.named_children[0].named_child_count:
            self.narrow_rest(self._casts(given.named_children[0].named_children[-1]), node)

    def narrow_rest(self, casts: list[tuple[Node, Expr]], node: Node) -> None:
        """In what follows a statement, local names are of some types."""
        for name, type_ in self._keep_local(casts).items():
            if node.parent is not None:
                self.b.narrow(name, type_, node.end_point[0] + 1, node.parent.end_point[0])

    def _leaves(self, body: Node) -> bool:
        """Tell whether what stands after a statement is not reached through it."""
        while body.type == "block" and body.named_child_count:
            body = body.named_children[-1]
        if body.type == "labeled_expression":
            body = body.named_children[0]
        # The grammar takes the words that leave a loop for names.
        return body.type in {"return_expression", "throw_expression"} or (
            body.type in {"identifier", "label"} and self.b.text(body).rstrip("@") in {"continue", "break"}
        )

    def when(self, node: Node) -> Expr:
        """`when (value) { is Type -> a }`: one of the values."""
        b = self.b
        block, b.block = b.block, (node.start_point[0], node.end_point[0])
        subject: Node | None = None
        found: list[Expr] = []
        for child in node.named_children:
            if child.type == "when_subject":
                variable = next((c for c in child.named_children if c.type == "variable_declaration"), None)
                value = self.visit(child.named_children[-1])
                if variable is not None:
                    self.declare_variable(variable, value)
                    subject = variable.named_children[0]
                elif child.named_children[-1].type == "identifier":
                    subject = child.named_children[-1]
            elif child.type == "when_entry":
                found.append(self._entry(child, subject))
            else:
                self.visit(child)
        b.block = block
        return union(found)

    def _entry(self, node: Node, subject: Node | None) -> Expr:
        value: Expr = None
        casts: list[tuple[Node, Expr]] = []
        conditions = node.children_by_field_name("condition")
        for child in node.named_children:
            if child in conditions:
                if child.type == "type_test":
                    type_ = self.visit(child.named_children[-1])
                    if subject is not None and len(conditions) == 1 and not self.b.text(child).startswith("!"):
                        casts.append((subject, type_))
                else:
                    self.visit(child)
                    if subject is None:
                        casts += self._casts(child)
            else:
                value = self._visit_cast(child, casts)
        return value

    def for_(self, node: Node) -> Expr:
        """`for (name in values)`."""
        b = self.b
        block, b.block = b.block, (node.start_point[0], node.end_point[0])
        children = node.named_children
        value = self.visit(children[1]) if len(children) > 1 else None
        self.declare_variable(children[0], None if value is None else ("e", value))
        self.visit_all(children[2:])
        b.block = block
        return None

    def catch(self, node: Node) -> Expr:
        """`catch (name: Type) { }`."""
        b = self.b
        block, b.block = b.block, (node.start_point[0], node.end_point[0])
        name = next((c for c in node.named_children if c.type == "identifier"), None)
        type_: Expr = None
        value: Expr = None
        for child in node.named_children:
            if child.type in TYPES:
                type_ = self.visit(child)
                if name is not None:
                    self.declare(b.text(name), None, type_, name.start_point[0])
            elif child != name:
                value = self.visit(child)
        b.block = block
        return value

    def try_(self, node: Node) -> Expr:
        """`try { } catch { }`: one of the values."""
        values = self.visit_all(c for c in node.named_children if c.type != "finally_block")
        for child in node.named_children:
            if child.type == "finally_block":
                self.visit(child)
        return union(values)
