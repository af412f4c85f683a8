"""What was learned of the files of a view by itself: what they define, and the hashes of their lines. Reads no file."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from functools import cached_property

from noctule.indexer.lru import WeightedLru
from noctule.indexer.search.index import Index
from noctule.indexer.store.rows import DefinitionRow
from noctule.indexer.store.store import Store

INHERITING = frozenset({"class", "interface", "struct", "trait", "enum"})
"""The kinds of definitions that inherit from others."""
MOST_DEFINITIONS, MOST_HASHES = 40_000, 200_000
"""So many definitions, and hashes of lines, of what was asked about are kept."""


def weigh_rows(rows: Sequence[object]) -> int:
    """Return what some rows weigh where they are kept: a file without any weighs something too."""
    return len(rows) + 1


class LearnedTexts:
    """Files by their positions in a view; what was asked about is kept, up to a bound."""

    def __init__(self, store: Store, index: Index) -> None:
        self._store = store
        self.index = index
        self._definitions: WeightedLru[int, list[DefinitionRow]] = WeightedLru(MOST_DEFINITIONS, weigh_rows)
        self._types: WeightedLru[int, list[DefinitionRow]] = WeightedLru(MOST_DEFINITIONS, weigh_rows)
        self._hashes: WeightedLru[int, array[int]] = WeightedLru(MOST_HASHES, len)

    def row(self, file: int) -> int:
        """Return the row of the blob that a file was learned from."""
        return self._rows[file]

    @cached_property
    def _rows(self) -> list[int]:
        return self.index.rows[self.index.blob].tolist()  # type: ignore[no-any-return]

    def definitions(self, files: Iterable[int]) -> dict[int, list[DefinitionRow]]:
        """Return what each of some files defines, in source order."""
        rows = self._rows
        wanted = {f: rows[f] for f in files}
        known = self._definitions.get(wanted.values(), self._store.definitions)
        return {f: known[row] for f, row in wanted.items()}

    def file_definitions(self, file: int) -> list[DefinitionRow]:
        """Return what a file defines, in source order."""
        row = self._rows[file]
        return self._definitions.get((row,), self._store.definitions)[row]

    def find_owner(self, file: int, definition: DefinitionRow) -> DefinitionRow | None:
        """Return the definition that another one of a file stands in."""
        rows = self.file_definitions(file)
        return rows[definition.parent] if 0 <= definition.parent < len(rows) else None

    def types(self, files: Iterable[int]) -> dict[int, list[DefinitionRow]]:
        """Return which types that may inherit each of some files defines, in source order."""
        rows = self._rows
        wanted = {f: rows[f] for f in files}
        known = self._types.get(wanted.values(), lambda unread: self._store.definitions(unread, INHERITING))
        return {f: known[row] for f, row in wanted.items()}

    def find_definitions(self, files: Iterable[int], name: str) -> dict[int, list[DefinitionRow]]:
        """Return what is defined under a name in each of some files, in source order."""
        rows = self._rows
        wanted = {f: rows[f] for f in files}
        found = self._store.find_named(name, sorted(set(wanted.values())))
        return {f: found.get(row, []) for f, row in wanted.items()}

    def load_hashes(self, files: Iterable[int]) -> dict[int, array[int]]:
        """Return the line hashes of files as they were learned."""
        wanted = {f: self.row(f) for f in files}
        known = self._hashes.get(wanted.values(), self._store.line_hashes)
        return {f: known[row] for f, row in wanted.items()}
