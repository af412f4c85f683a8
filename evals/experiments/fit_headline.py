"""How sure the first line of a pack is, fitted on rankings by weights that never saw the task. Reads no repository.

A logistic regression is a choice between two: that the first file is right, with its features, and that it is not, with
none. So the ranking's own fit makes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from noctule.evals.experiments.fit_figures import Outcome
from noctule.indexer.search.confidence import HEADLINE, estimate_first
from noctule.indexer.search.fit import RankedChoice
from noctule.indexer.search.fit import fit as fitted_weights

PULL = 1.0
DIGITS = 3
TENTHS = 10
SHORT, LONG = 12, 150
"""So many words has a title at most, and a text that goes on for long has more."""
KINDS: Mapping[str, Callable[[Outcome], bool]] = {
    "all": lambda outcome: outcome.is_about,
    "question": lambda outcome: outcome.asks,
    "at most 12 words": lambda outcome: not outcome.asks and outcome.words <= SHORT,
    "13 to 150 words": lambda outcome: not outcome.asks and SHORT < outcome.words <= LONG,
    "more than 150 words": lambda outcome: not outcome.asks and outcome.words > LONG,
}


@dataclass(frozen=True, slots=True)
class Judged:
    """Of one task, what was said of its first file, and whether that was right."""

    outcome: Outcome
    said: float

    @property
    def tenth(self) -> int:
        """Among which tenth of probabilities it is."""
        return min(int(self.said * TENTHS), TENTHS - 1)

    @property
    def loss(self) -> float:
        """The log loss."""
        return -float(np.log(self.said if self.outcome.is_first_right else 1 - self.said))


def fit(outcomes: Sequence[Outcome], shares: Mapping[str, float]) -> dict[str, float]:
    """Return the weights that make what was right likely; `shares` are what each task of a repository counts."""
    choices = [
        RankedChoice(
            np.stack([np.zeros(len(HEADLINE)), _row(outcome)]),
            np.array([not outcome.is_first_right, outcome.is_first_right]),
            shares[outcome.repository],
        )
        for outcome in outcomes
        if outcome.is_about
    ]
    found = fitted_weights(choices, np.zeros(len(HEADLINE)), PULL, lambda: None)
    return {name: round(weight, DIGITS) for name, weight in zip(HEADLINE, found.tolist(), strict=True)}


def _row(outcome: Outcome) -> np.ndarray:
    return np.array([outcome.features[name] for name in HEADLINE])


def judge(outcomes: Sequence[Outcome], weights: Mapping[str, float]) -> list[Judged]:
    """Say how likely the first file of each task is."""
    return [Judged(o, estimate_first(o.features, weights)) for o in outcomes if o.is_about]


def cross_validate(outcomes: Sequence[Outcome], shares: Mapping[str, float]) -> list[Judged]:
    """Judge the tasks of each repository with weights that were fitted on the others."""
    found: list[Judged] = []
    for repository in sorted({outcome.repository for outcome in outcomes}):
        mine = [outcome for outcome in outcomes if outcome.repository == repository]
        found += judge(mine, fit([outcome for outcome in outcomes if outcome.repository != repository], shares))
    return found


def describe(left_out: Sequence[Judged], used: Sequence[Judged]) -> list[str]:
    """Hold what is said against what is right, left out and by the weights in use, for kinds of text and for tenths."""
    lines = ["how sure the first file is; log losses in brackets; left out, then by the weights in use"]
    for name, belongs in KINDS.items():
        mine, theirs = ([j for j in each if belongs(j.outcome)] for each in (left_out, used))
        if mine:
            lines.append(f"  {name:<40}{len(mine):>5} tasks  right {_right(mine)}  {_said(mine)}  {_said(theirs)}")
    for tenth in range(TENTHS):
        mine, theirs = ([j for j in each if j.tenth == tenth] for each in (left_out, used))
        pairs = "  ".join(
            f"{len(each):>4} said {_mean([j.said for j in each]):5.1f}% right {_right(each)}" for each in (mine, theirs)
        )
        lines.append(f"  {f'said {tenth / TENTHS:.1f} to {(tenth + 1) / TENTHS:.1f}':<40}{pairs}")
    return lines


def _right(each: Sequence[Judged]) -> str:
    return f"{_mean([float(j.outcome.is_first_right) for j in each]):5.1f}%"


def _said(each: Sequence[Judged]) -> str:
    loss = sum(j.loss for j in each) / max(len(each), 1)
    return f"said {_mean([j.said for j in each]):5.1f}% ({loss:.3f})"


def _mean(values: Sequence[float]) -> float:
    return 100 * sum(values) / max(len(values), 1)
