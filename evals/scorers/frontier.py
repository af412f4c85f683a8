"""Accuracy against tokens: the area between two curves, and how many tokens give the same accuracy. Pure.

A curve is what an arm reaches at some budgets. Between two budgets it is a line over the logarithm of the tokens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from noctule.evals.scorers.clusters import Draws, Floats, Interval, ItemScore, map_rows

AREA_DRAWS = 1_000
"""Areas and ratios take a curve for each draw; more of them change no digit that is shown."""


@dataclass(frozen=True, slots=True)
class ItemAnswer:
    """One answer: whether it is right, what it costs, and the cluster of its problem."""

    item: str
    cluster: str
    right: float
    cost: float


Curve = Mapping[str, Sequence[ItemAnswer]]
"""Answers by budget, from the smallest budget to the largest."""


@dataclass(frozen=True, slots=True)
class FrontierComparison:
    """One curve against another.

    `area` is by how much the first lies above the second between their common ends, as a mean over the logarithm of the
    tokens. `ratios` are, by budget of the second curve, how many times its tokens the first needs to be as accurate:
    below 1 the first is cheaper. A ratio is open where the first curve never gets there.
    """

    area: Interval
    ratios: Mapping[str, Interval]
    crossover: Mapping[str, Interval]


def compare_curves(first: Curve, second: Curve) -> FrontierComparison | None:
    """Compare two curves on the same draws; None where one has fewer than two budgets."""
    if len(first) < 2 or len(second) < 2:
        return None
    clusters = {a.cluster for curve in (first, second) for answers in curve.values() for a in answers}
    draws = Draws(sorted(clusters), AREA_DRAWS)
    one, two = (_points(curve, draws) for curve in (first, second))
    area = map_rows(_area, *one, *two)
    names = list(second)
    ratios = {name: draws.interval(needed(*one, two[1][:, at]) / two[0][:, at]) for at, name in enumerate(names)}
    common = [name for name in names if name in first]
    mine = list(first)
    crossover = {name: draws.interval(one[1][:, mine.index(name)] - two[1][:, names.index(name)]) for name in common}
    return FrontierComparison(draws.interval(area), ratios, crossover)


def needed(costs: Floats, rights: Floats, right: Floats) -> Floats:
    """Return, draw by draw, what a curve costs where it first is so accurate; not a number where it never is.

    Where its cheapest point already is, that is what it costs: how much less would do is not known.
    """
    order = np.argsort(costs, axis=1)
    costs, rights = np.take_along_axis(costs, order, 1), np.take_along_axis(rights, order, 1)
    found = np.full(len(costs), np.nan)
    best, before = np.full(len(costs), -1.0), costs[:, 0]
    for at in range(costs.shape[1]):
        cost, reached = costs[:, at], rights[:, at]
        is_there = np.isnan(found) & (reached >= right - 1e-12)
        share = np.divide(right - best, reached - best, out=np.ones(len(costs)), where=reached > best)
        share = np.where(best < 0, 1.0, np.clip(share, 0.0, 1.0))
        between = np.exp(np.log(before) + share * (np.log(cost) - np.log(before)))
        found = np.where(is_there, between, found)
        before = np.where(reached > best, cost, before)
        best = np.maximum(best, reached)
    return found


def _points(curve: Curve, draws: Draws) -> tuple[Floats, Floats]:
    """Return costs and accuracies, draw by draw and budget by budget."""
    costs = [draws.means([ItemScore(a.item, a.cluster, max(a.cost, 1e-9)) for a in found]) for found in curve.values()]
    rights = [draws.means([ItemScore(a.item, a.cluster, a.right) for a in found]) for found in curve.values()]
    return np.stack(costs, axis=1), np.stack(rights, axis=1)


def _area(x: Floats, y: Floats, other_x: Floats, other_y: Floats) -> float:
    low, high = max(x.min(), other_x.min()), min(x.max(), other_x.max())
    if not low < high:
        return float("nan")
    grid = np.linspace(np.log(low), np.log(high), 41)
    gaps = _line(grid, x, y) - _line(grid, other_x, other_y)
    return float(np.trapezoid(gaps, grid) / (grid[-1] - grid[0]))


def _line(grid: Floats, x: Floats, y: Floats) -> Floats:
    order = np.argsort(x)
    found: Floats = np.interp(grid, np.log(x[order]), y[order])
    return found
