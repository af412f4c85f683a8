"""Which names a view defines, and which it uses. Ranks nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from noctule.indexer.lru import WeightedLru
from noctule.indexer.search.view_columns import ViewColumns
from noctule.indexer.store.store import Store
from noctule.indexer.terms import split_terms

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

    @cached_property
    def terms(self) -> frozenset[str]:
        """The terms of all paths, and of the names of all definitions: of a small repository, few."""
        paths = (path.rpartition(".")[0] or path for path in self._view.paths)
        names = self._store.find_names([int(row) for row in self._view.rows])
        return frozenset(term for name in (*paths, *names) for term in split_terms(name))

    def use(self, words: Sequence[str]) -> bool:
        """Tell whether the view uses any of some words as a name."""
        return any(self._view.blob_files(row) for users in self._store.find_users(words).values() for row in users)

    def _read(self, names: Sequence[str]) -> Mapping[str, Sequence[Place]]:
        found: dict[str, list[Place]] = {name: [] for name in names}
        for name, row, position in self._store.find_definitions(names, fields=False):
            found[name] += [(file, position) for file in self._view.blob_files(row)[:1]]
        return found
