"""Probabilities and what came true in, how far they can be trusted out. Pure.

Brier (1950): the mean square of probability minus outcome, over all files of all questions; its counterpart is that
of always saying the base rate. Reliability: of the files that were given about such a probability, the share that came.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

BINS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9)


@dataclass(frozen=True, slots=True)
class Question:
    """One question's probabilities and answer: `rest` are (how many, sum, sum of squares) of those not in `chances`.

    None of the rest is among `wanted`.
    """

    chances: Mapping[str, float]
    rest: tuple[int, float, float]
    wanted: Collection[str]


@dataclass(frozen=True, slots=True)
class Bin:
    """Files whose probability lies in one range: the mean of what was said, the share that came true, how many."""

    said: float
    came: float
    n: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """How probabilities met what came; `files` counts each file once for each question."""

    questions: int
    files: int
    brier: float
    brier_of_base_rate: float
    bins: tuple[Bin, ...]

    @property
    def skill(self) -> float:
        """The share of the base rate's Brier score that was gained; below zero where it is better to know nothing."""
        return 1 - self.brier / self.brier_of_base_rate if self.brier_of_base_rate else 0.0

    def likely(self, least: float) -> Bin | None:
        """Put the bins from a probability on together."""
        there = [b for b, start in self._non_empty_bins() if start >= least]
        n = sum(b.n for b in there)
        if not n:
            return None
        return Bin(sum(b.said * b.n for b in there) / n, sum(b.came * b.n for b in there) / n, n)

    def _non_empty_bins(self) -> list[tuple[Bin, float]]:
        return [(b, max(s for s in BINS if s <= b.said + 1e-9)) for b in self.bins]


def calibration(questions: Sequence[Question]) -> Calibration | None:
    """Judge probabilities by what came; None of nothing."""
    said = np.array([c for q in questions for c in q.chances.values()])
    came = np.array([path in q.wanted for q in questions for path in q.chances], float)
    more, more_said, more_squares = (sum(q.rest[at] for q in questions) for at in range(3))
    files = len(said) + int(more)
    if not files:
        return None
    base = float(came.sum()) / files
    bins = np.searchsorted(BINS, said, side="right") - 1
    sums = [np.bincount(bins, weights, len(BINS)) for weights in (np.ones(len(said)), said, came)]
    sums[0][0] += more
    sums[1][0] += more_said
    return Calibration(
        questions=len(questions),
        files=files,
        brier=(float(((said - came) ** 2).sum()) + more_squares) / files,
        brier_of_base_rate=base * (1 - base),
        bins=tuple(Bin(float(s / n), float(c / n), int(n)) for n, s, c in zip(*sums, strict=True) if n),
    )


def mean_expectation(chances: Mapping[str, float], files: Collection[str]) -> float | None:
    """Return how much some files were expected: the geometric mean of their probabilities; None without files."""
    if not files:
        return None
    return float(np.exp(np.mean([np.log(max(chances.get(path, 0.0), 1e-6)) for path in files])))


def recall(ranked: Sequence[str], known: Collection[str], gold: Collection[str], k: int) -> float | None:
    """Return the share of the files still to be found among the first k that are not known; None where none is."""
    wanted = set(gold) - set(known)
    first = [path for path in ranked if path not in known][:k]
    return len(wanted & set(first)) / len(wanted) if wanted else None
