"""How much each signal counts, and the order that follows. Numbers only: no store, no text.

`noctule eval fit` makes the weights: a listwise softmax regression over past tasks of many repositories, checked by
leaving whole repositories out. docs/decisions/ranking.md says how, and what each signal adds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from noctule.indexer.arrays import Floats, Ints

WEIGHTS_FILE = Path(__file__).with_name("weights.json")
"""`noctule eval fit --out` writes such a file."""
_WEIGHTS = json.loads(WEIGHTS_FILE.read_bytes())
FILE_WEIGHTS: Mapping[str, float] = _WEIGHTS["files"]
SYMBOL_WEIGHTS: Mapping[str, float] = _WEIGHTS["definitions"]
FILE_SHARE = 1.0
"""How much a file's score counts beside the odds of a definition within its file."""


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
    there = np.flatnonzero(column).tolist()  # few of the signals speak for one file
    added = [(names[at], weights.get(names[at], 0.0) * float(column[at])) for at in there]
    return sorted(((n, a) for n, a in added if a > 0.01), key=lambda pair: (-pair[1], pair[0]))
