"""Facts of C and C++: declarations and definitions, fields, macros with the words they stand for, namespaces.

A tag of C is bound with its keyword (`struct x`), since a type and a tag may share a name.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.c.declarations import CDeclarations
from noctule.indexer.parse.facts.c.expressions import CExpressions
from noctule.indexer.parse.facts.c.preprocessor import CPreprocessor
from noctule.indexer.parse.facts.model import FUNCTION, IMPORT

if TYPE_CHECKING:
    from tree_sitter import Node


_INCLUDE = re.compile(rb"^[ \t]*#[ \t]*include[ \t]*(<[^>\n]+>|\"[^\"\n]+\")", re.MULTILINE)
_MACRO = re.compile(rb"\b[A-Z_][A-Z0-9_]{2,}\b")


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
            "preproc_arg",
            "preproc_directive",
        }
    )

    def run(self, root: Node) -> None:
        """Visit the whole tree."""
        self.enclosing = []
        self.inside(root)
        if self.b.language == "cpp":
            self._forget_doubtful()
        if root.has_error:
            self._find_includes(root)
        parsed = root.text
        if parsed is not None and parsed != self.b.source:
            self._find_blanked(parsed)

    def _forget_doubtful(self) -> None:
        """Forget the functions that another branch of the preprocessor takes from the library."""
        for scope in self.b.scopes:
            for name, bound in scope.names.items():
                if len(bound) < 2 or scope.function >= 0:
                    continue
                if any(b.tag == IMPORT and str(b.value).partition("::")[0] == "using std" for b in bound):
                    scope.names[name] = [b for b in bound if b.tag != FUNCTION]

    def _find_includes(self, root: Node) -> None:
        """Note the includes that stand where the grammar knows none: in an initializer."""
        b = self.b
        known = {imported.row for imported in b.imports}
        for match in _INCLUDE.finditer(b.source):
            row = b.source.count(b"\n", 0, match.start(1))
            at = root.descendant_for_byte_range(match.start(1), match.end(1))
            if row not in known and (at is None or at.type != "comment"):
                b.add_import(match[1].decode("utf-8", "replace").strip('"'), "", row)

    def _find_blanked(self, parsed: bytes) -> None:
        """Note the macros that were taken out of the text before it was parsed."""
        source = self.b.source
        row = until = 0
        for match in _MACRO.finditer(source):
            if parsed[match.start() : match.end()].isspace():
                row += source.count(b"\n", until, match.start())
                until = match.start()
                self.b.use(match[0].decode(), row)
