"""What the files of a view import, as they were learned, and which lines say so. Knows no live file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from noctule.indexer.lru import WeightedLru
from noctule.indexer.search.index import Index
from noctule.indexer.store.rows import decode_imports
from noctule.indexer.store.store import Store

if TYPE_CHECKING:
    from noctule.indexer.parse.languages.language import Candidates

MOST_IMPORTS = 10_000
"""So many imports of files are kept."""
Imports = list[tuple[str, int, tuple[str, ...]]]

Meant = tuple[str, tuple[str, ...], int, list[int]]
"""An import: its module, the names taken from it, its line (from zero), and the files that it may mean."""


class ViewImports:
    """The imports of one view's files; those that were read last are kept."""

    def __init__(self, store: Store, index: Index) -> None:
        self._store = store
        self._index = index
        self._read: WeightedLru[int, Imports] = WeightedLru(MOST_IMPORTS, lambda imports: len(imports) + 1)

    def resolve(self, file: int, used: Sequence[int]) -> list[Meant]:
        """Return what a file imports; an import may mean those of the files that it uses which its text can mean."""
        language, statements = self._store.blobs([self._row(file)], "language, imports")[self._row(file)]
        candidates = self._candidates[language] if language else None
        if candidates is None:
            return []
        paths = {target: "/" + self._index.paths[target] for target in used}
        found = []
        for module, names, line in decode_imports(statements):
            endings = ["/" + ending for ending in candidates(module, names, self._index.paths[file])]
            meant = [target for ending in endings for target, path in paths.items() if path.endswith(ending)]
            found.append((module, names, line, list(dict.fromkeys(meant))))
        return found

    def find_lines(self, users: Sequence[int], target: int) -> dict[int, int]:
        """Return, for those users where it is known, a line (from zero) with an import that may mean the target."""
        found: dict[int, int] = {}
        path = "/" + self._index.paths[target]
        folder = path.rpartition("/")[0]
        for user, imports in self._load(users).items():
            for _, line, meant in imports:
                if any((path.endswith(m) or folder.endswith(m)) if m else not folder for m in meant):
                    found[user] = line
                    break
        return found

    def _load(self, users: Sequence[int]) -> dict[int, Imports]:
        """Return what files import: (module, line, the endings of paths that it may mean)."""
        known = self._read.known(users)
        unread = [u for u in users if u not in known]
        heads = self._store.blobs(sorted({self._row(u) for u in unread}), "language, imports")
        fresh: dict[int, Imports] = {}
        for user in unread:
            language, imports = heads[self._row(user)]
            candidates = self._candidates[language] if language else None
            fresh[user] = [
                (module, line, tuple(_ending(c) for c in candidates(module, names, self._index.paths[user])))
                for module, names, line in decode_imports(imports)
                if candidates is not None
            ]
        self._read.keep(fresh)
        known |= fresh
        return {user: known[user] for user in users}

    @cached_property
    def _candidates(self) -> Mapping[str, Candidates]:
        """What imports may mean here, by language."""

        def read_manifests(manifests: list[int]) -> list[str]:
            found = self._store.blobs(sorted({self._row(f) for f in manifests}), "imports")
            return [found[self._row(f)][0] for f in manifests]

        from noctule.indexer.store.imports import import_candidates  # imports the modules of all languages

        return import_candidates(self._index.paths, read_manifests)

    def _row(self, file: int) -> int:
        return int(self._index.rows[self._index.blob[file]])


def _ending(candidate: str) -> str:
    """Return what the path or folder that an import may mean ends with; empty for the top."""
    return f"/{candidate.strip('/')}".rstrip("/")
