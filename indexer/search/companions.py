"""Files that go with a file: by co-change, by uses in both directions, and by a similar name. Ranks nothing.

A change of several files is ranked in two steps: the task says where it begins, and what the likeliest files are bound
to says what else it takes. So these signals are asked of the first files of a ranking, and not of all that are near.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from noctule.indexer.arrays import Floats
from noctule.indexer.lru import WeightedLru
from noctule.indexer.search.past_commits import PastCommits
from noctule.indexer.search.view_columns import ViewColumns
from noctule.indexer.terms import subterms

NAMES = (
    "first",
    "changed with first",
    "used by first",
    "uses first",
    "twin of first",
    "named as first",
    "beside first",
    "like first",
)
SEEDS = 3
"""So many files of a ranking are the first ones; each counts by its share of their probability."""
FEW_CHANGES = 3.0
"""Added to how often a file changed: one common commit is no habit."""
MOST_KEPT = 500_000
"""So many values are kept; each takes 4 bytes, and a file has as many as `NAMES` for each file of the view."""


class Companions:
    """Says for each file how close it is to a given one."""

    def __init__(self, view: ViewColumns, past: PastCommits) -> None:
        self._view = view
        self._past = past
        self._known_words: dict[int, frozenset[str]] = {}
        self._known_rows: WeightedLru[int, Floats] = WeightedLru(MOST_KEPT, lambda rows: rows.size)

    def of(self, file: int) -> Floats:
        """Return one row for each of `NAMES`, one column for each file; values from 0 to 1. They are not to be changed.

        Those of the files that were asked for last are kept: many tasks have the same first files.
        """
        return self._known_rows.get([file], lambda _: {file: self._measure(file)})[file]

    def _measure(self, file: int) -> Floats:
        rows = np.zeros((len(NAMES), self._view.size), np.float32)
        rows[1] = self._past.share_of_changes(file, FEW_CHANGES)
        graph = self._view.graph
        for row, mine, theirs in ((2, graph.sources, graph.targets), (3, graph.targets, graph.sources)):
            at = np.flatnonzero(mine == file)
            strength = graph.weights[at] * graph.confidence[at]
            rows[row] = np.bincount(theirs[at], strength, self._view.size) / max(float(strength.max(initial=0.0)), 1e-9)
        folder, stem, name = self._parts[file]
        rows[4, self._by_stem[stem]] = 1.0
        rows[5, self._by_name[name]] = 1.0
        rows[4] *= 1 - rows[5]
        beside = self._by_folder[folder]
        rows[6, beside] = 1.0 / np.log2(1 + len(beside))
        words = self._words(file)
        if words:
            rows[7, beside] = [len(words & self._words(other)) / len(words | self._words(other)) for other in beside]
        rows[:, file] = 0.0
        rows[0, file] = 1.0
        return rows

    def join(self, files: Sequence[int], shares: Sequence[float]) -> Floats:
        """Return the rows of several files, each counted by its share."""
        total = np.zeros((len(NAMES), self._view.size), np.float32)
        for file, share in zip(files, shares, strict=True):
            total += np.float32(share) * self.of(file)
        return total

    @cached_property
    def _parts(self) -> list[tuple[str, str, str]]:
        """The folder, the stem and the name of each file."""
        split = [path.rpartition("/") for path in self._view.paths]
        return [(folder, name.partition(".")[0].lower(), name) for folder, _, name in split]

    def _words(self, file: int) -> frozenset[str]:
        found = self._known_words.get(file)
        if found is None:
            found = self._known_words[file] = frozenset(subterms(self._parts[file][2].partition(".")[0]))
        return found

    def _group(self, part: int) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for file, parts in enumerate(self._parts):
            found.setdefault(parts[part], []).append(file)
        return found

    @cached_property
    def _by_folder(self) -> dict[str, list[int]]:
        return self._group(0)

    @cached_property
    def _by_stem(self) -> dict[str, list[int]]:
        return self._group(1)

    @cached_property
    def _by_name(self) -> dict[str, list[int]]:
        return self._group(2)
