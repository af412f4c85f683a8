"""The first sleep, against parsing alone and against aider's cold map: time, memory, and the store that it leaves."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import Any

from benchmarks.subject import Subject
from benchmarks.table import Row, amount

MOST_OF_PARSING = 2.0
MOST_OF_AIDER = 1 / 3
MOST_MEMORY = 250e6
MOST_OF_TEXT = 1.5


def rows(subject: Subject, aider: dict[str, Any] | None, most_memory: float | None) -> Iterator[Row]:
    """Measure parsing and sleeping in turns, since other work on the machine slows both alike; leaves a store."""
    parsing, sleeping, working = [], [], []
    for _ in range(subject.rounds):
        parse = subject.module("parse_only", str(subject.tree))
        parsing.append(parse["seconds"])
        subject.forget()
        spent = subject.noctule("sleep")
        sleeping.append(spent.seconds)
        working.append(spent.cpu_seconds)
    yard, cold, cpu = map(statistics.median, (parsing, sleeping, working))
    read = f"{parse['files']:,} source files, {amount(parse['bytes'], 'B')}"
    yield Row(subject.name, "parse only, one process", yard, "s", detail=read)
    yield Row(subject.name, "cold sleep, whole command", cold, "s", detail="everything, two processes")
    yield Row(subject.name, "cold sleep / parse only", cold / yard, "x", MOST_OF_PARSING)
    yield Row(subject.name, "cold sleep, processor time", cpu, "s", detail=f"{cpu / yard:.2f} x parse only")
    if aider is not None:
        theirs = aider["cold"]["seconds"]
        said = f"aider's map: {amount(theirs, 's')}, {aider['cold']['peak_mb']} MB"
        yield Row(subject.name, "cold sleep / aider, cold", cold / theirs, "x", MOST_OF_AIDER, said)
    subject.forget()
    peak = subject.noctule("sleep", memory=True).peak_bytes
    if peak is not None:
        yield Row(subject.name, "cold sleep, peak memory", peak, "B", most_memory, "PSS of all processes, every 50 ms")
    store, text = subject.store_bytes(), subject.text_bytes()
    said = f"{amount(store, 'B')} for {amount(text, 'B')} of text, {amount(parse['bytes'], 'B')} of it parsed"
    yield Row(subject.name, "store / source text", store / text, "x", MOST_OF_TEXT, said)
