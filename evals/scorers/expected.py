"""Gain by how expected a question was: fifths, fifths with the length taken out, and slopes. Pure and deterministic.

The paper bins by a log-probability that may be a sum. A sum is mostly the length of the question: short questions are
likely ones. So each figure also stands with the length taken out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import numpy as np

from noctule.evals.scorers.clusters import Draws, Floats, Interval, ItemScore

PARTS = 5
SLOPE_DRAWS = 2_000
FEWEST_IN_CELLS = 18


def fifths(values: Mapping[str, float]) -> list[tuple[str, ...]]:
    """Cut items into five parts of about the same size, the least expected first; none of fewer than ten."""
    order = sorted(values, key=lambda item: (values[item], item))
    if len(order) < 2 * PARTS:
        return []
    cuts = [round(len(order) * at / PARTS) for at in range(PARTS + 1)]
    return [tuple(order[start:stop]) for start, stop in pairwise(cuts)]


def cells(values: Mapping[str, float], lengths: Mapping[str, float]) -> dict[tuple[int, int], tuple[str, ...]]:
    """Cut items into thirds of their length (1 is short), and of their value (1 is low): items of like length together.

    None of fewer than eighteen, which leaves two for each of nine cells.
    """
    if len(values) < FEWEST_IN_CELLS:
        return {}
    by_length, by_value = (_thirds(table, values) for table in (lengths, values))
    found: dict[tuple[int, int], tuple[str, ...]] = {}
    for item in sorted(values):
        key = by_length[item], by_value[item]
        found[key] = (*found.get(key, ()), item)
    return dict(sorted(found.items()))


def _thirds(table: Mapping[str, float], items: Iterable[str]) -> dict[str, int]:
    order = sorted(items, key=lambda item: (table[item], item))
    return {item: 1 + 3 * at // len(order) for at, item in enumerate(order)}


def without_length(values: Mapping[str, float], lengths: Mapping[str, float]) -> dict[str, float]:
    """Return by how much each value is above what its length lets expect, among ranks."""
    items = sorted(values)
    x, y = (_ranks([table[item] for item in items]) for table in (lengths, values))
    spread = float(((x - x.mean()) ** 2).sum())
    slope = float(((x - x.mean()) * (y - y.mean())).sum()) / spread if spread else 0.0
    rest = (y - y.mean()) - slope * (x - x.mean())
    return dict(zip(items, map(float, rest), strict=True))


def rank_correlation(first: Mapping[str, float], second: Mapping[str, float]) -> float | None:
    """Return Spearman's correlation; None where one of them is constant."""
    items = sorted(first.keys() & second.keys())
    x, y = (_ranks([table[item] for item in items]) for table in (first, second))
    if len(items) < 3 or not x.std() or not y.std():
        return None
    return float(np.corrcoef(x, y)[0, 1])


def slopes(gains: Sequence[ItemScore], columns: Sequence[Mapping[str, float]]) -> list[Interval | None] | None:
    """Return how much the gain rises with one standard deviation of each column, all columns together.

    A column that is the same everywhere explains nothing, and has no slope.
    """
    if len(gains) < 10:
        return None
    table = np.asarray([[column[gain.item] for column in columns] for gain in gains], np.float64)
    spread = table.std(axis=0)
    varied = np.flatnonzero(spread > 1e-12)
    if not len(varied):
        return None
    scaled = (table - table.mean(axis=0))[:, varied] / spread[varied]
    design = np.column_stack([np.ones(len(gains)), scaled])
    target = np.asarray([gain.value for gain in gains])
    draws = Draws([gain.cluster for gain in gains], SLOPE_DRAWS)
    at = np.asarray([draws.clusters.index(gain.cluster) for gain in gains])
    found = np.full((len(draws.weights), len(varied)), np.nan)
    for number, weights in enumerate(draws.weights):
        root = np.sqrt(weights[at])
        solution, _, rank, _ = np.linalg.lstsq(design * root[:, None], target * root, rcond=None)
        if rank == design.shape[1]:
            found[number] = solution[1:]
    intervals: list[Interval | None] = [None] * len(columns)
    for number, column in enumerate(varied):
        intervals[column] = draws.interval(found[:, number])
    return intervals


def _ranks(values: Sequence[float]) -> Floats:
    """Return ranks; equal values have their mean rank."""
    array = np.asarray(values, np.float64)
    _, inverse, counts = np.unique(array, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    means: Floats = (ends - (counts - 1) / 2)[inverse]
    return means
