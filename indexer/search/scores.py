"""Rows of scores: how rare something is, and how rows are made alike."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from noctule.indexer.arrays import Floats, Ints


@lru_cache(maxsize=1 << 14)
def idf(documents: int, total: int) -> float:
    """Return how rare a term is that some of all documents contain."""
    return float(np.log1p((total - documents + 0.5) / (documents + 0.5)))


def divide_by_top(values: Floats) -> Floats:
    """Return values divided by the largest, where there is one."""
    top = float(values.max(initial=0.0))
    return (values / top).astype(np.float32) if top > 0 else values.astype(np.float32)


def divide_each_by_top(rows: Sequence[Floats]) -> Floats:
    """Return what `divide_by_top` makes of each row, as the rows of one array; there is at least one."""
    values = np.stack([row if row.dtype == np.float32 else divide_by_top(row) for row in rows])
    tops = values.max(axis=1, initial=0.0)
    values /= np.where(tops > 0, tops, 1)[:, np.newaxis]
    return values


def add_each(
    scores: Floats, places: Sequence[Ints], worth: Sequence[float], gains: Sequence[Floats] | None = None
) -> None:
    """Add to the scores of some different places what each of them is worth; then the same for the next places.

    `gains` say how often it is worth that. In one step of numpy's, since each takes longer than what it adds; to the
    same bits as one after the other, since in their order.
    """
    if places:
        each = np.repeat(np.array(worth, scores.dtype), [len(one) for one in places])
        np.add.at(scores, np.concatenate(places), each if gains is None else each * np.concatenate(gains))
