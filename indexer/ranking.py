"""How much each signal counts, and the order that follows. Numbers only: no store, no text.

The weights are those of a listwise softmax regression over past tasks of many repositories, checked by leaving whole
repositories out; docs/decisions/ranking.md says how they came about and what each one adds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from indexer.columns import Floats

FILE_WEIGHTS: Mapping[str, float] = {
    "words all": 1.30,
    "words title": 1.51,
    "words prose": 0.72,
    "words code": 0.03,
    "unit all": 0.70,
    "unit title": 1.19,
    "unit prose": 1.10,
    "units": 1.59,
    "path": 1.09,
    "path title": 0.13,
    "path named": 1.39,
    "module named": 0.48,
    "defines prose": 0.89,
    "defines code": 0.09,
    "defines sharp": -0.09,
    "frame": 0.27,
    "frame last": 0.49,
    "commits": 0.59,
    "uses": 0.89,
    "used by": -1.08,
    "with": 0.71,
    "churn 100": 0.95,
    "churn 2000": 0.01,
    "is test": -3.62,
    "is docs": -1.51,
    "is example": -1.23,
    "is generated": -0.84,
    "is vendored": -0.10,
    "is config": -0.03,
    "is data": -0.64,
    "is build": -0.27,
    "is entry": 0.18,
    "is code": 2.61,
    "length": -1.04,
}
SYMBOL_WEIGHTS: Mapping[str, float] = {
    "file": 0.92,
    "all": 0.6,
    "share all": 2.36,
    "title": 0.74,
    "is type": -1.13,
}


def scores(names: Sequence[str], values: Floats, weights: Mapping[str, float]) -> Floats:
    """Return the weighted sum of the signals for each column of `values`."""
    weight = np.array([weights.get(name, 0.0) for name in names], np.float32)
    total: Floats = (weight @ values).astype(np.float32)
    return total


def order(values: Floats) -> list[int]:
    """Return positions by descending value; equal ones by position, so that the order is always the same."""
    return np.argsort(-values, kind="stable").tolist()  # type: ignore[no-any-return]


def contributions(names: Sequence[str], column: Floats, weights: Mapping[str, float]) -> list[tuple[str, float]]:
    """Return (signal, what it added) for one file, the largest first, nothing below a hundredth."""
    added = [(name, weights.get(name, 0.0) * float(value)) for name, value in zip(names, column, strict=True)]
    return sorted(((n, a) for n, a in added if a > 0.01), key=lambda pair: (-pair[1], pair[0]))
