"""Rows of scores: how rare something is, and how rows are made alike."""

from __future__ import annotations

import numpy as np

from noctule.indexer.arrays import Floats


def idf(documents: int, total: int) -> float:
    """Return how rare what stands in some of all documents is."""
    return float(np.log1p((total - documents + 0.5) / (documents + 0.5)))


def divide_by_top(values: Floats) -> Floats:
    """Return values divided by the largest, where there is one."""
    top = float(values.max(initial=0.0))
    return (values / top).astype(np.float32) if top > 0 else values.astype(np.float32)
