"""Draws over clusters: items that are variants of one another count as one. Pure and deterministic.

A draw takes as many clusters as there are, with replacement (Efron 1979), and all items of each. It is kept as how
often each cluster was taken, so that any statistic is worked out on the same draws, and differences are paired.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from noctule.evals.scorers.paired import DRAWS, SEED, mcnemar

Floats = NDArray[np.float64]
MOST_UNKNOWN = 0.025
"""Where a statistic is unknown in a larger share of the draws, its interval is open."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its 95% interval; `low` and `high` are None for fewer than two clusters, or where it is open."""

    value: float | None
    low: float | None
    high: float | None
    clusters: int

    def excludes(self, value: float) -> bool:
        """Tell whether a value lies outside; not known where the interval is not."""
        return self.low is not None and self.high is not None and not self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class ItemScore:
    """One score of one item, and the cluster of the item."""

    item: str
    cluster: str
    value: float


class Draws:
    """The draws over some clusters: `weights[d, c]` is how often draw d took cluster c; row 0 is all of them, once."""

    def __init__(self, clusters: Sequence[str], draws: int = DRAWS) -> None:
        self.clusters = tuple(sorted(set(clusters)))
        self._at = {name: at for at, name in enumerate(self.clusters)}
        self.weights = _weights(len(self.clusters), draws)

    def means(self, scores: Sequence[ItemScore]) -> Floats:
        """Return the mean over items in each draw; not a number where a draw has no item."""
        sums, counts = np.zeros(len(self.clusters)), np.zeros(len(self.clusters))
        for score in scores:
            sums[self._at[score.cluster]] += score.value
            counts[self._at[score.cluster]] += 1
        # Not `@`: for so small a product, threads of the linear algebra wait for each other longer than it takes.
        top = np.einsum("dc,c->d", self.weights, sums)
        is_even = len(counts) > 0 and (counts == counts[0]).all()
        total = np.full(len(top), counts.sum()) if is_even else np.einsum("dc,c->d", self.weights, counts)
        found: Floats = np.divide(top, total, out=np.full(len(total), np.nan), where=total > 0)
        return found

    def interval(self, values: Floats) -> Interval:
        """Return the figure of row 0 with the interval of the others."""
        first, rest = float(values[0]), values[1:]
        known = rest[~np.isnan(rest)]
        value = None if np.isnan(first) else first
        if len(self.clusters) < 2 or len(known) < (1 - MOST_UNKNOWN) * len(rest) or value is None:
            return Interval(value, None, None, len(self.clusters))
        # Not the mean of neighbours: one of them may be infinite.
        low, high = np.quantile(known, [0.025, 0.975], method="nearest")
        return Interval(value, float(low), float(high), len(self.clusters))


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """One arm minus another. `p` is of McNemar's test with one item a cluster, else of flipped signs of clusters."""

    difference: Interval
    first: Interval
    second: Interval
    items: int
    p: float


@lru_cache(maxsize=8)
def _weights(clusters: int, draws: int) -> Floats:
    """Return how often each draw takes each cluster: the same for the same number of clusters."""
    random = np.random.default_rng(SEED)
    taken = random.multinomial(clusters, np.full(clusters, 1 / clusters), draws) if clusters else np.zeros((draws, 0))
    return np.vstack([np.ones((1, clusters)), taken]).astype(np.float64)


def compare(first: Mapping[str, ItemScore], second: Mapping[str, ItemScore]) -> PairedDifference | None:
    """Compare two arms on the items that both answered; None where there is none."""
    both = sorted(first.keys() & second.keys())
    if not both:
        return None
    draws = Draws([first[item].cluster for item in both])
    one, two = (draws.means([arm[item] for item in both]) for arm in (first, second))
    gaps = [first[item].value - second[item].value for item in both]
    sums: dict[str, float] = {}
    for item, gap in zip(both, gaps, strict=True):
        sums[first[item].cluster] = sums.get(first[item].cluster, 0.0) + gap
    is_single = len(sums) == len(both) and all(gap in (-1.0, 0.0, 1.0) for gap in gaps)
    won, lost = sum(gap > 0 for gap in gaps), sum(gap < 0 for gap in gaps)
    p = mcnemar(won, lost) if is_single else flip_signs(list(sums.values()))
    return PairedDifference(draws.interval(one - two), draws.interval(one), draws.interval(two), len(both), p)


def flip_signs(sums: Sequence[float]) -> float:
    """Return how often random signs of the clusters' differences give as large a sum, in either direction."""
    values = np.asarray([value for value in sums if value])
    if not len(values):
        return 1.0
    random = np.random.default_rng(SEED)
    signs = random.integers(0, 2, (DRAWS, len(values))) * 2 - 1
    as_large = np.abs(np.einsum("dc,c->d", signs, values)) >= abs(values.sum()) - 1e-9
    return float((as_large.sum() + 1) / (DRAWS + 1))


def correct_by_holm(ps: Sequence[float]) -> list[float]:
    """Return p values that stand side by side, corrected for their number (Holm 1979)."""
    order = sorted(range(len(ps)), key=lambda at: ps[at])
    found, most = [0.0] * len(ps), 0.0
    for rank, at in enumerate(order):
        most = max(most, min(1.0, (len(ps) - rank) * ps[at]))
        found[at] = most
    return found


def map_rows(function: Callable[..., float], *arrays: Floats) -> Floats:
    """Apply a function to the rows of some arrays, draw by draw."""
    return np.asarray([function(*rows) for rows in zip(*arrays, strict=True)], np.float64)
