"""Asks many tasks inside one process; prints wall and processor times in milliseconds as JSON.

python -m benchmarks.answering PATH COUNT
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.subject import Subject
from noctule.indexer.serve.repository import Repository

LONG = 2_000


def main() -> None:
    tree, count = Path(sys.argv[1]), int(sys.argv[2])
    opening, *tasks = Subject("", tree, tree, 1).tasks(count + 1)
    repository = Repository.open(tree)
    first = _asked(repository, opening)
    single = [_asked(repository, task) for task in tasks]
    long = [_asked(repository, task) for task in _joined(tasks)]
    print(json.dumps({"first": first, "tasks": _percentiles(single), "long": _percentiles(long)}))


def _asked(repository: Repository, task: str) -> tuple[float, float]:
    """Return how long an answer took, and how long it kept a processor."""
    started, worked = time.perf_counter(), time.process_time()
    repository.context(task)
    return (time.perf_counter() - started) * 1000, (time.process_time() - worked) * 1000


def _percentiles(asked: Sequence[tuple[float, float]]) -> dict[str, float]:
    wall, processor = zip(*asked, strict=True)
    p50, p95, cpu_p95 = _percentile(wall, 50), _percentile(wall, 95), _percentile(processor, 95)
    return {"asked": len(asked), "p50": p50, "p95": p95, "cpu_p95": cpu_p95}


def _joined(tasks: Sequence[str]) -> list[str]:
    """Return tasks as long as an issue with its stack trace: each begins at another message."""
    around = "\n\n".join(tasks) * (1 + LONG // max(sum(map(len, tasks)), 1))
    return [(around + around)[at : at + LONG] for at in range(0, len(around), max(len(around) // len(tasks), 1))]


def _percentile(values: Sequence[float], percent: int) -> float:
    """Return the value that `percent` of all do not pass (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


if __name__ == "__main__":
    main()
