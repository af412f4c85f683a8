"""Runs a command and says what it took: wall time, processor time and memory, its child processes included."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from noctule.indexer.runtime.process_state import list_children

SAMPLE_EVERY_S = 0.05


@dataclass(frozen=True, slots=True)
class Spent:
    """What a command took; `cpu_seconds` of all its processes, `peak_bytes` only where it was asked for."""

    seconds: float
    cpu_seconds: float
    output: bytes
    peak_bytes: int | None = None


def middle(runs: Iterable[Spent]) -> Spent:
    """Return the run of median wall time."""
    ordered = sorted(runs, key=lambda run: run.seconds)
    return ordered[len(ordered) // 2]


class CommandFailed(Exception):
    """A measured command ended with an error: there is nothing to measure."""


def timed(command: Sequence[str | Path], environment: Mapping[str, str], *, memory: bool = False) -> Spent:
    """Run a command to its end. `memory` samples all its processes, which slows it: time and memory are two runs."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen(list(command), stdout=output, stderr=errors, env={**os.environ, **environment})
        sampler = _Sampler(process.pid) if memory else None
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        peak = sampler.peak() if sampler is not None else None
        output.seek(0)
        errors.seek(0)
        if process.returncode != 0:
            said = errors.read().decode(errors="replace").strip()
            raise CommandFailed(f"{' '.join(map(str, command))}: exit code {process.returncode}: {said[-500:]}")
        return Spent(seconds, usage.ru_utime + usage.ru_stime, output.read(), peak)


class _Sampler(threading.Thread):
    """Adds up the proportional set size (PSS) of a process and its descendants, again and again, and keeps the most.

    PSS counts a page that n processes share as 1/n in each, so the sum is what the machine really holds; the resident
    set would count forked or mapped pages once for each process.
    """

    def __init__(self, process: int) -> None:
        super().__init__(daemon=True)
        self._process = process
        self._over = threading.Event()
        self._peak = 0
        self.start()

    def run(self) -> None:
        while not self._over.wait(SAMPLE_EVERY_S):
            self._peak = max(self._peak, sum(map(_proportional_bytes, _tree(self._process))))

    def peak(self) -> int | None:
        """Return the most that was seen; None on a system without /proc."""
        self._over.set()
        self.join()
        return self._peak or None


def _tree(process: int) -> list[int]:
    """Return a process and its descendants; one that ends meanwhile is left out."""
    found = [process]
    for parent in found:
        with contextlib.suppress(OSError):
            found += list_children(parent)
    return found


def _proportional_bytes(process: int) -> int:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0
