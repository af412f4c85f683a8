"""How often files changed, in the words of a forecast: the same counts as those of notes. Knows no forecast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from noctule.indexer.arrays import Ints
from noctule.indexer.notes.changes import Partner
from noctule.indexer.notes.phrases import bracket, share
from noctule.indexer.notes.view_facts import ViewFacts

NONE: Ints = np.zeros(0, np.int32)
MOST_OF_FILE = 10_000
COUNTED = 200
"""So many of the latest commits are counted in for one file; with another, as many as notes look at."""


class ChangeCounts:
    """Says it for the files of one view."""

    def __init__(self, ground: ViewFacts) -> None:
        self._ground = ground
        self._changes = ground.changes
        self._known: dict[str, Ints] = {}
        self._partners: dict[str, Mapping[int, Partner]] = {}

    def describe_churn(self, path: str) -> str:
        """Say in how many of the latest commits a file changed."""
        mine, (first, of, rule) = self._telling(path), self._counted
        count = len(mine) - int(np.searchsorted(mine, first))
        return f"changed in {count} of the last {of} commits{bracket(rule)}" if count else ""

    @cached_property
    def _counted(self) -> tuple[int, int, str]:
        """The first of the commits that are counted, how many they are, and what they leave out."""
        counted = np.flatnonzero(self._changes.telling)[-COUNTED:].astype(np.int32)
        rule = self._changes.describe_left_out(counted, self._changes.every)
        return int(counted[:1].sum()), len(counted), rule

    def describe_recency(self, path: str) -> str:
        """Say how long ago a file changed last."""
        mine = self._telling(path)
        if not len(mine):
            return ""
        latest = mine[-1:]
        ago = int(self._changes.telling[int(latest[0]) :].sum())
        rule = bracket(self._changes.describe_left_out(latest, self._changes.every))
        return f"changed in the latest commit{rule}" if ago == 1 else f"last changed {ago} commits ago{rule}"

    def describe_together(self, others: Sequence[str], path: str) -> str:
        """Say with which of some files another changed most often."""
        file, best = self._ground.position.get(path), (0, 0, "", "")
        for other in others:
            partner = self._partners_of(other).get(file) if file is not None else None
            if partner is not None:
                best = max(best, (partner.both, partner.of, other, partner.rule))
        both, of, other, rule = best
        return f"changed in {share(both, of, rule, other)}" if both else ""

    def _partners_of(self, path: str) -> Mapping[int, Partner]:
        if path not in self._partners:
            file = self._ground.position.get(path)
            found = self._changes.together([file]) if file is not None else []
            self._partners[path] = {partner.file: partner for partner in found}
        return self._partners[path]

    def _telling(self, path: str) -> Ints:
        """Return the commits of a file that count."""
        file = self._ground.position.get(path)
        return self._known.setdefault(path, self._changes.latest([file], MOST_OF_FILE) if file is not None else NONE)
