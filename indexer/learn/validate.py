"""Would a repository's own weights have served its past better than the given ones? Pure: no store, no git, no clock.

Weights are fitted on the older tasks and judged on those that follow, round by round; no task is judged with weights
that have seen it or a later one. Own weights are kept only where the likelihood of what was right surely rose and
neither accuracy fell noticeably: as long as that is in doubt, the given weights are the better guess.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from noctule.indexer.learn.past_rankings import Rehearsed
from noctule.indexer.search import fit as softmax
from noctule.indexer.search.fit import Doubles
from noctule.indexer.search.ranking import FILE_WEIGHTS

PULL = 1 / 2
"""How hard the fit is held to the given weights, for each task: docs/decisions/tuning.md says why so hard."""
ROUNDS = 3
DRAWS, SEED, SURE = 2_000, 20_250_417, 0.95
FIRST = 5
"""The rank within which all of what was right is wanted."""
NOTHING = 0.005
"""A fall by less is none: it is less than one task in two hundred."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one set of weights came to on one task, the mean over its forms."""

    likelihood: float
    first_five: float
    reciprocal: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """How own weights did beside the given ones; `acc5` and `mrr` are (given, own).

    `why` says why they are not kept; empty where they are.
    """

    judged: int
    gain: float
    least_gain: float
    acc5: tuple[float, float]
    mrr: tuple[float, float]
    why: str


def given() -> Doubles:
    """Return the weights that all repositories start from, in the order of the signals."""
    return np.array(list(FILE_WEIGHTS.values()), np.float64)


def fit(rehearsed: Sequence[Rehearsed], check: Callable[[], None]) -> Doubles:
    """Return the weights for a repository of which these tasks are known."""
    choices = [form for task in rehearsed for form in task.forms]
    return softmax.fitted(choices, given(), PULL * len(rehearsed), check)


def outcome(task: Rehearsed, weights: Doubles) -> Outcome:
    """Say how weights do on a task."""
    scores = [softmax.score(form, weights) for form in task.forms]
    return Outcome(
        float(np.mean([s.likelihood for s in scores])),
        float(np.mean([s.worst <= FIRST for s in scores])),
        float(np.mean([s.reciprocal for s in scores])),
    )


def judged(rehearsed: Sequence[Rehearsed], check: Callable[[], None]) -> list[tuple[Outcome, Outcome]]:
    """Return (given, own) for each task of the later half of the moments; own weights come from earlier moments."""
    last = rehearsed[-1].moment + 1
    cuts = np.linspace(last / 2, last, ROUNDS + 1).round().astype(int).tolist()
    found: list[tuple[Outcome, Outcome]] = []
    for cut, until in pairwise(cuts):
        older = [task for task in rehearsed if task.moment < cut]
        later = [task for task in rehearsed if cut <= task.moment < until]
        if older and later:
            own = fit(older, check)
            found += [(outcome(task, given()), outcome(task, own)) for task in later]
    return found


def verdict(outcomes: Sequence[tuple[Outcome, Outcome]]) -> Verdict:
    """Decide whether own weights are kept."""
    if not outcomes:
        return Verdict(0, 0.0, 0.0, (0.0, 0.0), (0.0, 0.0), "there are too few past changes to test on")
    gains = np.array([own.likelihood - before.likelihood for before, own in outcomes])
    least = least_mean(gains)
    acc5 = _pair([(before.first_five, own.first_five) for before, own in outcomes])
    mrr = _pair([(before.reciprocal, own.reciprocal) for before, own in outcomes])
    doubts = (
        ("adapted weights are not clearly better", least <= 0),
        (f"adapted weights put fewer changes completely into the top {FIRST}", acc5[1] < acc5[0] - NOTHING),
        ("adapted weights rank the right files lower", mrr[1] < mrr[0] - NOTHING),
    )
    why = next((doubt for doubt, holds in doubts if holds), "")
    return Verdict(len(outcomes), float(gains.mean()), least, acc5, mrr, why)


def _pair(pairs: Sequence[tuple[float, float]]) -> tuple[float, float]:
    before, own = np.mean(np.array(pairs), axis=0).tolist()
    return float(before), float(own)


def least_mean(values: Doubles) -> float:
    """Return the lower bound of a mean, of which one may be SURE, by the percentile bootstrap; the same every time."""
    random = np.random.default_rng(SEED)
    means = values[random.integers(0, len(values), (DRAWS, len(values)))].mean(axis=1)
    return float(np.quantile(means, 1 - SURE))
