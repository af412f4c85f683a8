"""Do notes make answers worse? Outcomes of the same tasks with and without them in, the kinds to serve out. Pure.

A kind of claim is closed where leaving it out does better beyond what chance explains, where it costs more tokens than
it saves, or where too few tasks were shown it, or it and others like that, to tell. What is left must not do worse than
no notes at all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
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
    """Say what speaks against serving what the first run had and the second had not; an empty string if nothing."""
    for measure, worse in GAINS.items():
        lost = -np.array(difference(with_it, without, measure))
        if len(lost) and lost.any() and least_mean(lost) > 0:
            return f"{worse}: {-lost.mean():+.3f} a task"
    tokens = float(np.mean(difference(with_it, without, "tokens"))) if with_it else 0.0
    return f"costs {tokens:,.0f} tokens a task more than it saves" if tokens >= 0.5 else ""


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
class Weighed:
    """What a replay came to: the kinds to serve, why the others are not, and for each kind what it added."""

    open: frozenset[str]
    why: Mapping[str, str]
    kinds: Mapping[str, Mapping[str, float]]


def weigh(shown: Mapping[str, Collection[int]], run: Callable[[Collection[str]], Run]) -> Weighed:
    """Judge kinds of claims; `shown` has for each the tasks that were shown it, `run` replays with some kinds only.

    Kinds that few tasks were shown are judged together, as one, if these tasks are enough together.
    """
    groups = _groups(shown)
    tried = [kind for group in groups for kind in group]
    why = {kind: _too_few(len(tasks)) for kind, tasks in shown.items() if kind not in tried}
    without, whole = run(()), run(tried)
    kinds: dict[str, dict[str, float]] = {kind: {"shown": len(tasks)} for kind, tasks in shown.items()}
    for group in groups:
        rest = run([other for other in tried if other not in group])
        added = {name: float(np.mean(difference(whole, rest, name))) for name in MEASURES}
        said = against(whole, rest)
        for kind in group:
            kinds[kind] |= added
            if said:
                others = " and ".join(other for other in group if other != kind)
                why[kind] = f"with {others} it {said}" if others else said
    kept = [kind for kind in tried if kind not in why]
    if kept and (said := against(run(kept), without)):
        why |= dict.fromkeys(kept, f"together with the other kinds it {said}")
        kept = []
    return Weighed(frozenset(kept), why, kinds)


def _groups(shown: Mapping[str, Collection[int]]) -> list[tuple[str, ...]]:
    """Return the kinds that can be judged: each by itself, and those that few tasks were shown together."""
    often = [(kind,) for kind, tasks in shown.items() if len(tasks) >= FEWEST_SHOWN]
    seldom = tuple(kind for kind, tasks in shown.items() if 0 < len(tasks) < FEWEST_SHOWN)
    together = {task for kind in seldom for task in shown[kind]}
    return [*often, seldom] if len(together) >= FEWEST_SHOWN else [*often]


def _too_few(number: int) -> str:
    return f"shown in {number} past task{'s' * (number != 1)}, {FEWEST_SHOWN} are needed to tell"
