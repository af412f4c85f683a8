"""How much each signal counts, and the order that follows. Numbers only: no store, no text.

The weights are those of a listwise softmax regression over past tasks of many repositories, checked by leaving whole
repositories out; docs/decisions/ranking.md says how they came about and what each one adds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from indexer.columns import Floats

FILE_WEIGHTS: Mapping[str, float] = {
    "words all": 0.99,
    "words title": 1.24,
    "words prose": 0.74,
    "words code": 0.76,
    "unit all": 0.55,
    "unit title": 1.31,
    "unit prose": 0.76,
    "units": 1.99,
    "path": 0.84,
    "path title": 0.15,
    "path named": 1.51,
    "module named": -0.19,
    "defines prose": 1.12,
    "defines code": 0.11,
    "defines sharp": -0.29,
    "frame": 0.33,
    "frame last": 1.03,
    "commits": 0.90,
    "uses": 1.00,
    "used by": -1.42,
    "with": 0.14,
    "churn 100": 1.07,
    "churn 2000": 0.02,
    "is test": -2.60,
    "is docs": -1.27,
    "is example": -1.19,
    "is generated": -0.72,
    "is vendored": -0.10,
    "is config": -0.03,
    "is data": -0.64,
    "is build": -0.21,
    "is entry": -0.33,
    "is code": 2.26,
    "length": -0.54,
}
SYMBOL_WEIGHTS: Mapping[str, float] = {}


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
