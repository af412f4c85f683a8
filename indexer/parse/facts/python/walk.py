"""Facts of Python: scopes, imports, classes with the fields that their methods set, types where they are declared."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.python.definitions import PythonDefinitions
from noctule.indexer.parse.facts.python.expressions import PythonExpressions
from noctule.indexer.parse.facts.python.imports import PythonImports
from noctule.indexer.parse.facts.python.statements import PythonStatements

if TYPE_CHECKING:
    from tree_sitter import Node


class PythonWalk(PythonStatements, PythonExpressions, PythonDefinitions, PythonImports):
    """The walk over a Python tree."""

    leaves: ClassVar = frozenset(
        {"comment", "pass_statement", "break_statement", "continue_statement", "none", "ellipsis"}
    )

    def run(self, root: Node) -> None:
        """Visit the whole tree."""
        self.methods, self.values, self.decorators = [], [], []
        self.inside(root)
