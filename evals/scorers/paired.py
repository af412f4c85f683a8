"""Two arms on the same tasks: their difference, how sure it is, and where each one lost. Pure and deterministic.

Intervals are percentile bootstraps over tasks (Efron 1979): tasks are drawn with replacement, a task's two scores
always together. For scores of 0 and 1 the exact McNemar test (two-sided binomial over the tasks on which the arms
differ) says how likely such a split is if neither arm is better.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DRAWS = 10_000
SEED = 20_250_417


@dataclass(frozen=True, slots=True)
class PairedEstimate:
    """A mean over n tasks with its 95% interval; `low` and `high` are None for fewer than two tasks."""

    mean: float
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """One arm minus another over the tasks that both answered.

    `won` and `lost` are the tasks on which the first scores higher and lower; `p` is of the exact McNemar test, None
    where scores are not all 0 or 1.
    """

    difference: PairedEstimate
    won: tuple[str, ...]
    lost: tuple[str, ...]
    p: float | None

    @property
    def n(self) -> int:
        """How many tasks are compared."""
        return self.difference.n


def estimate(values: Sequence[float]) -> PairedEstimate | None:
    """Return the mean with its bootstrap interval; None of nothing."""
    if not values:
        return None
    array = np.asarray(values, np.float64)
    if len(array) < 2:
        return PairedEstimate(float(array.mean()), None, None, len(array))
    low, high = np.quantile(_means(array), [0.025, 0.975])
    return PairedEstimate(float(array.mean()), float(low), float(high), len(array))


def compare(first: Mapping[str, float | None], second: Mapping[str, float | None]) -> Comparison | None:
    """Compare two arms on the tasks for which both have a score; None where there is none."""
    pairs = {task: (a, b) for task, a in first.items() if a is not None and (b := second.get(task)) is not None}
    tasks = sorted(pairs)
    difference = estimate([pairs[t][0] - pairs[t][1] for t in tasks])
    if difference is None:
        return None
    won = tuple(t for t in tasks if pairs[t][0] > pairs[t][1])
    lost = tuple(t for t in tasks if pairs[t][0] < pairs[t][1])
    binary = all(score in (0.0, 1.0) for pair in pairs.values() for score in pair)
    return Comparison(difference, won, lost, mcnemar(len(won), len(lost)) if binary else None)


def mcnemar(won: int, lost: int) -> float:
    """Return the exact two-sided p of McNemar's test from the tasks on which only one of the arms is right."""
    n, smaller = won + lost, min(won, lost)
    tail: int = sum(math.comb(n, k) for k in range(smaller + 1))
    return min(1.0, float(2 * tail / (1 << n)))


def _means(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the means of `DRAWS` draws with replacement, some at a time to bound memory."""
    random = np.random.default_rng(SEED)
    n = len(values)
    at_once = max(1, min(DRAWS, 2_000_000 // n))
    parts = [
        values[random.integers(0, n, (min(at_once, DRAWS - done), n))].mean(axis=1) for done in range(0, DRAWS, at_once)
    ]
    return np.concatenate(parts)
