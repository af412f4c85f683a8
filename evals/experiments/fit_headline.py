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

PULL, AROUND_PULL = 1.0, 4.0
"""How hard the weights are held near zero, or near others that were fitted on many texts."""
STRANGER = 0.3
"""What the title of another repository's task counts: own tasks are to stay right."""
DIGITS = 3
TENTHS = 10
SHORT, LONG = 12, 150
"""So many words has a title at most, and a text that goes on for long has more."""
KINDS: Mapping[str, Callable[[Outcome], bool]] = {
    "all": lambda outcome: not outcome.is_stranger,
    "title of another repository": lambda outcome: outcome.is_stranger,
    "question": lambda outcome: outcome.asks,
    "at most 12 words": lambda outcome: not outcome.asks and not outcome.is_stranger and outcome.words <= SHORT,
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


def fit(
    outcomes: Sequence[Outcome], shares: Mapping[str, float], around: Mapping[str, float] | None = None
) -> dict[str, float]:
    """Return the weights that make what was right likely; `shares` are what each task of a repository counts.

    Among the outcomes may be titles of other repositories' tasks, of which nothing is right. `around` are weights near
    which these are held, if not near zero.
    """
    choices = [
        RankedChoice(
            np.stack([np.zeros(len(HEADLINE)), _row(outcome)]),
            np.array([not outcome.is_first_right, outcome.is_first_right]),
            shares[outcome.repository] * (STRANGER if outcome.is_stranger else 1.0),
        )
        for outcome in outcomes
        if outcome.is_about
    ]
    centre = np.array([(around or {}).get(name, 0.0) for name in HEADLINE])
    found = fitted_weights(choices, centre, np.where(centre, AROUND_PULL, PULL), lambda: None, centre)
    return {name: round(weight, DIGITS) for name, weight in zip(HEADLINE, found.tolist(), strict=True)}


def _row(outcome: Outcome) -> np.ndarray:
    return np.array([outcome.features[name] for name in HEADLINE])


def judge(outcomes: Sequence[Outcome], weights: Mapping[str, float]) -> list[Judged]:
    """Say how likely the first file of each task is."""
    return [Judged(o, estimate_first(o.features, weights)) for o in outcomes if o.is_about]


def cross_validate(
    outcomes: Sequence[Outcome], shares: Mapping[str, float], around: Mapping[str, float] | None = None
) -> list[Judged]:
    """Judge the tasks of each repository with weights that were fitted on the others."""
    found: list[Judged] = []
    for repository in sorted({outcome.repository for outcome in outcomes}):
        mine = [outcome for outcome in outcomes if outcome.repository == repository]
        others = [outcome for outcome in outcomes if outcome.repository != repository]
        found += judge(mine, fit(others, shares, around))
    return found


def describe(left_out: Sequence[Judged], used: Sequence[Judged]) -> list[str]:
    """Hold what is said against what is right, left out and by the weights in use, for kinds of text and for tenths."""
    lines = ["how sure the first file is; log losses in brackets; left out, then by the weights in use"]
    for name, belongs in KINDS.items():
        mine, theirs = ([j for j in each if belongs(j.outcome)] for each in (left_out, used))
        if mine:
            lines.append(f"  {name:<40}{len(mine):>5} tasks  right {_right(mine)}  {_said(mine)}  {_said(theirs)}")
    for tenth in range(TENTHS):
        mine, theirs = (
            [j for j in each if j.tenth == tenth and not j.outcome.is_stranger] for each in (left_out, used)
        )
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
