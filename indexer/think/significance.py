"""Do notes of a model say what later changes needed? What past tasks were shown in, the kinds to serve out. Pure.

A kind of claim is served where the names that it quotes are of what the change touched, more surely than those of
nonsense in its place. What few tasks were shown is unknown, and not served. What is served must not rank worse.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from noctule.indexer.arrays import Doubles

FORMS = ("as written", "masked")
FEWEST_TASKS = 10
"""Fewer past changes say too little to judge by."""
FEWEST_SHOWN = 5
"""A kind that fewer tasks were shown has not been tried."""
FIRST = 5
_DRAWS, _SEED, SURE = 2_000, 20_250_417, 0.95


@dataclass(frozen=True, slots=True)
class TaskOutcome:
    """What one answer was worth to its reader.

    `reciprocal` of the rank of the first file that was right; whether all of them were among the FIRST (`first_five`);
    the share of them that the text names (`in_text`); `tokens` read until one of them is reached.
    """

    reciprocal: float
    first_five: float
    in_text: float
    tokens: float


GAINS = {
    "reciprocal": "puts what was right further down",
    "first_five": f"puts fewer changes wholly among the first {FIRST}",
    "in_text": "names fewer of the files that were right",
}
"""The measures that must not fall, and what is said of one that does."""
MEASURES = (*GAINS, "tokens")

Run = Sequence[Sequence[TaskOutcome]]
"""By task, in one order for all runs, the outcomes of its forms."""


def difference(with_it: Run, without: Run, measure: str) -> list[float]:
    """Return by task what a measure gained, the mean over the task's forms."""
    return [
        float(np.mean([getattr(a, measure) - getattr(b, measure) for a, b in zip(mine, theirs, strict=True)]))
        for mine, theirs in zip(with_it, without, strict=True)
    ]


def against(with_it: Run, without: Run) -> str:
    """Say what the first run has surely made worse than the second; an empty string if nothing."""
    for measure, worse in GAINS.items():
        lost = -np.array(difference(with_it, without, measure))
        if len(lost) and lost.any() and least_mean(lost) > 0:
            return f"{worse}: {-lost.mean():+.3f} a task"
    return ""


def surely_gains(with_it: Run, without: Run, measure: str) -> bool:
    """Tell whether the first run is better than the second beyond what chance explains."""
    gained = np.array(difference(with_it, without, measure))
    return bool(len(gained)) and least_mean(gained) > 0


def least_mean(values: Doubles) -> float:
    """Return the lower bound of a mean, of which one may be SURE, by the percentile bootstrap; the same every time."""
    random = np.random.default_rng(_SEED)
    means = values[random.integers(0, len(values), (_DRAWS, len(values)))].mean(axis=1)
    return float(np.quantile(means, 1 - SURE))


def figures(run: Run, without: Run) -> dict[str, dict[str, dict[str, float]]]:
    """Return by form and measure the means over tasks, "without" notes and "with" them."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    for at, form in enumerate(FORMS):
        pairs = [(a[at], b[at]) for a, b in zip(without, run, strict=True) if at < len(a)]
        if pairs:
            found[form] = {
                name: {
                    "without": float(np.mean([getattr(a, name) for a, _ in pairs])),
                    "with": float(np.mean([getattr(b, name) for _, b in pairs])),
                }
                for name in MEASURES
            }
    return found


@dataclass(frozen=True, slots=True)
class Naming:
    """Which share of the names that the shown claims of one kind quote stand in what the task's change touched.

    `nonsense` are the same shares for what says nothing about the task: names at random, and other subjects' claims.
    """

    claims: float
    nonsense: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a replay came to: the kinds to serve, why the others are not, and for each kind its figures."""

    open: frozenset[str]
    why: Mapping[str, str]
    kinds: Mapping[str, Mapping[str, float]]


def weigh(named: Mapping[str, Mapping[int, Naming]], harm: Callable[[Collection[str]], str]) -> Weighed:
    """Judge kinds of claims; `named` has for each the tasks whose pack showed it, `harm` what speaks against some.

    Kinds that few tasks were shown are judged together, as one, if these tasks are enough together.
    """
    groups = _groups(named)
    tried = {kind for group in groups for kind in group}
    why = {kind: _too_few(len(tasks)) for kind, tasks in named.items() if kind not in tried}
    kinds: dict[str, dict[str, float]] = {kind: {"shown": len(tasks)} for kind, tasks in named.items()}
    kept: list[str] = []
    for group in groups:
        values = [naming for kind in group for naming in named[kind].values()]
        mine = np.array([naming.claims for naming in values])
        nonsense = np.array([naming.nonsense for naming in values])
        for kind in group:
            kinds[kind] |= {"named": float(mine.mean()), "nonsense": float(nonsense.mean(axis=0).max())}
        if all(least_mean(mine - nonsense[:, control]) > 0 for control in range(nonsense.shape[1])):
            kept += group
        else:
            at_random = f"{nonsense.mean(axis=0).max():.0%}"
            why |= dict.fromkeys(
                group,
                f"{mine.mean():.0%} of its names are of what changed, {at_random} of nonsense: no sure difference",
            )
    if kept and (said := harm(kept)):
        why |= dict.fromkeys(kept, said)
        kept = []
    return Weighed(frozenset(kept), why, kinds)


def _groups(named: Mapping[str, Collection[int]]) -> list[tuple[str, ...]]:
    """Return the kinds that can be judged: each by itself, and those that few tasks were shown together."""
    often = [(kind,) for kind, tasks in named.items() if len(tasks) >= FEWEST_SHOWN]
    seldom = tuple(kind for kind, tasks in named.items() if 0 < len(tasks) < FEWEST_SHOWN)
    together = {task for kind in seldom for task in named[kind]}
    return [*often, seldom] if len(together) >= FEWEST_SHOWN else [*often]


def _too_few(number: int) -> str:
    return f"unknown: shown in {number} past task{'s' * (number != 1)}, {FEWEST_SHOWN} are needed to tell"
