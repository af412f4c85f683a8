"""The graph of references between the files of a snapshot. Pure: names and imports in, weighted edges out.

An edge says that one file uses what another defines. Imports resolve it where the language allows; otherwise the name
alone does, the less sure the more files define it. Names that many files define say nothing without an import.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from typing import NamedTuple

import numpy as np

from noctule.indexer.arrays import Array, Floats, Ints

MOST_DEFINERS = 6
"""A name that more files define is resolved by imports alone."""
MOST_FILES = 40
"""An import of a whole folder stands for at most this many of its files."""
IMPORT_WEIGHT = 1.0
UNSURE = 0.026
"""Confidence of an edge that only a name supports: the share of such edges that are true (docs/evidence/truth.md)."""

Candidates = Callable[[str, tuple[str, ...], str], tuple[str, ...]]


class Graph(NamedTuple):
    """Edges between files by position, ascending by (source, target), each with a weight and a confidence 0..1."""

    sources: Ints
    targets: Ints
    weights: Floats
    confidence: Floats
    size: int

    def spread(self, scores: Floats, *, backwards: bool = False) -> Floats:
        """Send each file's score along its edges, shared out by weight; `backwards` sends it to those who use it."""
        here, there = (self.targets, self.sources) if backwards else (self.sources, self.targets)
        strength = self.weights * self.confidence
        total = np.bincount(here, strength, self.size)
        share = scores[here] * strength / np.maximum(total[here], 1e-9)
        return np.bincount(there, share, self.size).astype(np.float32)

    def pagerank(self, seeds: Floats, damping: float = 0.85, rounds: int = 12) -> Floats:
        """Rank files by a walk that restarts at the seeds (personalised PageRank; Page et al. 1999)."""
        start = seeds / max(float(seeds.sum()), 1e-9)
        rank = start
        for _ in range(rounds):
            moved = self.spread(rank)
            lost = max(1.0 - float(moved.sum()), 0.0)
            rank = ((1 - damping) * start + damping * (moved + lost * start)).astype(np.float32)
        return rank

    def users(self, file: int) -> list[tuple[int, float, float]]:
        """Return (file, weight, confidence) of the files that use this one, strongest first."""
        at = np.flatnonzero(self.targets == file)
        return self._list_entries(at, self.sources)

    def used(self, file: int) -> list[tuple[int, float, float]]:
        """Return (file, weight, confidence) of the files that this one uses, strongest first."""
        low, high = np.searchsorted(self.sources, [file, file + 1])
        return self._list_entries(np.arange(low, high), self.targets)

    def _list_entries(self, at: Array, ends: Ints) -> list[tuple[int, float, float]]:
        order = at[np.argsort(-(self.weights[at] * self.confidence[at]), kind="stable")]
        return [(int(ends[i]), float(self.weights[i]), float(self.confidence[i])) for i in order]

    def columns(self) -> dict[str, Array]:
        """Return the edges as columns to store."""
        return {
            "sources": self.sources,
            "targets": self.targets,
            "weights": self.weights,
            "confidence": self.confidence,
            "size": np.array([self.size], np.int32),
        }

    @classmethod
    def of_columns(cls, columns: dict[str, Array]) -> Graph:
        """Return the graph that `columns` laid out."""
        return cls(
            columns["sources"].astype(np.int32, copy=False),
            columns["targets"].astype(np.int32, copy=False),
            columns["weights"].astype(np.float32, copy=False),
            columns["confidence"].astype(np.float32, copy=False),
            int(columns["size"][0]),
        )


class ImportPaths:
    """The paths of a snapshot, ready to be asked which of them an import means."""

    def __init__(self, paths: Sequence[str]) -> None:
        self._paths = paths
        self._files: dict[str, list[int]] = {}
        self._inside: dict[str, list[int]] = {}
        for position, path in enumerate(paths):
            self._files.setdefault(_ending(path), []).append(position)
            self._inside.setdefault(path.rpartition("/")[0], []).append(position)
        self._packages = {path.removesuffix("/__init__.py") for path in paths if path.endswith("/__init__.py")}
        self._folders: dict[str, list[str]] = {}
        for folder in self._inside:
            self._folders.setdefault(folder.rpartition("/")[2], []).append(folder)

    def resolve(self, candidate: str, importer: str) -> Sequence[int]:
        """Return the files that an ending means: the nearest such file, or, for `folder/`, all files right in it.

        One that begins with `/` is no ending but a whole path.
        """
        if candidate.endswith("/"):
            return self._resolve_folder(candidate[:-1], importer)
        ending = "/" + candidate
        if "/" in candidate:
            near: Sequence[int] = self._files.get(_ending(candidate), ())
        else:
            near = [f for files in self._find_by_name(candidate) for f in files]
        files = [f for f in near if self._paths[f] == candidate or self._reaches(self._paths[f], ending)]
        return [files[_nearest([self._paths[f] for f in files], importer)]] if files else ()

    def _reaches(self, path: str, ending: str) -> bool:
        """Say whether an import may begin where the ending does: inside a Python package, `datetime` is no module."""
        return path.endswith(ending) and path[: -len(ending)] not in self._packages

    def _resolve_folder(self, folder: str, importer: str) -> Sequence[int]:
        if not folder or folder.startswith("/"):
            return self._inside.get(folder[1:], ())
        known = self._folders.get(folder.rpartition("/")[2], ())
        folders = [f for f in known if f == folder or f.endswith("/" + folder)]
        return self._inside[folders[_nearest(folders, importer)]] if folders else ()

    def _find_by_name(self, name: str) -> Iterable[list[int]]:
        return (self._files[ending] for ending in self._endings.get(name, ()))

    @cached_property
    def _endings(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for ending in self._files:
            found.setdefault(ending.rpartition("/")[2], []).append(ending)
        return found


def _ending(path: str) -> str:
    """Return the last two names of a path: names alone repeat too often (`__init__.py`) to look files up by."""
    return path[path.rfind("/", 0, max(path.rfind("/"), 0)) + 1 :]


def _nearest(paths: Sequence[str], importer: str) -> int:
    """Return the position of the path that shares most leading folders with the importer; then of the shortest."""
    if len(paths) == 1:
        return 0
    home = importer.split("/")[:-1]

    def distance(position: int) -> tuple[int, int, str]:
        path = paths[position]
        shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(home, path.split("/"), strict=False)))
        return (-shared, len(path), path)

    return min(range(len(paths)), key=distance)


