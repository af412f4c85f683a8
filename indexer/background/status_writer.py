"""Publishes the state of a sleeper: events, failures, and the status file beside the lock. Decides nothing."""

from __future__ import annotations

import os
import re
import time
from dataclasses import replace

from noctule.indexer.background.events import Event, EventKind, OnEvent
from noctule.indexer.runtime.activity import activity
from noctule.indexer.runtime.leader import LeaderLock, SleeperStatus, State
from noctule.indexer.runtime.log import Log
from noctule.indexer.watch.watch import WatchState

RETRY_S = 1.0
LONGEST_RETRY_S = 300.0

log = Log(__name__)


class StatusWriter:
    """Tells of one sleeper, from the sleeper's own thread."""

    def __init__(self, lock: LeaderLock, root: str, on_event: OnEvent) -> None:
        self._lock = lock
        self._on_event = on_event
        self._setbacks: dict[str, int] = {}
        self.failing: dict[str, str] = {}
        """What fails at the moment, with the reason."""
        self.refresh_ms: float | None = None
        self.status = SleeperStatus("awake", time.time(), root, os.getpid())

    def tell(self, kind: EventKind, text: str, ms: float | None = None, **counts: int | None) -> None:
        """Tell of an event."""
        log.debug("event", kind=kind, text=text)
        self._on_event(Event(kind, text, self.status.state, time.time(), ms, **counts))

    def fail(self, what: str, why: str) -> float:
        """Show what failed; return when to try it again (monotonic): at once, and then later each time."""
        times = self._setbacks[what] = self._setbacks.get(what, 0) + 1
        self.failing[what] = why
        log.info("failed", what=what, why=why, times=times)
        self.tell("failed", f"{what}: {why}")
        return time.monotonic() + (min(RETRY_S * 2.0 ** (times - 2), LONGEST_RETRY_S) if times > 1 else 0.0)

    def succeed(self, what: str) -> None:
        """Show no longer that something fails."""
        self.failing.pop(what, None)
        self._setbacks.pop(what, None)

    def keep_failing(self, names: set[str]) -> None:
        """Show of what fails no more than these."""
        self.failing = {what: why for what, why in self.failing.items() if what in names}

    def publish(
        self, state: State, held_by: str, signal: str, job: str, children: tuple[int, ...], watched: WatchState | None
    ) -> None:
        """Write the status where it has changed."""
        before = self.status
        moved = (before.state, before.job, _signal(before.held_by)) != (state, job, _signal(held_by))
        status = replace(
            before,
            state=state,
            since=before.since if before.state == state and before.job == job else time.time(),
            pids=(os.getpid(), *children),
            held_by=held_by,
            job=job,
            failing=dict(self.failing),
            watches=watched.watches if watched is not None else 0,
            polled=watched.polled if watched is not None else (),
            fault=watched.why if watched is not None else "",
            fix=watched.fix if watched is not None else "",
            refresh_ms=self.refresh_ms,
            signal=signal if held_by else "",
        )
        kept = (before.pids, before.failing, before.polled) == (status.pids, status.failing, status.polled)
        if kept and not moved:
            return
        self.status = status
        self._lock.publish(status)
        if moved:
            log.info("state", state=state, job=job, held_by=held_by)
            self.tell("state", activity(status.state, status.job, status.held_by))


def _signal(held_by: str) -> str:
    """Return which signal holds sleep awake, whatever its value is at the moment."""
    return re.sub(r"[\d.:]+", "", held_by)
