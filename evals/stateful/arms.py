"""The arms of the experiments by their names: which notes an answerer sees, and what else. Asks nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from noctule.evals.errors import UnknownSolver

TEST, SLEEP, NOTES_ONLY, CONTEXT = "test", "sleep", "notes-only", "context"
CONTEXT_NOTES, HINDSIGHT, SHUFFLED, STRANGER = "context+notes", "hindsight", "shuffled", "stranger"
SAMPLES, EQUAL, MERGED = "samples", "equal", "merged"
ARMS = (TEST, SLEEP, NOTES_ONLY, CONTEXT, CONTEXT_NOTES, SHUFFLED, STRANGER, HINDSIGHT, SAMPLES, EQUAL, MERGED)
DEFAULT_ARMS = (TEST, SLEEP, NOTES_ONLY, CONTEXT, SHUFFLED, STRANGER, HINDSIGHT)
PAIR = (TEST, SLEEP)
HOT = 1.0
"""The temperature of what is drawn several times: at 0, several would be one."""
MERGED_NOTES = 5
_K = re.compile(r"k=(\d+)")


@dataclass(frozen=True, slots=True)
class AnswerArm:
    """What the answerer of an arm sees. `notes` is how many; `effort` is that of the sleep, where it is an own one."""

    name: str
    notes: int = 0
    is_hot: bool = False
    effort: str = ""

    @property
    def has_context(self) -> bool:
        """Whether the context is shown."""
        return self.name != NOTES_ONLY

    @property
    def has_question(self) -> bool:
        """Whether the question is shown."""
        return self.name not in {CONTEXT, CONTEXT_NOTES}


def parse_arms(names: Sequence[str], ks: Sequence[int], sleep_efforts: Sequence[str]) -> tuple[AnswerArm, ...]:
    """Return the arms by their names, each once, then those of k sleeps and of the sleep's efforts. UnknownSolver."""
    for name in names:
        if name not in ARMS:
            raise UnknownSolver(f"unknown arm {name!r}", f"use one of {', '.join(ARMS)}")
    found = [_plain(name) for name in ARMS if name in names]
    found += [AnswerArm(f"k={k}", k, is_hot=True) for k in sorted(set(ks))]
    return tuple(found + [AnswerArm(f"{SLEEP} effort={e}", 1, effort=e) for e in sleep_efforts])


def _plain(name: str) -> AnswerArm:
    if name == MERGED:
        return AnswerArm(name, MERGED_NOTES, is_hot=True)
    return AnswerArm(name, int(name not in {TEST, CONTEXT, SAMPLES, EQUAL}))


def cell(arm: str, budget: str, run: int = 0) -> str:
    """Return the name of an arm's answer at a budget, as results keep it."""
    return f"{arm}@{budget}#{run}"


def parse_cell(name: str) -> tuple[str, str, int]:
    """Return the arm, the budget and the run of a name."""
    arm, _, rest = name.rpartition("@")
    budget, _, run = rest.partition("#")
    return arm, budget, int(run)


def k_of(arm: str) -> int | None:
    """Return how many sleeps an arm joins; None where it joins none."""
    found = _K.fullmatch(arm)
    return int(found[1]) if found else None
