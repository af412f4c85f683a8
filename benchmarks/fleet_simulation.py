"""How long a fleet of many repositories takes on many workers: a simulation of events, with measured times.

    python -m benchmarks.fleet_simulation [REPORT.json ...] [--repositories 10000] [--workers 100] [--hosts 1]

REPORT.json is what `noctule fleet sleep --json` printed: processor time and memory of its repositories are drawn from.
Without one, they are drawn from eleven public repositories. Retries, pauses and memory follow the code that a fleet
itself runs, `noctule.indexer.fleet.retry`; workers die, servers are asked only so often, and nothing is waited for.
"""

from __future__ import annotations

import argparse
import heapq
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from noctule.indexer.fleet.messages import MEGABYTE, Attempt, AttemptOutcome
from noctule.indexer.fleet.retry import first_memory, next_attempt

MEASURED = (
    (1.0, 76), (2.5, 90), (3.8, 94), (3.8, 106), (4.0, 101), (4.3, 104), (4.3, 101), (5.1, 109), (5.9, 141), (6.5, 115),
    (67.0, 518),
)  # fmt: skip
"""Seconds of processor time and megabytes that public repositories took to be indexed cold: kilo, mux, logrus, cobra,
javapoet, koa, hiredis, httpx, Flask, llm and sympy."""
MOST_MEMORY = 1500 * MEGABYTE
CLONE_S = 4.0
PUBLISH_SHARE = 0.25
"""Publishing takes so much of the time that learning took."""
LOST_AFTER_S = 200_000.0
"""A worker dies once in so many seconds of work."""
BROKEN = 0.004


@dataclass(frozen=True, slots=True)
class Work:
    seconds: float
    memory: int
    is_broken: bool = False


@dataclass
class Simulation:
    """Workers take the attempt that is due first; each ends in an outcome that the fleet's own rules judge."""

    works: Sequence[Work]
    workers: int
    fetches_per_minute: float
    hosts: int
    draw: random.Random
    published: int = 0
    failed: int = 0
    attempts: int = 0
    busy_s: float = 0.0
    waited_s: float = 0.0
    seen: set[str] = field(default_factory=set)

    def run(self) -> float:
        """Return the seconds until the last repository is over."""
        first = first_memory(MOST_MEMORY)
        due = [(0.0, n, Attempt(str(n), "", memory_bytes=first)) for n in range(len(self.works))]
        free = [0.0] * self.workers
        turns = [0.0] * self.hosts
        count, end = len(due), 0.0
        while due:
            at, _, attempt = heapq.heappop(due)
            start = max(at, heapq.heappop(free))
            host = int(attempt.name) % self.hosts
            fetched = max(start, turns[host])
            turns[host] = fetched + 60 / self.fetches_per_minute
            self.waited_s += fetched - start
            seconds, outcome = self._try(attempt)
            stop = fetched + CLONE_S + seconds
            self.busy_s += stop - fetched
            self.attempts += 1
            heapq.heappush(free, stop)
            end = max(end, stop)
            again = next_attempt(attempt, outcome, MOST_MEMORY) if not outcome.is_over else None
            if again is not None:
                count += 1
                heapq.heappush(due, (stop + again.pause_s, count, again.attempt))
                continue
            assert attempt.name not in self.seen, "published twice"
            self.seen.add(attempt.name)
            self.published += outcome.is_over
            self.failed += not outcome.is_over
        return end

    def _try(self, attempt: Attempt) -> tuple[float, AttemptOutcome]:
        work = self.works[int(attempt.name)]
        if work.is_broken:
            return 1.0, AttemptOutcome(attempt.name, "failed", "corrupt")
        lost_at = self.draw.expovariate(1 / LOST_AFTER_S)
        if lost_at < work.seconds:
            return lost_at, AttemptOutcome(attempt.name, "failed", "lost")
        if work.memory > attempt.memory_bytes:
            share = attempt.memory_bytes / work.memory
            return share * work.seconds, AttemptOutcome(attempt.name, "failed", "memory")
        return work.seconds * (1 + PUBLISH_SHARE), AttemptOutcome(attempt.name, "published")


def draw_works(reports: Sequence[Path], count: int, draw: random.Random) -> list[Work]:
    measured = [
        Work(one["cpu_seconds"], one["memory_bytes"])
        for report in reports
        for one in json.loads(report.read_text())["repositories"]
        if one["state"] in ("published", "learned")
    ]
    measured = measured or [Work(seconds, memory * MEGABYTE) for seconds, memory in MEASURED]
    drawn = (draw.choice(measured) for _ in range(count))
    return [Work(work.seconds, work.memory, draw.random() < BROKEN) for work in drawn]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reports", metavar="REPORT.json", nargs="*", type=Path)
    parser.add_argument("--repositories", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=100)
    parser.add_argument("--hosts", type=int, default=1, help="servers that the repositories lie on")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    works = draw_works(args.reports, args.repositories, random.Random(args.seed))
    total = sum(work.seconds for work in works)
    print(f"{args.repositories:,} repositories, {total / 3600:,.1f} hours of processor time to index them once")
    print("workers  fetches/min   hours  speed-up  busy  published  failed  tries")
    alone = None
    for workers in (1, 2, 4, 10, args.workers):
        for fetches in (60, 600):
            simulation = Simulation(works, workers, fetches, args.hosts, random.Random(args.seed))
            seconds = simulation.run()
            alone = alone or seconds
            busy = simulation.busy_s / (seconds * workers)
            print(
                f"{workers:7}  {fetches:11}  {seconds / 3600:6.1f}  {alone / seconds:8.1f}  {busy:4.0%}"
                f"  {simulation.published:9,}  {simulation.failed:6,}  {simulation.attempts:,}"
            )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
