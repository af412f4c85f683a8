"""Facts of C and C++: declarations and definitions, fields, macros with the words they stand for, namespaces.

A tag of C is bound with its keyword (`struct x`), since a type and a tag may share a name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.c.declarations import CDeclarations
from noctule.indexer.parse.facts.c.expressions import CExpressions
from noctule.indexer.parse.facts.c.preprocessor import CPreprocessor

if TYPE_CHECKING:
    from tree_sitter import Node


class CWalk(CPreprocessor, CExpressions, CDeclarations):
    """The walk over a tree of C or C++."""

    leaves: ClassVar = frozenset(
        {
            "comment",
            "primitive_type",
            "number_literal",
            "char_literal",
            "statement_identifier",
            "true",
            "false",
            "null",
            "storage_class_specifier",
            "type_qualifier",
            "auto",
            "access_specifier",
            "placeholder_type_specifier",
            "virtual_specifier",
            "raw_string_literal",
            "concatenated_string",
            "preproc_arg",
            "preproc_directive",
        }
    )

    def run(self, root: Node) -> None:
        """Visit the whole tree."""
        self.enclosing = []
        self.inside(root)
