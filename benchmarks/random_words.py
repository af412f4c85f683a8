"""Files of random words: no word comes back, so an index has nothing to share. Is its size bounded by the text's?"""

from __future__ import annotations

import random
import string
import subprocess
from collections.abc import Iterator
from pathlib import Path

from benchmarks.subject import Subject
from benchmarks.table import Row, amount

FILES = 600
FILE_BYTES = 14_000
MOST_MEMORY = 200e6
MOST_OF_TEXT = 1.5
MOST_GROWTH = 1.25
"""Twice the text may take so many times twice the processor time."""


def write(folder: Path, files: int) -> None:
    """Write that many files, half of them source and half prose, and commit them; always the same."""
    chance = random.Random(0)
    folder.mkdir(parents=True)
    for number in range(files):
        words: list[str] = []
        size = 0
        while size < FILE_BYTES:
            words.append("".join(chance.choices(string.ascii_lowercase, k=chance.randint(4, 12))))
            size += len(words[-1]) + 1
        lines = [" ".join(words[at : at + 8]) for at in range(0, len(words), 8)]
        if number % 2:
            text = "\n".join(lines)
        else:
            text = "\n".join(f"x{at} = [{', '.join(line.split())}]" for at, line in enumerate(lines))
        (folder / f"{number}.{'txt' if number % 2 else 'py'}").write_text(text + "\n")
    author = ("-c", "user.name=random", "-c", "user.email=random@example.com", "-c", "commit.gpgsign=false")
    for command in (("init", "-q"), ("add", "."), (*author, "commit", "-q", "-m", "Random words")):
        subprocess.run(["git", "-C", str(folder), *command], check=True, capture_output=True)


def rows(folder: Path, files: int = FILES) -> Iterator[Row]:
    """Sleep on half as many files, and on all of them."""
    half, whole = (
        Subject(f"random-words-{n}", folder / f"random-{n}", folder / f"random-{n}.cache", 1)
        for n in (files // 2, files)
    )
    for subject, count in ((half, files // 2), (whole, files)):
        write(subject.tree, count)
    first, second = half.noctule("sleep"), whole.noctule("sleep")
    growth = second.cpu_seconds / first.cpu_seconds / 2
    said = f"processor time: {amount(second.cpu_seconds, 's')}; of half as many files: {amount(first.cpu_seconds, 's')}"
    yield Row(whole.name, "cold sleep, whole command", second.seconds, "s")
    yield Row(whole.name, "cold sleep / that of half, for each byte", growth, "x", MOST_GROWTH, said)
    whole.forget()
    peak = whole.noctule("sleep", memory=True).peak_bytes
    if peak is not None:
        yield Row(whole.name, "cold sleep, peak memory", peak, "B", MOST_MEMORY, "PSS of all processes, every 50 ms")
    store, text = whole.store_bytes(), whole.text_bytes()
    said = f"{amount(store, 'B')} for {amount(text, 'B')} of text"
    yield Row(whole.name, "store / source text", store / text, "x", MOST_OF_TEXT, said)
