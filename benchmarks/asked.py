"""What an answer costs: as a command of its own, and inside a process that stays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.process import middle
from benchmarks.subject import Subject
from benchmarks.table import Row, amount

MOST_S = 0.25
MOST_OF_AIDER = 1 / 10
MOST_P95_MS = 20.0
COMMANDS = 9
QUESTIONS = 80


def command_rows(subject: Subject, aider: dict[str, Any] | None, most_s: float | None = MOST_S) -> Iterator[Row]:
    """Ask `noctule context` several tasks, each in a new process."""
    tasks = subject.tasks(COMMANDS)
    spent = middle(subject.noctule("context", f"--task={task}") for task in tasks)
    seconds, said = spent.seconds, f"median of {len(tasks)} tasks, {amount(spent.cpu_seconds, 's')} of processor time"
    yield Row(subject.name, "context, new process, whole command", seconds, "s", most_s, said)
    if aider is not None:
        theirs = aider["warm"]["process_seconds"]
        said = f"aider's warm map, new process: {amount(theirs, 's')}"
        yield Row(subject.name, "context, new process / aider, warm", seconds / theirs, "x", MOST_OF_AIDER, said)


def process_rows(subject: Subject, most_p95_ms: float = MOST_P95_MS) -> Iterator[Row]:
    """Ask `Repository.context` many tasks in one process."""
    told = subject.module("answering", str(subject.tree), str(QUESTIONS))
    single, long = told["tasks"], told["long"]
    said = f"{single['asked']} messages of the newest commits"
    yield Row(subject.name, "context, in process, p50", single["p50"], "ms", detail=said)
    said = f"processor time: {amount(single['cpu_p95'], 'ms')}"
    yield Row(subject.name, "context, in process, p95", single["p95"], "ms", most_p95_ms, said)
    said = f"2,000 characters, several messages each; processor time: {amount(long['cpu_p95'], 'ms')}"
    yield Row(subject.name, "context, in process, long tasks, p95", long["p95"], "ms", detail=said)
    wall, processor = told["first"]
    said = f"loads what was learned; processor time: {amount(processor, 'ms')}"
    yield Row(subject.name, "context, in process, first", wall, "ms", detail=said)
