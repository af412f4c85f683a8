"""Past commits: which of them are in like words, what changed with what, and how often."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from noctule.indexer.arrays import Array, Floats, Ints, unique
from noctule.indexer.history.counts import Grouping, co_changes, gather
from noctule.indexer.history.history import MASS_FILES
from noctule.indexer.search.query import TaskQuery, weigh
from noctule.indexer.search.scores import add_each, idf
from noctule.indexer.search.view_columns import ViewColumns

NEIGHBOURS = 60
"""How many past commits vote."""
LARGEST, LOOK_BACK = 20, 8_000
"""Of larger and of older commits no score is sent from one file to another."""


class PastCommits:
    """What the commits of a view say of its files."""

    def __init__(self, view: ViewColumns) -> None:
        self._view = view

    def add(self, task: TaskQuery, found: dict[str, Floats]) -> None:
        """Add the votes of the past commits that are in words like the task's."""
        c = self._view.commits
        count = len(c["sizes"])
        votes = np.zeros(self._view.size, np.float32)
        found["commits"] = votes
        if not count:
            return
        scores = np.zeros(count, np.float32)
        weights = weigh(task, {"title": 2.0, "prose": 1.0, "code": 0.3})
        said = self._view.commit_terms.find(weights)
        worth = [weights[term] * idf(len(commits), count) for term, commits in said.items()]
        add_each(scores, list(said.values()), worth)
        scores /= 6.0 + c["lengths"]
        scores[self._pointless] = 0
        best = np.argpartition(-scores, min(NEIGHBOURS, count - 1))[:NEIGHBOURS]
        voting = best[scores[best] > 0]
        counts = (c["offsets"][voting + 1] - c["offsets"][voting]).tolist()
        fading = [0.5 + 0.5 * 2.0 ** (-float(age) / 3000) for age in c["ages"][voting].tolist()]
        parts = np.array([count**0.5 for count in counts], np.float32)
        files, owners = gather(c["offsets"], c["files"], voting)
        owners, files = np.divmod(unique(owners * self._view.size + files), self._view.size)  # each of a commit once
        np.add.at(votes, files, (scores[voting] * np.array(fading, np.float32) / np.maximum(parts, 1))[owners])

    @cached_property
    def _pointless(self) -> Array:
        """The commits that point to no file in particular."""
        sizes = self._view.commits["sizes"]
        return np.flatnonzero((sizes > MASS_FILES) | (sizes == 0))

    def spread(self, top: Array, seed: Floats) -> Floats:
        """Send each seed's score to the files that past commits touched together with it."""
        scores = np.zeros(self._view.size, np.float32)
        c = self._view.commits
        if not len(c["files"]):
            return scores
        files, commits = self._together
        mine = self._by_file.find(top)
        seeded: Floats = np.bincount(commits[mine], seed[files[mine]], len(c["sizes"]))
        touched = np.bincount(files[mine], minlength=self._view.size)
        weight: Floats = seeded / np.maximum(c["sizes"], 1)
        got = self._touched_by(np.flatnonzero(weight > 0), weight)
        return np.asarray(got / np.sqrt(np.maximum(touched, 1) + 5), np.float32)

    def share_of_changes(self, file: int, few: float) -> Floats:
        """Return the share of a file's changes that touched each other file too; `few` is added to their number."""
        touching = self._together[1][self._by_file.find(np.array([file]))]
        together = self._touched_by(unique(touching), np.ones(len(self._view.commits["sizes"]), np.float32))
        return np.asarray(together / (len(touching) + few), np.float32)

    def _touched_by(self, commits: Ints, weight: Floats) -> Floats:
        """Return for each file the weight of those of some commits, in order, that touched it."""
        files, owners = gather(self._by_commit.starts, self._together[0], commits)
        return co_changes(files, owners, weight[commits], self._view.size)

    @cached_property
    def _by_commit(self) -> Grouping:
        return Grouping.of(self._together[1], len(self._view.commits["sizes"]))

    @cached_property
    def _by_file(self) -> Grouping:
        return Grouping.of(self._together[0], self._view.size)

    @cached_property
    def _together(self) -> tuple[Ints, Ints]:
        """The files of late commits that are not too large, and for each of them the commit."""
        c = self._view.commits
        late = (c["sizes"] <= LARGEST) & (c["ages"] < LOOK_BACK)
        fine = np.repeat(late, np.diff(c["offsets"]))
        commits = np.repeat(np.arange(len(c["sizes"])), np.diff(c["offsets"]))
        return c["files"][fine], commits[fine]
