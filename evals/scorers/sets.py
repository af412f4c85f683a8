"""Precision, recall and F1 of a set of files that an arm would modify. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SetScore:
    """How a set of files meets the gold set."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def set_score(chosen: Collection[str], gold: Collection[str]) -> SetScore | None:
    """Compare what was chosen with the gold; None without gold. Nothing chosen is of precision 0."""
    if not gold:
        return None
    right = len(set(chosen) & set(gold))
    return SetScore(right / len(set(chosen)) if chosen else 0.0, right / len(set(gold)))
