"""Ten minutes of somebody working beside `noctule watch`: what it takes, what it misses, how fast it gives way.

    make soak [SYMPY=path] [MINUTES=10] [ARGS=--json]

A scripted developer saves files of a clone of sympy, one by one and in bursts, makes and removes some, commits,
switches a hundred commits away and back, and pauses so that sleep begins; three clients ask without a pause, each in a
process of its own. In pauses a save or a question comes while a job runs: how long it goes on is looked at every two
milliseconds.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from benchmarks.subject import NOCTULE, ROOT, Subject
from benchmarks.switched import away
from benchmarks.table import Row, rendered
from noctule.indexer.runtime.machine import family
from noctule.indexer.serve.repository import Repository

FRESH_MS, YIELD_MS, REST_BYTES = 300.0, 100.0, 200e6
PATIENCE_S = 30.0
CLIENTS = 3
IDLE = {
    "NOCTULE_IDLE_AFTER_S": "2",
    "NOCTULE_IDLE_MOST_CPU_BUSY": "1",  # the clients and the developer are other programs too
    "NOCTULE_IDLE_MOST_IO_PRESSURE": "1",
    "NOCTULE_LIMITS_CPU_S_PER_DAY": "inf",
    "NOCTULE_LIMITS_WALL_S_PER_DAY": "inf",
}


@dataclass
class Seen:
    """What was measured."""

    fresh_ms: list[float] = field(default_factory=list)
    served_ms: list[float] = field(default_factory=list)
    switched_ms: list[float] = field(default_factory=list)
    yield_ms: list[float] = field(default_factory=list)
    latencies_ms: list[float] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    changes: int = 0
    samples: list[dict[str, float]] = field(default_factory=list)


class Watching:
    """The `noctule watch` that is measured."""

    def __init__(self, subject: Subject, seen: Seen) -> None:
        self.seen = seen
        command = [NOCTULE, "watch", subject.tree, "--json"]
        environment = {**os.environ, **subject.environment, **IDLE}
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, bufsize=0)
        self.events: SimpleQueue[dict[str, Any]] = SimpleQueue()
        self.state = "awake"
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            event = json.loads(line)
            self.state = event["state"] if event["event"] == "state" else self.state
            if event["event"] == "failed":
                self.seen.failed.append(event["text"])
            self.events.put(event)

    def forget(self) -> None:
        with contextlib.suppress(Empty):
            while True:
                self.events.get_nowait()

    def wait(self, kind: str, within_s: float = PATIENCE_S, state: str = "") -> dict[str, Any] | None:
        until = time.monotonic() + within_s
        with contextlib.suppress(Empty):
            while (left := until - time.monotonic()) > 0:
                event = self.events.get(timeout=left)
                if event["event"] == kind and (not state or event["state"] == state):
                    return event
        return None

    def tree(self) -> set[int]:
        return family([self.process.pid])

    def end(self) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.wait()


class Developer:
    """Works on the clone, and notes how soon the answers followed."""

    def __init__(self, subject: Subject, watch: Watching, seed: int) -> None:
        self.subject, self.watch, self.seen = subject, watch, watch.seen
        self.chance = random.Random(seed)
        self.made = 0
        files = subject.git("ls-files", "-z", "sympy/*.py").split(b"\0")
        self.files = [os.fsdecode(f) for f in files if f]
        self.there = away(subject)[0]
        self.repository = Repository.open(subject.tree, cache=subject.cache)

    def save(self, path: str | None = None) -> str:
        """Write a function that nobody else has to the end of a file."""
        self.made += 1
        self.seen.changes += 1
        name = f"soaked_{self.made}"
        with (self.subject.tree / (path or self.chance.choice(self.files))).open("a") as file:
            file.write(f"\n\ndef {name}(value):\n    return value + {self.made}\n")
        return name

    def check(self, name: str | None) -> None:
        """Ask as another process would: everything is read, and what was written last is found."""
        self.repository = Repository.open(self.subject.tree, cache=self.subject.cache)
        pack = self.repository.context(name or "simplify an expression")
        self.repository.refresh()
        if pack.freshness.pending_count:
            self.seen.missed.append(f"{pack.freshness.pending_count} files are pending")
        elif name is not None and name not in {s.symbol for s in pack.symbols}:
            self.seen.missed.append(f"{name} is not found")

    def followed(self, what: str, since: float, into: list[float]) -> None:
        event = self.watch.wait("fresh")
        if event is None:
            self.seen.missed.append(f"no refresh came within {PATIENCE_S:.0f} s of {what} at {time.strftime('%X')}")
            return
        into.append(event["ms"] or 0.0)
        if into is self.seen.fresh_ms:
            self.seen.served_ms.append(1000 * (time.monotonic() - since))

    def one_save(self) -> None:
        self.watch.forget()
        since = time.monotonic()
        name = self.save()
        self.followed("a save", since, self.seen.fresh_ms)
        self.check(name)

    def burst(self) -> None:
        for _ in range(10):
            name = self.save(self.chance.choice(self.files[:40]))
            time.sleep(0.1)
        self.settled(name)

    def new_file(self) -> None:
        path = f"sympy/core/soaked_{self.made}.py"
        name = self.save(path)
        self.settled(name)
        (self.subject.tree / path).unlink()
        self.seen.changes += 1
        self.settled(None)

    def settled(self, name: str | None) -> None:
        """Wait until nothing is pending; that it comes to this is checked then."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            repository = Repository.open(self.subject.tree, cache=self.subject.cache)
            fresh = repository.reader.freshness.state == "fresh"
            repository.refresh()
            if fresh:
                break
            time.sleep(0.1)
        self.check(name)

    def commit(self) -> None:
        self.save()
        self.subject.git("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "commit", "-q", "-am", "Soak")
        self.settled(None)

    def switch(self) -> None:
        here = self.subject.git("rev-parse", "HEAD").decode().strip()
        for revision in (self.there, here):
            self.watch.forget()
            since = time.monotonic()
            self.subject.git("checkout", "-q", "--force", "--detach", revision)
            self.seen.changes += 1
            self.followed("a switch", since, self.seen.switched_ms)
            self.settled(None)

    def come_back(self) -> None:
        """Pause until a job runs, then save a file or ask something: how long does the job go on?"""
        self.watch.forget()
        if self.watch.state != "sleeping" and self.watch.wait("state", 15.0, "sleeping") is None:
            return
        time.sleep(self.chance.random())
        lowest = [pid for pid in self.watch.tree() if _niceness(pid) == 19]
        if self.watch.state != "sleeping" or not any(_runs(pid) for pid in lowest):
            return
        since = time.monotonic()
        if self.chance.random() < 0.5:
            self.save()
        else:
            threading.Thread(target=self.ask, daemon=True).start()
        while any(_runs(pid) for pid in lowest) and time.monotonic() - since < 5:
            time.sleep(0.002)
        self.seen.yield_ms.append(1000 * (time.monotonic() - since))
        self.settled(None)  # what was saved here is no part of what is measured next

    def ask(self) -> None:
        # In a thread of its own, to which its connections belong.
        with Repository.open(self.subject.tree, cache=self.subject.cache) as repository:
            repository.context("simplify an expression")

    def day(self, until: float) -> None:
        """Work until the time is up."""
        while time.monotonic() < until:
            for action, times in (
                (self.one_save, 6),
                (self.burst, 1),
                (self.new_file, 1),
                (self.commit, 1),
                (self.come_back, 2),
            ):
                for _ in range(times):
                    if time.monotonic() < until:
                        action()
                        time.sleep(self.chance.random())
            if time.monotonic() < until - 20 and self.chance.random() < 0.5:
                self.switch()
                self.come_back()


def _runs(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "TZX"
    return False


def _niceness(pid: int) -> int:
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[16])
    return 0


def _parent(pid: int) -> int:
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return 0


def sampled(watch: Watching) -> dict[str, float]:
    """Return what the server and its children hold at this moment; a worker at a job, with its guard, is told apart."""
    total = {"memory": 0.0, "handles": 0.0, "threads": 0.0, "processes": 0.0}
    for pid in watch.tree():
        with contextlib.suppress(OSError):
            if 19 in (_niceness(pid), _niceness(_parent(pid))):
                continue
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            status = Path(f"/proc/{pid}/status").read_text()
            total["memory"] += next(int(x.split()[1]) for x in rollup.splitlines() if x.startswith("Pss:")) * 1024
            total["threads"] += next(int(x.split()[1]) for x in status.splitlines() if x.startswith("Threads:"))
            total["handles"] += sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
            total["processes"] += 1
    return total


def cpu_s(pids: Sequence[int]) -> float:
    ticks = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def at_rest(watch: Watching, cache: Path, seconds: float) -> dict[str, float]:
    """Wait until nothing is worth doing, then look on for a while."""
    until = time.monotonic() + 600
    while watch.state != "resting" and time.monotonic() < until:
        watch.wait("state", 5.0, "resting")
    time.sleep(2)
    pids = sorted(watch.tree())
    before, files = cpu_s(pids), _stamps(cache)
    time.sleep(seconds)
    sample = sampled(watch)
    share = (cpu_s(pids) - before) / seconds
    return {**sample, "cpu_share": share, "written": float(_stamps(cache) != files)}


def _stamps(folder: Path) -> dict[str, int]:
    return {str(p): p.stat().st_mtime_ns for p in folder.rglob("*") if p.is_file()}


def growth(samples: Sequence[dict[str, float]], name: str) -> float:
    """Return by how much the median of the last quarter is above that of the second, the first being warm-up."""
    quarter = max(len(samples) // 4, 1)
    values = [s[name] for s in samples]
    return statistics.median(values[-quarter:]) - statistics.median(values[quarter : 2 * quarter] or values)


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else 0.0


def rows(seen: Seen, rest: dict[str, float], minutes: float) -> Iterator[Row]:
    def row(what: str, value: float, unit: str, bound: float | None = None, detail: str = "") -> Row:
        return Row("sympy", what, value, unit, bound, detail)

    def spread(values: Sequence[float]) -> str:
        told = ", ".join(f"p{round(100 * s)} {percentile(values, s):,.0f}" for s in (0.5, 0.9, 0.99))
        return f"{len(values)} times: {told}, at most {max(values, default=0):,.0f} ms"

    fresh, gave_way = seen.fresh_ms, seen.yield_ms
    yield row("from save to served fresh, p95", percentile(fresh, 0.95), "ms", FRESH_MS, spread(fresh))
    yield row(
        "a save seen from the developer, p95", percentile(seen.served_ms, 0.95), "ms", None, spread(seen.served_ms)
    )
    yield row(
        "after a switch over 100 commits, p95", percentile(seen.switched_ms, 0.95), "ms", None, spread(seen.switched_ms)
    )
    yield row("until a job has given way, p95", percentile(gave_way, 0.95), "ms", YIELD_MS, spread(gave_way))
    yield row("an answer of a client, p95", percentile(seen.latencies_ms, 0.95), "ms", None, spread(seen.latencies_ms))
    yield row("changes that were missed", len(seen.missed), "", 0, f"of {seen.changes}; {'; '.join(seen.missed[:3])}")
    yield row("failures that were told", len(seen.failed), "", 0, "; ".join(seen.failed[:3]))
    last = seen.samples[-1]
    grown = growth(seen.samples, "memory")
    yield row(
        "growth of memory",
        max(grown, 0.0),
        "B",
        0.05 * last["memory"],
        f"over {minutes:g} min, at last {last['memory'] / 1e6:,.0f} MB",
    )
    yield row("growth of handles", max(growth(seen.samples, "handles"), 0), "", 0, f"at last {last['handles']:.0f}")
    yield row("growth of threads", max(growth(seen.samples, "threads"), 0), "", 0, f"at last {last['threads']:.0f}")
    yield row(
        "memory at rest", rest["memory"], "B", REST_BYTES, f"{rest['processes']:.0f} processes, shares of shared pages"
    )
    yield row("processor at rest", 100 * rest["cpu_share"], "%", 0.1, "of one core")
    yield row("files written at rest", rest["written"], "", 0)


def client(tree: str, cache: str, seed: int) -> None:
    """Ask without a pause until standard input ends, and print how long each answer took."""
    chance = random.Random(seed)
    over = threading.Thread(target=sys.stdin.read, daemon=True)
    over.start()
    tasks = ["simplify returns a wrong sign", "solve hangs on a polynomial", "printing of matrices in latex"]
    while over.is_alive():
        since = time.perf_counter()
        repository = Repository.open(Path(tree), cache=Path(cache))
        repository.context(chance.choice(tasks))
        repository.refresh()
        print(round(1000 * (time.perf_counter() - since), 1), flush=True)


def soaked(subject: Subject, minutes: float, rest_s: float) -> tuple[Seen, dict[str, float]]:
    seen = Seen()
    subject.slept()
    watch = Watching(subject, seen)
    clients = []
    try:
        watch.wait("fresh", 120)
        for number in range(CLIENTS):
            command = [
                sys.executable,
                "-m",
                "benchmarks.soak",
                "--client",
                str(number),
                str(subject.tree),
                str(subject.cache),
            ]
            environment = {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
            clients.append(subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE))
        over = threading.Event()

        def look() -> None:
            while not over.wait(5):
                seen.samples.append(sampled(watch))

        threading.Thread(target=look, daemon=True).start()
        Developer(subject, watch, 1).day(time.monotonic() + 60 * minutes)
        over.set()
        seen.samples.append(sampled(watch))
        for asking in clients:
            out, _ = asking.communicate()
            seen.latencies_ms += [float(line) for line in out.split()]
        return seen, at_rest(watch, subject.cache, rest_s)
    finally:
        for asking in clients:
            asking.kill()
        watch.end()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument(
        "--sympy", metavar="PATH", default=os.environ.get("SYMPY"), help="a work tree of sympy (or set SYMPY)"
    )
    parser.add_argument("--minutes", type=float, default=float(os.environ.get("MINUTES") or 10))
    parser.add_argument("--rest", metavar="SECONDS", type=float, default=60.0, help="how long to look on at rest")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--client", nargs=3, metavar=("SEED", "TREE", "CACHE"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.client:
        client(args.client[1], args.client[2], int(args.client[0]))
        return 0
    if not args.sympy:
        print("set SYMPY to a work tree of sympy", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="noctule-soak-") as folder:
        seen, rest = soaked(Subject.cloned("sympy", Path(args.sympy), Path(folder), 1), args.minutes, args.rest)
    found = list(rows(seen, rest, args.minutes))
    print(json.dumps([r.to_json() for r in found], indent=2) if args.json else rendered(found), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
