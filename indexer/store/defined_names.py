"""Which names the files of a view define, looked up one by one where few are asked for. Knows no relations."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from noctule.indexer.store.reading import StoreReader


class DefinedNames:
    """The names of all definitions in some blobs, those of fields included."""

    def __init__(self, store: StoreReader, blobs: Collection[int]) -> None:
        self._store = store
        self._blobs = frozenset(blobs)
        self._known: dict[str, bool] = {}

    def __contains__(self, name: object) -> bool:
        assert isinstance(name, str)
        known = self._known.get(name)
        if known is None:
            rows = self._store.find_definitions([name])
            known = self._known[name] = any(blob in self._blobs for _, blob, _ in rows)
        return known

    def __iter__(self) -> Iterator[str]:
        return iter(self._store.find_names(sorted(self._blobs)))
