"""How much each signal counts, and the order that follows. Numbers only: no store, no text.

`noctule eval fit` makes the weights: a listwise softmax regression over past tasks of many repositories, checked by
leaving whole repositories out. docs/decisions/ranking.md says how, and what each signal adds.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from noctule.indexer.arrays import Doubles, Floats, Ints
from noctule.indexer.search import companions

WEIGHTS_FILE = Path(__file__).with_name("weights.json")
"""`noctule eval fit --out` writes such a file."""
_WEIGHTS = json.loads(WEIGHTS_FILE.read_bytes())
FILE_WEIGHTS: Mapping[str, float] = _WEIGHTS["files"]
QUESTION_WEIGHTS: Mapping[str, float] = _WEIGHTS["questions"]
"""Weights for files if the task is a question: tests and documents may be the answer too."""
COMPANION_WEIGHTS: Mapping[str, float] = _WEIGHTS["companions"]
SYMBOL_WEIGHTS: Mapping[str, float] = _WEIGHTS["definitions"]
PLACES = ("own", "file", "rivals", "beside", "rank")
"""What places a definition among those of other files: its own score and that of its file, how many definitions of the
file are about as good, how good the better of its two neighbours is, and its rank within the file."""
PLACE_WEIGHTS: Mapping[str, float] = _WEIGHTS["places"]
HEADLINE_WEIGHTS: Mapping[str, float] = _WEIGHTS["headline"]
"""Weights of the features of `confidence.measure_task`: what each adds to the log odds that the first file is right."""
NAMESAKE = 2.0
"""What a definition loses where a better one of its file has the same name."""


def scores(names: Sequence[str], values: Floats, weights: Mapping[str, float]) -> Floats:
    """Return the weighted sum of the signals for each column of `values`."""
    weight = np.array([weights.get(name, 0.0) for name in names], np.float32)
    total: Floats = (weight @ values).astype(np.float32)
    return total


def file_scores(
    names: Sequence[str], values: Floats, join: Callable[[Sequence[int], Sequence[float]], Floats], *, asks: bool
) -> Floats:
    """Return the score of each file: the sum of its signals, and of its relations to the first files.

    `join` returns the companion signals of some files, each counted by its share. A question names no change: nothing
    goes with its answer.
    """
    if asks:
        return scores(names, values, QUESTION_WEIGHTS)
    alone = scores(names, values, FILE_WEIGHTS)
    if not any(COMPANION_WEIGHTS.values()):
        return alone
    together: Floats = alone + scores(companions.NAMES, join(*first_files(alone, companions.SEEDS)), COMPANION_WEIGHTS)
    return together


def first_files(values: Floats, most: int) -> tuple[list[int], list[float]]:
    """Return the first files of a ranking, best first, and how their probability is shared among them."""
    files = [file for file in best(values, most) if np.isfinite(values[file])]
    if not files:
        return [], []
    odds = np.exp(values[files].astype(np.float64) - float(values[files[0]]))
    return files, (odds / odds.sum()).tolist()


def place_values(own: Floats, file_scores: Floats, files: Ints) -> Floats:
    """Return one row for each of `PLACES`, one column for each definition.

    `own` scores each definition, `file_scores` its file, and `files` says which file that is; those of one file stand
    together, in source order.
    """
    if not len(own):
        return np.empty((len(PLACES), 0), np.float32)
    first = np.flatnonzero(np.diff(files, prepend=-1))
    counts = np.diff(first, append=len(files))
    behind = own - np.repeat(np.maximum.reduceat(own, first), counts)
    odds = np.exp(behind)
    rivals = np.repeat(np.log(np.add.reduceat(odds, first)), counts)
    same = files[1:] == files[:-1]
    beside = np.zeros(len(own), np.float32)
    beside[1:] = odds[:-1] * same
    beside[:-1] = np.maximum(beside[:-1], odds[1:] * same)
    of_file = np.repeat(np.arange(len(first)), counts)
    rank = np.empty(len(own), np.float32)
    rank[np.lexsort((-own, of_file))] = np.arange(len(own)) - np.repeat(first, counts)
    return np.stack([own, file_scores, rivals, beside, np.log1p(rank)]).astype(np.float32)


def definition_scores(own: Floats, file_scores: Floats, files: Ints, names: Ints) -> Floats:
    """Return the score of each definition: its worth within its file, its file's score, and whether its name is new."""
    return put_namesakes_after(scores(PLACES, place_values(own, file_scores, files), PLACE_WEIGHTS), names)


def put_namesakes_after(values: Floats, names: Ints) -> Floats:
    """Return scores with less for all but the best of each name: overloads say one thing many times.

    `names` are numbers from zero, equal for equal names.
    """
    best = np.empty(int(names.max(initial=-1)) + 1, np.int64)
    ranked = np.argsort(-values, kind="stable")
    best[names[ranked[::-1]]] = ranked[::-1]  # of what is assigned to one place, the last stays: the first of its name
    less = np.full(len(values), NAMESAKE, np.float32)
    less[best[names]] = 0.0
    return values - less


def best(values: Floats, most: int) -> list[int]:
    """Return the first positions of `order`, without bringing all others into order."""
    if most >= len(values):
        return order(values)
    least = np.partition(values, len(values) - most)[len(values) - most]
    likely = np.flatnonzero(values >= least)
    return likely[order(values[likely])[:most]].tolist()  # type: ignore[no-any-return]


def order(values: Floats | Doubles) -> list[int]:
    """Return positions by descending value; equal ones by position, so that the order is always the same."""
    return np.argsort(-values, kind="stable").tolist()  # type: ignore[no-any-return]
