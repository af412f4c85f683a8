"""What front ends of languages with blocks share: regions, scopes of functions and types, and declarations in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from noctule.indexer.parse.facts.model import CLASS, Expr
from noctule.indexer.parse.facts.walk import TreeWalk

if TYPE_CHECKING:
    from tree_sitter import Node


class BlockWalk(TreeWalk):
    """A walk where what is declared in a block is seen from there to its end."""

    def region(self, node: Node) -> Expr:
        """A block, or a statement that declares names for its blocks; it is what its last part is."""
        b = self.b
        block, b.block = b.block, (node.start_point[0], node.end_point[0])
        found = self.last_child(node)
        b.block = block
        return found

    def ternary(self, node: Node) -> Expr:
        """One of two values."""
        self.visit(node.child_by_field_name("condition"))
        return union([self.visit(node.child_by_field_name(f)) for f in ("consequence", "alternative")])

    def array(self, node: Node) -> Expr:
        """`[a, b]`."""
        return ("l", "Array", (union(self.visit_all(node.named_children)[:1]),))

    def in_function(self, position: int, node: Node, act: Callable[[], Expr]) -> Expr:
        """Act in the scope of a function that a node writes."""
        b = self.b
        before, end, block = b.enter_function(position), b.end, b.block
        b.end, b.block = node.end_point[0], None
        found = act()
        b.close(before)
        b.end, b.block = end, block
        return found

    def in_class(self, position: int, node: Node, act: Callable[[], Expr]) -> Expr:
        """Act in the scope of a type that a node writes."""
        b = self.b
        before, end, block = b.enter_class(position), b.end, b.block
        b.end, b.block = node.end_point[0], None
        found = act()
        b.close(before)
        b.end, b.block = end, block
        return found

    def declare(self, name: str, value: Expr, type_: Expr, row: int, spelled: str = "") -> None:
        """Bind a name that is seen to the end of its block."""
        block = self.b.block
        self.b.bind(name, value, type_, row, scoped=block is not None, end=block[1] if block else None, spelled=spelled)

    def is_local(self, name: str) -> bool:
        """Tell whether a function around binds a name."""
        scopes = self.b.scopes
        at = self.b.scope
        while at >= 0 and scopes[at].function >= 0:
            if name in scopes[at].names:
                return True
            at = scopes[at].parent
        return False

    def bind_again(self, name: str, class_: int) -> None:
        """Bind a type under a second name, beside the one that it is spelled."""
        names = self.b.scopes[self.b.scope].names
        for binding in names.get(self.b.classes[class_].name, ()):
            if binding.tag == CLASS and binding.value == class_:
                names.setdefault(name, []).append(binding)


def union(values: list[Expr]) -> Expr:
    """Return the expression of one of several values; what is not known is left out."""
    known = [value for value in values if value is not None]
    return None if not known else known[0] if len(known) == 1 else ("o", *known[:6])


def strip_arguments(type_: Expr) -> Expr:
    """Return a type without its arguments."""
    while isinstance(type_, tuple) and type_[0] == "i":
        type_ = type_[1]
    return type_
