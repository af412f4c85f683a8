"""Which names a view defines, and which it uses. Ranks nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from noctule.indexer.lru import WeightedLru
from noctule.indexer.search.view_columns import ViewColumns
from noctule.indexer.store.store import Store

MOST_PLACES = 50_000
"""So many places of names of earlier tasks are kept: a ranking asks for each name twice, and tasks share names."""

Place = tuple[int, int]
"""A file and the position of a definition in it; of files with the same content the first."""


class KnownNames:
    """The names of one view, by what the store says of it."""

    def __init__(self, view: ViewColumns, store: Store) -> None:
        self._view = view
        self._store = store
        self._defined: WeightedLru[str, Sequence[Place]] = WeightedLru(MOST_PLACES, lambda places: len(places) + 1)

    def find_definitions(self, names: Iterable[str]) -> dict[str, Sequence[Place]]:
        """Return where each of some names is defined, in the names' order, but for fields; others are left out."""
        wanted = sorted(set(names))
        found = self._defined.get(wanted, self._read)
        return {name: places for name in wanted if (places := found[name])}

    def _read(self, names: Sequence[str]) -> Mapping[str, Sequence[Place]]:
        found: dict[str, list[Place]] = {name: [] for name in names}
        for name, row, position in self._store.find_definitions(names, fields=False):
            found[name] += [(file, position) for file in self._view.blob_files(row)[:1]]
        return found
