"""Facts of JavaScript and TypeScript: modules, classes, shapes of objects, and the types that are written down."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.javascript.declarations import JavaScriptDeclarations
from noctule.indexer.parse.facts.javascript.expressions import JavaScriptExpressions
from noctule.indexer.parse.facts.javascript.statements import JavaScriptStatements
from noctule.indexer.parse.facts.model import AUGMENTS

if TYPE_CHECKING:
    from tree_sitter import Node


class JavaScriptWalk(JavaScriptStatements, JavaScriptExpressions, JavaScriptDeclarations):
    """The walk over a tree of JavaScript, TypeScript or TSX."""

    leaves: ClassVar = frozenset(
        {
            "comment",
            "property_identifier",
            "private_property_identifier",
            "statement_identifier",
            "regex",
            "null",
            "undefined",
            "true",
            "false",
            "break_statement",
            "continue_statement",
            "debugger_statement",
            "hash_bang_line",
            "jsx_text",
            "accessibility_modifier",
            "override_modifier",
            "predefined_type",
            "string_fragment",
        }
    )

    def run(self, root: Node) -> None:
        """Visit the whole tree."""
        self.values = []
        self.bounds = []
        self.told = {}
        self.read_comments()
        self.find_makers(root)
        self.inside(root)
        self.bind_aliases()
        if self.b.package and any(imported.exported == AUGMENTS for imported in self.b.imports):
            self.b.package = AUGMENTS
