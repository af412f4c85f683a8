"""Where attempts run: the protocol of an engine, and the one that needs no server: a pool of processes."""

from __future__ import annotations

import os
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from threading import Event
from typing import Protocol

import psutil

from noctule.indexer.fleet.limits import FleetLimits
from noctule.indexer.fleet.messages import Attempt, AttemptOutcome
from noctule.indexer.fleet.supervise import run_attempt

MEMORY_SHARE = 0.8
"""What of the memory that is free at the start the attempts that run at once may take together."""


class Engine(Protocol):
    """Runs attempts, several at once; each in a process of its own."""

    @property
    def limits(self) -> FleetLimits:
        """What all its attempts share."""

    def can_start(self, attempt: Attempt) -> bool:
        """Say whether there is room for one more attempt."""

    def start(self, attempt: Attempt) -> None:
        """Start an attempt."""

    def wait(self, timeout_s: float) -> list[tuple[Attempt, AttemptOutcome]]:
        """Return the attempts that are over, as soon as one is; none where none is after so long."""

    def close(self) -> None:
        """End all that runs."""


class LocalEngine:
    """A pool of processes on this machine; it starts no more than fit into its memory."""

    def __init__(self, limits: FleetLimits, cache: Path, workers: int = 0, memory_bytes: int = 0) -> None:
        self.limits = limits
        self._cache = cache
        self._workers = workers or os.cpu_count() or 1
        self._memory = memory_bytes or int(psutil.virtual_memory().available * MEMORY_SHARE)
        self._stop = Event()
        # A child ends with the thread that started it: each attempt lives as long as its thread is at it.
        self._pool = ThreadPoolExecutor(self._workers, thread_name_prefix="fleet")
        self._running: dict[Future[AttemptOutcome], Attempt] = {}

    def can_start(self, attempt: Attempt) -> bool:
        """Say whether there is room for one more attempt; one that is too large for the machine runs alone."""
        taken = sum(one.memory_bytes for one in self._running.values())
        fits = not self._running or taken + attempt.memory_bytes <= self._memory
        return len(self._running) < self._workers and fits

    def start(self, attempt: Attempt) -> None:
        """Start an attempt."""
        self._running[self._pool.submit(run_attempt, attempt, self.limits, self._cache, self._stop)] = attempt

    def wait(self, timeout_s: float) -> list[tuple[Attempt, AttemptOutcome]]:
        """Return the attempts that are over, as soon as one is; none where none is after so long."""
        done = wait(self._running, timeout_s, FIRST_COMPLETED).done
        return [(self._running.pop(future), future.result()) for future in done]

    def close(self) -> None:
        """End all that runs."""
        self._stop.set()
        self._pool.shutdown(cancel_futures=True)
