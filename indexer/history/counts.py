"""What a churn and a co-change are, for all who count them: which commits count, how much, and how they fade. Pure.

A commit touches what differs from its first parent, renamed files under the name that they have today; a merge touches
nothing. That is `git log --no-merges --full-history -- FILE`. Of these commits all counts that are told leave out what
says nothing about the file: a bot changes whatever its tool finds, a release changes the same few files each time, and
a commit of many files says nothing of two of them. Where that changes a count, the sentence says so (`describe_rule`).
The ranking and the forecast weigh on their own, over the same count: the forecast has to go through history commit by
commit, each time from the past alone.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from noctule.indexer.arrays import Floats, Ints
from noctule.indexer.history.dates import Longs
from noctule.indexer.history.history import BOT, MASS_FILES, MERGE, RELEASE


def telling(flags: NDArray[Any], sizes: NDArray[Any], *, largest: int = MASS_FILES) -> NDArray[np.bool_]:
    """Return which commits say that their files belong together; `sizes` are numbers of files."""
    found: NDArray[np.bool_] = ((flags & (MERGE | BOT | RELEASE)) == 0) & (sizes > 0) & (sizes <= largest)
    return found


def gather(offsets: NDArray[Any], values: NDArray[Any], keys: NDArray[Any]) -> tuple[NDArray[Any], Longs]:
    """Return the values of several keys of a table, one after the other, and for each value the position of its key.

    The values of key k are those from `offsets[k]` up to `offsets[k + 1]`: the files of a commit, or commits of a file.
    """
    starts = offsets[keys]
    counts = offsets[keys + 1] - starts
    owners = np.repeat(np.arange(len(keys)), counts)
    firsts = np.cumsum(counts) - counts
    return values[np.arange(len(owners)) - firsts[owners] + starts[owners]], owners


class Grouping(NamedTuple):
    """Where each value stands in a column: value v at `order[starts[v] : starts[v + 1]]`."""

    order: Ints
    starts: Ints

    @classmethod
    def of(cls, values: Ints, size: int) -> Self:
        """Group a column of numbers below `size`."""
        order = np.argsort(values, kind="stable")
        return cls(order, np.searchsorted(values[order], np.arange(size + 1)))

    def find(self, values: Ints) -> Ints:
        """Return where any of some distinct values stand, in order."""
        return np.sort(gather(self.starts, self.order, values)[0])


def co_changes(files: NDArray[Any], owners: NDArray[Any], weights: NDArray[Any], width: int) -> Floats:
    """Return for each of `width` files the weight of those of some commits that changed it.

    `files` are numbers of files, one for each change; `owners` say which of the commits made it, by their positions in
    `weights`.
    """
    sums: Floats = np.bincount(files, weights[owners], width)
    return sums


def churn(files: Ints, ages: NDArray[Any], half_life: float, width: int) -> Floats:
    """Return how often each of `width` files changed, a change `half_life` commits ago counting half.

    `files` are numbers of files, one for each change; `ages` say how many commits came after each change.
    """
    counts: Floats = np.bincount(files, np.exp2(-ages / half_life), width)
    return counts


def describe_rule(flags: NDArray[Any], sizes: NDArray[Any], *, largest: int = MASS_FILES) -> str:
    """Return what a count leaves out of some commits, as `without releases and bots`; empty where it is nothing."""
    left_out = [
        what
        for what, there in (
            (f"commits of more than {largest} files", (sizes > largest) & ((flags & MERGE) == 0)),
            ("releases", (flags & RELEASE) != 0),
            ("bots", (flags & BOT) != 0),
        )
        if bool(there.any())
    ]
    if not left_out:
        return ""
    return f"without {' and '.join(filter(None, (', '.join(left_out[:-1]), left_out[-1])))}"
