"""Facts of Java: types with their members and bases, declared types, and what methods return.

A method is bound as `name()`: fields and methods are two worlds. A constructor is bound as `<new>`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.java.expressions import JavaExpressions
from noctule.indexer.parse.facts.java.statements import JavaStatements

if TYPE_CHECKING:
    from tree_sitter import Node


class JavaWalk(JavaStatements, JavaExpressions):
    """The walk over a Java tree."""

    leaves: ClassVar = frozenset(
        {
            "line_comment",
            "block_comment",
            "void_type",
            "integral_type",
            "floating_point_type",
            "boolean_type",
            "decimal_integer_literal",
            "null_literal",
            "true",
            "false",
            "character_literal",
            "decimal_floating_point_literal",
            "hex_integer_literal",
            "asterisk",
        }
    )

    def run(self, root: Node) -> None:
        """Visit the whole tree."""
        self.inside(root)
