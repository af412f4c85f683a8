"""How much each signal counts, and the order that follows. Numbers only: no store, no text.

The weights are those of a listwise softmax regression over past tasks of many repositories, checked by leaving whole
repositories out; docs/decisions/ranking.md says how they came about and what each one adds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from noctule.indexer.arrays import Floats, Ints

FILE_WEIGHTS: Mapping[str, float] = {
    "words all": 1.31,
    "words title": 0.99,
    "words prose": 0.12,
    "words code": 0.78,
    "unit all": 0.48,
    "unit title": 1.62,
    "unit prose": 0.61,
    "units": 1.95,
    "path": 1.44,
    "path title": -0.15,
    "path named": 1.42,
    "module named": 0.79,
    "defines prose": -0.12,
    "defines code": 0.47,
    "defines sharp": 0.78,
    "frame": 0.15,
    "frame last": 0.35,
    "commits": 0.57,
    "uses": 1.03,
    "used by": -0.71,
    "with": 0.28,
    "churn 100": 1.04,
    "churn 2000": 0.47,
    "is test": -4.11,
    "is docs": -1.03,
    "is example": -1.78,
    "is generated": -1.12,
    "is vendored": -0.37,
    "is config": -0.11,
    "is data": -0.63,
    "is build": -0.33,
    "is entry": 0.49,
    "is code": 2.12,
    "length": -1.45,
}
FILE_SHARE = 1.0
"""How much a file's score counts beside the odds of a definition within its file."""
SYMBOL_WEIGHTS: Mapping[str, float] = {
    "all": 0.95,
    "share all": 1.25,
    "title": 0.55,
    "share title": 0.05,
    "prose": 0.49,
    "code": 0.24,
    "local": 1.71,
    "local title": 0.43,
    "called": 0.55,
    "called most": 1.48,
    "called twice": 1.18,
    "named": 0.84,
    "owner named": 1.33,
    "frame": 0.38,
    "name title": 0.21,
    "name words": 0.42,
    "touched": 0.44,
    "is type": -3.07,
    "dunder": 0.82,
    "private": 0.40,
    "constructor": -2.08,
    "short": -0.17,
    "code lines": 1.62,
    "doc lines": -0.57,
    "doc share": -1.74,
    "length": 0.50,
}


def scores(names: Sequence[str], values: Floats, weights: Mapping[str, float]) -> Floats:
    """Return the weighted sum of the signals for each column of `values`."""
    weight = np.array([weights.get(name, 0.0) for name in names], np.float32)
    total: Floats = (weight @ values).astype(np.float32)
    return total


def within_files(own: Floats, file_scores: Floats, files: Ints) -> Floats:
    """Return log(P(file) * P(definition | file)), up to a constant: the definitions of one file share what it is worth.

    `own` scores each definition, `file_scores` its file, and `files` says which file that is.
    """
    if not len(own):
        return own
    top = np.full(int(files.max()) + 1, -np.inf)
    np.maximum.at(top, files, own)
    total = np.bincount(files, np.exp(own - top[files]), len(top))
    share: Floats = own - top[files] - np.log(total[files])
    return (FILE_SHARE * file_scores + share).astype(np.float32)


def order(values: Floats) -> list[int]:
    """Return positions by descending value; equal ones by position, so that the order is always the same."""
    return np.argsort(-values, kind="stable").tolist()  # type: ignore[no-any-return]


def contributions(names: Sequence[str], column: Floats, weights: Mapping[str, float]) -> list[tuple[str, float]]:
    """Return (signal, what it added) for one file, the largest first, nothing below a hundredth."""
    added = [(name, weights.get(name, 0.0) * float(value)) for name, value in zip(names, column, strict=True)]
    return sorted(((n, a) for n, a in added if a > 0.01), key=lambda pair: (-pair[1], pair[0]))
