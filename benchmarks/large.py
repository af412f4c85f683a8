"""A made-up repository of 50,000 files: does sleep finish, in what memory, and are answers still quick?"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import asked
from benchmarks.made_up import write
from benchmarks.subject import Subject
from benchmarks.table import Row, amount

LEAST_COMMITS = 100
MOST_MEMORY = 1.5e9
MOST_P95_MS = 150.0


def rows(subject: Subject, files: int) -> Iterator[Row]:
    """Make the repository and measure it once."""
    write(subject.tree, files, commits=max(LEAST_COMMITS, files * 3 // 50))
    parse = subject.module("parse_only", str(subject.tree))
    said = f"{parse['files']:,} source files, {amount(parse['bytes'], 'B')}"
    yield Row(subject.name, "parse only, one process", parse["seconds"], "s", detail=said)
    spent = subject.noctule("sleep", memory=True)
    said = f"while memory is sampled; {amount(spent.cpu_seconds, 's')} of processor time"
    yield Row(subject.name, "cold sleep, whole command", spent.seconds, "s", detail=said)
    if spent.peak_bytes is not None:
        said = "PSS of all processes, every 50 ms"
        yield Row(subject.name, "cold sleep, peak memory", spent.peak_bytes, "B", MOST_MEMORY, said)
    store, text = subject.store_bytes(), subject.text_bytes()
    said = f"{amount(store, 'B')} of {amount(text, 'B')} of text"
    yield Row(subject.name, "store / source text", store / text, "x", detail=said)
    again = subject.median(lambda: subject.noctule("sleep").seconds)
    yield Row(subject.name, "sleep, nothing changed, whole command", again, "s")
    yield from asked.process_rows(subject, MOST_P95_MS)
    yield from asked.command_rows(subject, None, most_s=None)
