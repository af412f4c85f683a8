"""Which module a name of Elixir means where it stands, by the aliases of the blocks around."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.elixir.calls import spell
from noctule.indexer.parse.facts.elixir.names import Surroundings, name_module
from noctule.indexer.parse.facts.model import Expr
from noctule.indexer.parse.facts.walk import TreeWalk

if TYPE_CHECKING:
    from tree_sitter import Language as Grammar
    from tree_sitter import Node

    from noctule.indexer.parse.facts.builder import Builder


class ElixirModules(TreeWalk):
    """The part of the walk over a tree of Elixir that knows what surrounds a place."""

    visits: ClassVar = {
        "alias": "module",
        "dot": "dot",
        "do_block": "block",
        "stab_clause": "block",
        "anonymous_function": "block",
        "identifier": "nothing",
    }
    leaves: ClassVar = frozenset({"comment", "atom", "integer", "float", "quoted_content", "keyword", "char"})

    def __init__(self, builder: Builder, grammar: Grammar) -> None:
        super().__init__(builder, grammar)
        self._around = Surroundings()
        self._class = -1
        self._functions: frozenset[str] = frozenset()
        """The functions of the module around, by the names that they are bound as."""
        self._quotes = 0
        """How many quotes what is visited stands in: it is the code of who calls the macro."""
        self._is_type = False

    # Names of modules

    def _expand(self, node: Node | None) -> str:
        """Return the full name of the module that a node names, or nothing."""
        if node is None:
            return ""
        if node.type == "alias":
            return self._around.expand("".join(spell(node).split()))
        if node.type == "identifier" and spell(node) == "__MODULE__":
            return "" if self._quotes else self._around.module
        if node.type == "dot":
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            owner = self._expand(left) if right is not None and right.type == "alias" else ""
            return f"{owner}.{spell(right)}" if owner else ""
        return ""

    def _use_module(self, full: str, row: int) -> None:
        if full and self._is_written(full):
            self.b.use(name_module(full), row)

    def _is_written(self, full: str) -> bool:
        return full != self._around.module or self._quotes > 0

    def module(self, node: Node) -> Expr:
        """`A.B`."""
        self._use_module(self._expand(node), node.start_point[0])
        return None

    def dot(self, node: Node) -> Expr:
        """`__MODULE__.A`; `A.{B, C}`; a field."""
        for full, row in self._list_modules(node):
            self._use_module(full, row)
        if not self._expand(node):
            self.visit(node.child_by_field_name("left"))
        return None

    def _list_modules(self, node: Node) -> list[tuple[str, int]]:
        """Return the modules that a node names, with their lines."""
        right = node.child_by_field_name("right") if node.type == "dot" else None
        if right is not None and right.type == "tuple":
            owner = self._expand(node.child_by_field_name("left"))
            names = [(spell(child), child.start_point[0]) for child in right.named_children if child.type == "alias"]
            return [(f"{owner}.{name}", row) for name, row in names] if owner else []
        full = self._expand(node)
        return [(full, node.start_point[0])] if full else []

    # Blocks

    def _within(self, act: Callable[[], object]) -> None:
        """Act where what is imported and given another name holds no longer than that."""
        around = self._around
        act()
        self._around = around

    def block(self, node: Node) -> Expr:
        """A block, or a part of one."""
        self._within(lambda: self.inside(node))
        return None

    def _quote(self, node: Node) -> None:
        self._quotes += 1
        self._within(lambda: self.inside(node))
        self._quotes -= 1

    def _unquote(self, node: Node) -> None:
        before, self._quotes = self._quotes, max(self._quotes - 1, 0)
        self.inside(node)
        self._quotes = before
