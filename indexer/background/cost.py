"""Estimates the cost of a job from the costs of earlier jobs of its kind. Pure: knows no ledger file and no clock.

Each kind begins with a guess: so many seconds, and so many more for each unit of its subject's size. The median of how
much the last jobs took in the guess's terms corrects it, so that one hanging disk moves nothing; until there are some,
the guess itself counts as a few jobs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median

from noctule.indexer.runtime.budget import Amounts
from noctule.indexer.runtime.ledger import ENDED_WELL, Spent

LAST = 30
GUESS_COUNTS_AS = 3


@dataclass(frozen=True, slots=True)
class Guess:
    """What a job costs before any was run: seconds of processor time at size zero, and for each unit of size.

    `unit_tokens` are those of a model for each unit of size.
    """

    fixed_s: float
    unit_s: float
    unit: str
    unit_tokens: float = 0.0

    def seconds(self, size: float) -> float:
        """Return the guessed seconds."""
        return self.fixed_s + self.unit_s * size


GUESSES: Mapping[str, Guess] = {
    "refresh": Guess(0.3, 0.02, "files"),
    "parse": Guess(0.3, 1.5, "seconds of parsing"),
    "history": Guess(0.3, 0.0001, "commits"),
    "pack": Guess(0.05, 0.0, "tasks"),
    "gate": Guess(5.0, 0.002, "files"),
    "think": Guess(5.0, 0.0, "tokens", unit_tokens=1.0),
}
"""By kind of job; measured on repositories of 200 to 7,000 files and rounded, on one core."""
UNKNOWN = Guess(1.0, 0.0, "jobs")


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a job is likely to cost, and how many earlier jobs say so."""

    amounts: Amounts
    measured: int


class Costs:
    """The estimates by kind, as the ledger's jobs have taught them."""

    def __init__(self, spent: Iterable[Spent]) -> None:
        self._past: dict[str, list[Spent]] = {}
        for job in spent:
            if job.outcome == ENDED_WELL:
                self._past.setdefault(job.kind, []).append(job)

    def of(self, kind: str, size: float) -> Estimate:
        """Return what a job of this kind on a subject of this size is likely to cost."""
        guess = GUESSES.get(kind, UNKNOWN)
        past = self._past.get(kind, [])[-LAST:]
        guessed = guess.seconds(size)

        def correct(measured: list[float]) -> float:
            ratios = [got / guess.seconds(job.size) for got, job in zip(measured, past, strict=True)]
            return guessed * median(ratios + [1.0] * GUESS_COUNTS_AS)

        guessed_tokens = guess.unit_tokens * size
        tokens = _correct(guessed_tokens, [(job.tokens, guess.unit_tokens * job.size) for job in past])
        prices = [job.dollars / job.tokens for job in past if job.tokens]
        return Estimate(
            Amounts(
                correct([job.cpu_s for job in past]),
                correct([job.wall_s for job in past]),
                tokens,
                # What a model costs is known when it was first asked: hard limits are kept by `indexer.llm.spending`.
                tokens * median(prices) if prices else 0.0,
            ),
            len(past),
        )


def _correct(guessed: float, past: Iterable[tuple[float, float]]) -> float:
    """Return a guess as earlier ones (got, guessed) correct it. What cost nothing was there already."""
    return guessed * median([got / told for got, told in past if got and told] + [1.0] * GUESS_COUNTS_AS)
