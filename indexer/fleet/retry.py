"""Whether a failed attempt is made again, when, and with what. Decides by values alone.

network   the server did not answer, or the connection broke: again, later each time
lost      the process that learned, or its machine, is gone: again, with more memory where it was killed
memory    it took more than it may: again with twice as much, up to the most that the user allows
damaged   the clone is not sound: once more with a fresh one
defect    an error of ours: once more, since it may be the machine's
denied, absent, corrupt, empty, settings: no second try can mend it
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from noctule.indexer.fleet.messages import MEGABYTE, Attempt, AttemptOutcome

TRIES = {"network": 5, "lost": 4, "memory": 6, "damaged": 2, "defect": 2}
FIRST_PAUSE_S = 2.0
LONGEST_PAUSE_S = 120.0
LEAST_MEMORY = 100 * MEGABYTE


@dataclass(frozen=True, slots=True)
class Retry:
    """Another attempt, after a pause."""

    attempt: Attempt
    pause_s: float


def first_memory(most: int) -> int:
    """Return what a first attempt may take: half, so that more fit on a machine; few repositories need all."""
    return max(most // 2, min(most, LEAST_MEMORY))


def next_attempt(
    attempt: Attempt, outcome: AttemptOutcome, most_memory: int, pause_s: float = FIRST_PAUSE_S
) -> Retry | None:
    """Return the next attempt after a failed one; None where the failure is final."""
    if attempt.number >= TRIES.get(outcome.kind, 1):
        return None
    memory = attempt.memory_bytes
    if outcome.kind == "memory" and memory >= most_memory:
        return None
    if outcome.kind in ("memory", "lost"):
        memory = min(2 * memory, most_memory)
    again = replace(attempt, number=attempt.number + 1, memory_bytes=memory, fresh=outcome.kind == "damaged")
    waits = outcome.kind in ("network", "lost")
    return Retry(again, min(pause_s * 2 ** (attempt.number - 1), LONGEST_PAUSE_S) if waits else 0.0)
