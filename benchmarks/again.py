"""Sleep with nothing to do: what every later call costs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.process import middle
from benchmarks.subject import Subject
from benchmarks.table import Row, amount

MOST_S = 0.2
MOST_OF_AIDER = 1 / 20
CALLS = 9


def rows(subject: Subject, aider: dict[str, Any] | None) -> Iterator[Row]:
    """Call it several times; the store is warm."""
    subject.slept()
    spent = middle(subject.noctule("sleep") for _ in range(CALLS))
    seconds, said = spent.seconds, f"median of {CALLS}, {amount(spent.cpu_seconds, 's')} of processor time"
    yield Row(subject.name, "sleep, nothing changed, whole command", seconds, "s", MOST_S, said)
    if aider is not None:
        theirs = aider["warm"]["process_seconds"]
        said = f"aider's warm map, new process: {amount(theirs, 's')}"
        yield Row(subject.name, "sleep, nothing changed / aider, warm", seconds / theirs, "x", MOST_OF_AIDER, said)
