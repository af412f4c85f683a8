"""Facts of Go: packages by folder, methods by receiver, fields, embedding, and what functions return."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.go.expressions import GoExpressions
from noctule.indexer.parse.facts.go.statements import GoStatements
from noctule.indexer.parse.facts.go.types import GoTypes
from noctule.indexer.parse.facts.model import TAGGED

if TYPE_CHECKING:
    from tree_sitter import Node


_CONSTRAINT = re.compile(rb"^//go:build ([^\r\n]+)", re.MULTILINE)
_HEAD = 4000
"""A constraint stands in the first bytes of a file, before its package."""
_SYSTEMS = frozenset(
    "aix android darwin dragonfly freebsd illumos ios js linux netbsd openbsd plan9 solaris unix wasip1 windows zos "
    "386 amd64 arm arm64 loong64 mips mips64 mips64le mipsle ppc64 ppc64le riscv64 s390x wasm cgo gc gccgo race".split()
)
"""Tags that a build sets by itself."""


class GoWalk(GoStatements, GoExpressions, GoTypes):
    """The walk over a Go tree."""

    leaves: ClassVar = frozenset(
        {"comment", "true", "false", "nil", "iota", "label_name", "field_identifier", "rune_literal"}
    )

    def run(self, root: Node) -> None:
        """Visit the whole tree."""
        self.inside(root)
        if _needs_tag(self.b.source):
            self.b.bind(TAGGED, None, None, 0)


def _needs_tag(source: bytes) -> bool:
    """Tell whether a file is built only where somebody asks for a tag of this repository."""
    found = _CONSTRAINT.search(source, 0, _HEAD)
    words = found[1].decode("ascii", "replace").split() if found is not None else []
    if "||" in words or any(word.startswith(("(", "!(")) for word in words):
        return False
    return any(word not in _SYSTEMS and word != "&&" and not word.startswith(("!", "go1.")) for word in words)
