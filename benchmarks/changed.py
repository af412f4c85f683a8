"""Sleep after one file changed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from benchmarks.parse_only import source_files
from benchmarks.process import Spent, middle
from benchmarks.subject import Subject
from benchmarks.table import Row, amount

MOST_S = 0.15
CHANGES = 5
FUNCTIONS = {
    ".py": "\n\ndef benchmark_{n}(value):\n    return value + {n}\n",
    ".go": "\nfunc benchmark{n}(value int) int {{ return value + {n} }}\n",
    ".rs": "\nfn benchmark_{n}(value: u32) -> u32 {{ value + {n} }}\n",
    ".ts": "\nexport function benchmark{n}(value: number) {{ return value + {n} }}\n",
    ".js": "\nexport function benchmark{n}(value) {{ return value + {n} }}\n",
}


def rows(subject: Subject) -> Iterator[Row]:
    """Add a function to a file of median size, and to the largest, several times each."""
    sources = sorted((p for p in source_files(subject.tree) if p.suffix in FUNCTIONS), key=os.path.getsize)
    for what, path, bound in (("one", sources[len(sources) // 2], MOST_S), ("the largest", sources[-1], None)):
        spent = middle(_slept_after(subject, path, n) for n in range(CHANGES))
        said = (
            f"{path.stat().st_size // 1000} kB, median of {CHANGES}, {amount(spent.cpu_seconds, 's')} of processor time"
        )
        yield Row(subject.name, f"sleep, {what} file changed, whole command", spent.seconds, "s", bound, said)
    subject.git("checkout", "-q", "--", ".")
    subject.slept()


def _slept_after(subject: Subject, path: Path, number: int) -> Spent:
    with path.open("a", encoding="utf-8") as file:
        file.write(FUNCTIONS[path.suffix].format(n=number))
    return subject.noctule("sleep")
