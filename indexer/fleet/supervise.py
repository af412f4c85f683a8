"""One attempt, watched: the process that learns is started, held to its memory, and ends with its parent.

It runs in a thread of the process pool.
"""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event

import psutil

from noctule.indexer.fleet.limits import FleetLimits
from noctule.indexer.fleet.messages import MEGABYTE, AskDollars, Attempt, AttemptOutcome, DollarsReply, SettleDollars
from noctule.indexer.fleet.sources import Source
from noctule.indexer.runtime.child import Child, ChildExit, ChildProgram, ChildReply, Workplace

PROGRAM = ChildProgram("noctule.indexer.fleet.worker", (AttemptOutcome, AskDollars, SettleDollars))
LOOKED_AT_EVERY_S = 0.2
NEVER = Event()


def run_attempt(attempt: Attempt, limits: FleetLimits, cache: Path, stop: Event = NEVER) -> AttemptOutcome:
    """Learn one repository in a process of its own, and return what came of it, also where it was killed."""
    if stop.wait(limits.wait_s(Source(attempt.name, attempt.place).host)):
        return _loss(attempt, "the fleet was stopped")
    cache.mkdir(parents=True, exist_ok=True, mode=0o700)
    events: SimpleQueue[ChildReply | ChildExit] = SimpleQueue()
    try:
        child = Child(PROGRAM, "learner", Workplace(cache, cache, 1.0), events.put)
    except OSError as error:
        return _loss(attempt, f"no process can be started: {error.strerror}")
    try:
        child.ask(attempt)
        return _Watch(attempt, child, limits, stop).follow(events)
    finally:
        child.close()


class _Watch:
    """What is known of a child while it works."""

    def __init__(self, attempt: Attempt, child: Child, limits: FleetLimits, stop: Event) -> None:
        self._attempt = attempt
        self._child = child
        self._limits = limits
        self._stop = stop
        self._began = time.monotonic()
        self._most = 0
        self._dollars = 0.0
        self._is_too_large = False
        self._outcome: AttemptOutcome | None = None

    def follow(self, events: SimpleQueue[ChildReply | ChildExit]) -> AttemptOutcome:
        """Answer the child and watch its memory until it has ended."""
        self._look()  # a small repository is done before the next look
        while True:
            try:
                event = events.get(timeout=LOOKED_AT_EVERY_S)
            except Empty:
                self._look()
                continue
            if isinstance(event, ChildExit):
                return self._result(event)
            match event.message:
                case AttemptOutcome() as outcome:
                    self._outcome = outcome
                    self._child.kill()  # all is said, and nothing that it started is to stay
                case AskDollars(dollars):
                    reservation = self._limits.reserve(dollars)
                    self._dollars += dollars if reservation else 0.0
                    self._child.ask(DollarsReply(reservation))
                case SettleDollars(reservation, dollars, most):
                    self._limits.settle(reservation, dollars)
                    self._dollars += dollars - most

    def _look(self) -> None:
        self._most = max(self._most, memory_of(self._child.pid))
        if self._most > self._attempt.memory_bytes and self._outcome is None:
            self._is_too_large = True
            self._child.kill()
        if self._stop.is_set():
            self._child.kill()

    def _result(self, event: ChildExit) -> AttemptOutcome:
        dollars = round(self._dollars, 6)
        if self._outcome is not None:
            most = max(self._most, self._outcome.memory_bytes)
            return replace(self._outcome, memory_bytes=most, dollars=dollars)
        if self._is_too_large:
            allowed = f"{self._attempt.memory_bytes / MEGABYTE:,.0f} MB"
            why = f"it took more than {allowed} of memory"
            failed = _failure(self._attempt, "memory", why, "allow more with --max-memory-per-task")
        elif self._stop.is_set():
            failed = _loss(self._attempt, "the fleet was stopped")
        else:
            how = f"signal {-event.code}" if event.code < 0 else f"exit code {event.code}"
            failed = _loss(self._attempt, f"its process ended ({how}) before it was done")
        return replace(
            failed,
            memory_bytes=self._most,
            dollars=dollars,
            seconds=round(time.monotonic() - self._began, 3),
            cpu_seconds=round(event.cpu_s, 3),
        )


def memory_of(process: int) -> int:
    """Return the bytes that a process and all that it started take; what they share is counted once."""
    own, shared = 0, 0
    try:
        root = psutil.Process(process)
        family = [root, *root.children(recursive=True)]
    except psutil.Error:
        return 0
    for one in family:
        try:
            info = one.memory_info()
        except psutil.Error:
            continue
        common = getattr(info, "shared", 0)
        own, shared = own + info.rss - common, max(shared, common)
    return own + shared


def _failure(attempt: Attempt, kind: str, why: str, advice: str) -> AttemptOutcome:
    return AttemptOutcome(attempt.name, "failed", kind, why, advice, attempt.number)


def _loss(attempt: Attempt, why: str) -> AttemptOutcome:
    return _failure(attempt, "lost", why, "run the same command again; if it stays, look at the machine's log")
