"""A fleet at work: every repository is learned once, whatever happens to one of them or to one of the workers.

Starts attempts, makes failed ones again as `noctule.indexer.fleet.retry` says, and keeps what is over. Knows no engine.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from noctule.indexer.fleet.engine import Engine
from noctule.indexer.fleet.journal import FleetJournal
from noctule.indexer.fleet.messages import Attempt, AttemptOutcome
from noctule.indexer.fleet.retry import FIRST_PAUSE_S, first_memory, next_attempt
from noctule.indexer.fleet.sources import Source
from noctule.indexer.progress import Report
from noctule.indexer.results import Progress

WAITED_S = 0.5


@dataclass(frozen=True, slots=True)
class FleetPlan:
    """What to do with each repository; `attempt` is the pattern that its name and place are put into."""

    sources: Sequence[Source]
    attempt: Attempt
    most_memory: int
    pause_s: float = FIRST_PAUSE_S


def run(
    plan: FleetPlan,
    engine: Engine,
    journal: FleetJournal,
    finished: dict[str, AttemptOutcome],
    progress: Report,
    tell: Callable[[Attempt, AttemptOutcome, bool], None] = lambda _attempt, _outcome, _again: None,
) -> list[AttemptOutcome]:
    """Learn what is not `finished` yet; return the outcomes of all, by name.

    `tell` hears of each attempt that is over, and whether it is made again.
    """
    over = dict(finished)
    pattern = replace(plan.attempt, memory_bytes=first_memory(plan.most_memory))
    attempts = [replace(pattern, name=source.name, place=source.place) for source in plan.sources]
    waiting = [(0.0, number, one) for number, one in enumerate(attempts) if one.name not in over]
    heapq.heapify(waiting)
    count, running = len(waiting), 0
    total = count
    while waiting or running:
        _tell(progress, total, over, finished)
        while waiting and waiting[0][0] <= time.monotonic() and engine.can_start(waiting[0][2]):
            engine.start(heapq.heappop(waiting)[2])
            running += 1
        for attempt, outcome in engine.wait(WAITED_S) if running else _pause():
            running -= 1
            again = next_attempt(attempt, outcome, plan.most_memory, plan.pause_s) if not outcome.is_over else None
            tell(attempt, outcome, again is not None)
            if again is not None:
                count += 1
                heapq.heappush(waiting, (time.monotonic() + again.pause_s, count, again.attempt))
                continue
            over[attempt.name] = replace(outcome, attempts=attempt.number)
            journal.add(over[attempt.name])
    _tell(progress, total, over, finished)
    journal.end()
    return [over[source.name] for source in plan.sources]


def _pause() -> list[tuple[Attempt, AttemptOutcome]]:
    """Wait for the next attempt that is due."""
    time.sleep(WAITED_S / 5)
    return []


def _tell(
    progress: Report, total: int, over: Mapping[str, AttemptOutcome], finished: Mapping[str, AttemptOutcome]
) -> None:
    """Say how far this run is: what was finished before says nothing of how fast it goes."""
    failed = sum(not outcome.is_over for outcome in over.values())
    unit = f"repositories, {failed} failed" if failed else "repositories"
    progress(Progress("learning", len(over) - len(finished), total, unit))
