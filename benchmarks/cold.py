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
    yield Row(subject.name, "cold sleep / parse only", cold / yard, "x", MOST_OF_PARSING)
    yield Row(subject.name, "cold sleep, processor time", cpu, "s", detail=f"parse only: {amount(parse_cpu, 's')}")
    said = "on two idle cores, wall time is at least half of this"
    yield Row(subject.name, "cold sleep / parse only, processor time", cpu / parse_cpu, "x", detail=said)
    if aider is not None:
        theirs = aider["cold"]["process_seconds"]
        said = f"aider's map, new process: {amount(theirs, 's')}, {aider['cold']['peak_mb']} MB"
        yield Row(subject.name, "cold sleep / aider, cold", cold / theirs, "x", MOST_OF_AIDER, said)
    subject.forget()
    peak = subject.noctule("sleep", memory=True).peak_bytes
    if peak is not None:
        yield Row(subject.name, "cold sleep, peak memory", peak, "B", most_memory, "PSS of all processes, every 50 ms")
    store, text = subject.store_bytes(), subject.text_bytes()
    said = f"{amount(store, 'B')} for {amount(text, 'B')} of text, {amount(parse['bytes'], 'B')} of it parsed"
    yield Row(subject.name, "store / source text", store / text, "x", MOST_OF_TEXT, said)
