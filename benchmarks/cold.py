"""The first sleep, against parsing alone and against aider's cold map: time, memory, and the store that it leaves."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import Any, NamedTuple

from benchmarks.subject import Subject
from benchmarks.table import Row, amount

MOST_OF_TEXT = 0.8


MOST_TO_FIRST_ANSWER = 1.3


class Limits(NamedTuple):
    """How many times parsing alone a cold sleep may take, by the clock and of processor time; its peak in bytes.

    `of_aider` is its share of the time that aider's map takes.
    """

    of_parsing: float
    of_parsing_cpu: float
    memory: float | None
    of_aider: float


LARGE = Limits(2.0, 3.0, 250e6, 0.25)
SMALL = Limits(3.0, 5.0, None, 0.2)
"""Fixed costs weigh more where there is less to read."""


def rows(subject: Subject, aider: dict[str, Any] | None, limits: Limits) -> Iterator[Row]:
    """Measure parsing and sleeping in turns, since other work on the machine slows both alike; leaves a store."""
    parses, sleeps = [], []
    for _ in range(subject.rounds):
        parse = subject.module("parse_only", str(subject.tree))
        parses.append(parse)
        subject.forget()
        sleeps.append(subject.noctule("sleep"))
    yard, cold = statistics.median(p["seconds"] for p in parses), statistics.median(s.seconds for s in sleeps)
    parse_cpu, cpu = (
        statistics.median(p["cpu_seconds"] for p in parses),
        statistics.median(s.cpu_seconds for s in sleeps),
    )
    read = f"{parse['files']:,} source files, {amount(parse['bytes'], 'B')}"
    yield Row(subject.name, "parse only, one process", yard, "s", detail=read)
    yield Row(subject.name, "cold sleep, whole command", cold, "s", detail="everything, two processes")
    yield Row(subject.name, "cold sleep / parse only", cold / yard, "x", limits.of_parsing)
    yield Row(subject.name, "cold sleep, processor time", cpu, "s", detail=f"parse only: {amount(parse_cpu, 's')}")
    said = "on two idle cores, wall time is at least half of this"
    share = cpu / parse_cpu
    yield Row(subject.name, "cold sleep / parse only, processor time", share, "x", limits.of_parsing_cpu, said)
    if aider is not None:
        theirs = aider["cold"]["process_seconds"]
        said = f"aider's map, new process: {amount(theirs, 's')}, {aider['cold']['peak_mb']} MB"
        yield Row(subject.name, "cold sleep / aider, cold", cold / theirs, "x", limits.of_aider, said)
    subject.forget()
    task = subject.tasks(1)[0]
    asked = subject.noctule("context", f"--task={task}").seconds
    said = f"context of a repository never seen: {amount(asked, 's')}"
    yield Row(subject.name, "first useful answer / parse only", asked / yard, "x", MOST_TO_FIRST_ANSWER, said)
    subject.forget()
    peak = subject.noctule("sleep", memory=True).peak_bytes
    if peak is not None:
        yield Row(
            subject.name, "cold sleep, peak memory", peak, "B", limits.memory, "PSS of all processes, every 50 ms"
        )
    store, text = subject.store_bytes(), subject.text_bytes()
    said = f"{amount(store, 'B')} for {amount(text, 'B')} of text, {amount(parse['bytes'], 'B')} of it parsed"
    yield Row(subject.name, "store / source text", store / text, "x", MOST_OF_TEXT, said)
