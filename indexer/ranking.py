"""How much each signal counts, and the order that follows. Numbers only: no store, no text.

The weights are those of a listwise softmax regression over past tasks of many repositories, checked by leaving whole
repositories out; docs/decisions/ranking.md says how they came about and what each one adds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from indexer.columns import Floats

FILE_WEIGHTS: Mapping[str, float] = {
    "words all": 1.31,
    "words title": 1.49,
    "words prose": 0.67,
    "words code": -0.05,
    "unit all": 0.77,
    "unit title": 1.20,
    "unit prose": 1.11,
    "units": 1.60,
    "path": 1.14,
    "path title": 0.14,
    "path named": 1.33,
    "module named": 0.49,
    "defines prose": 0.90,
    "defines code": 0.05,
    "defines sharp": -0.07,
    "frame": 0.29,
    "frame last": 0.54,
    "commits": 0.55,
    "uses": 0.90,
    "used by": -1.08,
    "with": 0.67,
    "churn 100": 0.94,
    "churn 2000": 0.20,
    "is test": -3.60,
    "is docs": -1.56,
    "is example": -1.15,
    "is generated": -0.86,
    "is vendored": -0.36,
    "is config": -0.03,
    "is data": -0.59,
    "is build": -0.27,
    "is entry": 0.19,
    "is code": 2.40,
    "length": -1.06,
}
SYMBOL_WEIGHTS: Mapping[str, float] = {
    "file": 0.84,
    "first file": -0.32,
    "all": 1.64,
    "share all": 2.77,
    "title": 0.27,
    "share title": 0.44,
    "prose": 0.68,
    "share prose": 0.11,
    "code": -0.30,
    "share code": 0.13,
    "called": -1.04,
    "named": 0.27,
    "owner named": 0.65,
    "dotted": 0.35,
    "frame": 0.70,
    "name title": 0.41,
    "name words": 0.61,
    "is type": -0.94,
    "is test": -1.19,
    "dunder": -0.01,
    "touched": 0.07,
    "length": 0.62,
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