def import_edges(
    paths: Sequence[str],
    imports: Iterable[tuple[int, Candidates, Sequence[tuple[str, tuple[str, ...], int]]]],
) -> list[tuple[int, int]]:
    """Resolve (file, its language's candidates, its imports) into distinct (importer, imported) pairs, ascending."""
    files: ImportPaths | None = None
    # A file's statements are looked up by what they may mean: languages differ in what makes two of them mean the same.
    known: dict[tuple[tuple[str, ...], str], set[int]] = {}
    edges: set[tuple[int, int]] = set()
    for position, candidates, statements in imports:
        importer = paths[position]
        folder = importer.rpartition("/")[0]
        for module, names, _line in statements:
            endings = candidates(module, names, importer)
            targets = known.get((endings, folder))
            if targets is None:
                files = files or ImportPaths(paths)
                meant = (files.resolve(ending, importer) for ending in endings)
                targets = known[endings, folder] = {t for files_meant in meant for t in files_meant[:MOST_FILES]}
            edges.update((position, target) for target in targets if target != position)
    return sorted(edges)


@dataclass(frozen=True, eq=False)
class NumberedNames:
    """Numbered names by file: for each entry its file, ascending, and a name; a file has each name once."""

    owners: Ints
    names: Ints

    @classmethod
    def of(cls, packed: Sequence[bytes]) -> NumberedNames:
        """Read one packed array of distinct numbers (uint32) for each file."""
        owners = np.repeat(np.arange(len(packed), dtype=np.int32), [len(p) // 4 for p in packed])
        return cls(owners, np.frombuffer(b"".join(packed), np.uint32).astype(np.int32))


def build(
    size: int,
    defined: NumberedNames,
    used: NumberedNames,
    languages: Sequence[str],
    known: Ints,
    confidence: Floats,
) -> Graph:
    """Join the names that files use with the names that files define, and add the known edges: rows of two files.

    If a row is given more than once, the surest one counts.
    """
    order = np.argsort(defined.names, kind="stable")
    definer = defined.owners[order]
    width = 1 + max(int(defined.names.max(initial=-1)), int(used.names.max(initial=-1)))
    definers_of = np.bincount(defined.names, minlength=width)
    first = np.cumsum(definers_of) - definers_of
    keep = (definers_of > 0) & (definers_of <= MOST_DEFINERS)
    kept = keep[used.names]
    user, name = used.owners[kept], used.names[kept]
    worth = 1.0 / (np.maximum(definers_of, 1) * np.sqrt(np.maximum(np.bincount(name, minlength=width), 1)))
    definers = definers_of[name]
    sources = np.repeat(user, definers)
    steps = np.arange(len(sources)) - np.repeat(np.cumsum(definers) - definers, definers)
    targets = definer[np.repeat(first[name], definers) + steps]
    weights = np.repeat(worth[name], definers)
    tongue = np.unique(np.asarray(languages), return_inverse=True)[1]
    fits = (sources != targets) & (tongue[sources] == tongue[targets])
    return _merge_edges(size, sources[fits], targets[fits], weights[fits], known, confidence)


def _merge_edges(size: int, sources: Array, targets: Array, weights: Array, known: Ints, confidence: Floats) -> Graph:
    named = sources.astype(np.int64) * size + targets
    every = known[:, 0].astype(np.int64) * size + known[:, 1]
    imported, place = np.unique(every, return_inverse=True)
    surest = np.zeros(len(imported), np.float32)
    np.maximum.at(surest, place, confidence)
    both = np.concatenate([named, imported])
    order = np.argsort(both, kind="stable")
    ascending = both[order]
    first = np.flatnonzero(np.diff(ascending, prepend=-1))
    pairs = ascending[first]
    worth = np.concatenate([weights, np.full(len(imported), IMPORT_WEIGHT)])[order]
    sure = np.full(len(pairs), UNSURE, np.float32)
    sure[np.searchsorted(pairs, imported)] = surest
    return Graph(
        (pairs // max(size, 1)).astype(np.int32),
        (pairs % max(size, 1)).astype(np.int32),
        (np.add.reduceat(worth, first) if len(first) else worth).astype(np.float32),
        sure,
        size,
    )
