"""Listwise softmax regression around given weights, and how well weights put what was right first. Numbers only.

A choice says what is known of some candidates and which of them were right. The weights sought make the right ones
likely and stay near given ones: the penalty is that of a normal prior around these, so with few choices or with choices
that say nothing the weights stay where they were.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from noctule.indexer.arrays import Doubles, Floats

MOST_STEPS = 40
CLOSE_ENOUGH = 1e-9
"""A step that gains so little for each choice is the last."""


@dataclass(frozen=True, slots=True)
class RankedChoice:
    """One row of `values` for each candidate, one column for each signal; `right` tells which rows were right."""

    values: Floats
    right: NDArray[np.bool_]
    share: float = 1.0
    """What it counts: choices that are forms of one task share it."""
    missing: bool = False
    """Whether a right answer is not among the candidates."""
    base: Doubles | None = None
    """What each candidate scores before any weight is counted; nothing where it is None."""


@dataclass(frozen=True, slots=True)
class Score:
    """How well weights do on one choice."""

    likelihood: float
    """The mean log likelihood of the right candidates."""
    worst: float
    """The rank of the last right candidate, from 1; infinite if a right answer is not among the candidates."""
    reciprocal: float
    """1 / the rank of the first right candidate."""


def fit(
    choices: Sequence[RankedChoice],
    around: Doubles,
    pull: float | Doubles,
    check: Callable[[], None],
    begin: Doubles | None = None,
) -> Doubles:
    """Return the weights that make the choices likeliest, less `pull` / 2 times their squared distance from `around`.

    `pull` may be one number for each weight. By Newton's method, from `begin` where that is given; `check` is called
    between steps and may raise.
    """
    weights = (around if begin is None else begin).copy()
    value, slope, bend = _at(choices, weights, around, pull)
    for _ in range(MOST_STEPS):
        check()
        step = np.linalg.solve(bend, slope)
        size = 1.0
        while True:
            there = _at(choices, weights - size * step, around, pull)
            if there[0] <= value or size < 1e-3:
                break
            size /= 2
        if there[0] > value:
            break
        gained = value - there[0]
        weights = weights - size * step
        value, slope, bend = there
        if gained < CLOSE_ENOUGH * len(choices):
            break
    return weights


def _at(
    choices: Sequence[RankedChoice], weights: Doubles, around: Doubles, pull: float | Doubles
) -> tuple[float, Doubles, Doubles]:
    """Return the loss to minimise, its gradient and its matrix of second derivatives."""
    away = weights - around
    pulls = np.broadcast_to(np.asarray(pull, np.float64), weights.shape)
    value = float(pulls @ (away * away)) / 2
    slope, bend = pulls * away, np.diag(pulls).copy()
    for choice in choices:
        values = choice.values.astype(np.float64)
        scores = values @ weights if choice.base is None else values @ weights + choice.base
        likely = np.exp(scores - scores.max())
        total = likely.sum()
        likely /= total
        right = choice.right / choice.right.sum()
        mean = likely @ values
        value += choice.share * float(np.log(total) + scores.max() - right @ scores)
        slope += choice.share * (mean - right @ values)
        bend += choice.share * ((values * likely[:, None]).T @ values - np.outer(mean, mean))
    return value, slope, bend


def score(choice: RankedChoice, weights: Doubles) -> Score:
    """Say how well weights do on a choice."""
    scores = choice.values.astype(np.float64) @ weights
    right = np.flatnonzero(choice.right)
    top = float(scores.max())
    likelihood = float(scores[right].mean()) - top - float(np.log(np.exp(scores - top).sum()))
    ranks = [int((scores > scores[at]).sum()) + 1 for at in right.tolist()]
    return Score(likelihood, float("inf") if choice.missing else float(max(ranks)), 1.0 / min(ranks))
