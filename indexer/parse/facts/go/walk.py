"""Facts of Go: packages by folder, methods by receiver, fields, embedding, and what functions return."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.go.expressions import GoExpressions
from noctule.indexer.parse.facts.go.statements import GoStatements
from noctule.indexer.parse.facts.go.types import GoTypes

if TYPE_CHECKING:
    from tree_sitter import Node


class GoWalk(GoStatements, GoExpressions, GoTypes):
    """The walk over a Go tree."""

    leaves: ClassVar = frozenset(
        {"comment", "true", "false", "nil", "iota", "label_name", "field_identifier", "rune_literal"}
    )

    def run(self, root: Node) -> None:
        """Visit the whole tree."""
        self.inside(root)
