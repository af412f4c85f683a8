"""What one blob defines, uses and imports. Values only: no files, no database, no parser."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range of lines, counted from zero."""

    start: int
    stop: int

    def __contains__(self, line: int) -> bool:
        return self.start <= line < self.stop

    def __len__(self) -> int:
        return self.stop - self.start

    def meets(self, other: Span) -> bool:
        """Tell whether both have a line in common."""
        return self.start < other.stop and other.start < self.stop


class Definition(NamedTuple):
    """One named thing that a blob defines.

    `qualname` joins the names of the enclosing definitions with dots; `kind` is one of `KINDS`; `span` runs from the
    first decorator or keyword to the last line of the body; `signature` is one line of source, cut at 200 characters;
    `doc` is the first line of its documentation, or empty; `parent` is the position of the enclosing definition in
    the same list, or -1.
    """

    name: str
    qualname: str
    kind: str
    span: Span
    signature: str
    doc: str
    parent: int


KINDS = (
    "module",
    "class",
    "interface",
    "struct",
    "enum",
    "trait",
    "type",
    "function",
    "method",
    "macro",
    "constant",
    "variable",
    "field",
)
TYPES = frozenset({"class", "interface", "struct", "enum", "trait", "type"})
CALLABLE = frozenset({"function", "method", "macro"})
VALUES = frozenset({"variable", "constant", "field"})


class Import(NamedTuple):
    """One import as it is written: `module` with its leading dots or path, the names taken from it, its line."""

    module: str
    names: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Symbols:
    """All that tree-sitter finds in one blob.

    `definitions` are in source order; `references` maps a used name to its sorted, distinct lines (a definition's own
    name at its definition is no reference); `broken` says that the parser met a syntax error.
    """

    language: str
    definitions: tuple[Definition, ...] = ()
    references: dict[str, tuple[int, ...]] = field(default_factory=dict)
    imports: tuple[Import, ...] = ()
    broken: bool = False
