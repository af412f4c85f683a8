"""What a churn and a co-change are, for all who count them: which commits count, how much, and how they fade. Pure.

A merge repeats what others did, a bot changes whatever its tool finds, and a commit of many files says nothing of two
of them. Notes count the latest such commits of a file, one each; the ranking sends the score of a file over them; the
forecast lets older ones fade, and goes through history commit by commit, each time from the past alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from noctule.indexer.arrays import Floats, Ints
from noctule.indexer.history.dates import Longs
from noctule.indexer.history.history import BOT, MASS_FILES, MERGE


def telling(
    flags: NDArray[Any], sizes: NDArray[Any], *, largest: int = MASS_FILES, bots: bool = False
) -> NDArray[np.bool_]:
    """Return which commits say that their files belong together; `sizes` are numbers of files."""
    left_out = MERGE if bots else MERGE | BOT
    found: NDArray[np.bool_] = ((flags & left_out) == 0) & (sizes > 0) & (sizes <= largest)
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
