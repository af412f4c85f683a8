"""What the best files of a task refer to, are referred to by, and change with."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from noctule.indexer.arrays import Floats, Ints
from noctule.indexer.history.counts import Grouping
from noctule.indexer.search.past_commits import PastCommits
from noctule.indexer.search.scores import divide_by_top
from noctule.indexer.search.view_columns import ViewColumns

SEEDS = {"words all": 1.0, "unit all": 1.0, "path": 0.7, "defines prose": 0.7, "path named": 2.0}
"""From where neighbours are looked at: the signals that need no neighbours, by what they are worth."""


class Neighbours:
    """Sends the scores of the best files to those around them."""

    def __init__(self, view: ViewColumns, past: PastCommits) -> None:
        self._view = view
        self._past = past

    def add(self, found: dict[str, Floats]) -> None:
        """Add what is around the files that the signals found so far speak for."""
        seeds = np.zeros(self._view.size, np.float32)
        for name, weight in SEEDS.items():
            seeds += weight * divide_by_top(found[name])
        top = np.argpartition(-seeds, min(30, self._view.size - 1))[:30] if self._view.size else np.empty(0, np.int64)
        seed = np.zeros(self._view.size, np.float32)
        if len(top):
            seed[top] = seeds[top] ** 2
        graph = self._view.graph
        found["uses"] = self._spread(seed, top, graph.sources, graph.targets, self._strengths[0], self._by_source)
        found["used by"] = self._spread(seed, top, graph.targets, graph.sources, self._strengths[1], self._by_target)
        found["with"] = self._past.spread(top, seed)

    @cached_property
    def _strengths(self) -> tuple[Floats, Floats]:
        """How strong all edges of a file are together: those to what it uses, and those to its users."""
        each = self._view.graph.weights * self._view.graph.confidence
        return (
            np.maximum(np.bincount(self._view.graph.sources, each, self._view.size), 1e-9),
            np.maximum(np.bincount(self._view.graph.targets, each, self._view.size), 1e-9),
        )

    @cached_property
    def _by_source(self) -> Grouping:
        return Grouping.of(self._view.graph.sources, self._view.size)

    @cached_property
    def _by_target(self) -> Grouping:
        return Grouping.of(self._view.graph.targets, self._view.size)

    def _spread(self, seed: Floats, top: Ints, here: Ints, there: Ints, strengths: Floats, edges: Grouping) -> Floats:
        """Do what `Graph.spread` does, where few files have anything to send."""
        at = edges.find(top[seed[top] > 0])
        here, there, graph = here[at], there[at], self._view.graph
        share = seed[here] * (graph.weights[at] * graph.confidence[at]) / strengths[here]
        return np.bincount(there, share, self._view.size).astype(np.float32)
