"""Keeps the texts of the view up to date: notes since when they are stale, and asks a warm child to refresh them."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import replace

from noctule.indexer.background.day_budget import DayBudget
from noctule.indexer.background.idle_gate import SLOW_BEAT_S
from noctule.indexer.background.messages import WORKER, PlannedJob, Refreshed, RefreshTexts, TooManyUnread
from noctule.indexer.background.status_writer import StatusWriter
from noctule.indexer.runtime.budget import Amounts
from noctule.indexer.runtime.child import Child, ChildExit, ChildReply, Workplace
from noctule.indexer.runtime.messages import Message
from noctule.indexer.think.messages import JobFailed

COST = Amounts(cpu_s=0.5, wall_s=0.5)
JOB = PlannedJob("refresh", "work tree", "", 0.0, COST, urgent=True)
MOST_SAVED = 20
"""If more files than this are saved at once, none of them is read before the others."""
NAME = JOB.kind
"""The name of the refresh in the list of failures."""


class Refresher:
    """Owns the child, which is never stopped while it works, since somebody waits for it."""

    def __init__(
        self,
        place: Workplace,
        budget: DayBudget,
        status: StatusWriter,
        on_event: Callable[[ChildReply | ChildExit], None],
    ) -> None:
        self._place = place
        self._budget = budget
        self._status = status
        self._on_event = on_event
        self.child: Child | None = None
        self.stale_since: float | None = 0.0
        """Since when the files differ from the view (monotonic clock); 0.0 if that is unknown."""
        self.unread_since: float | None = None
        """The same for the files that were too many for the latest refresh."""
        self._saved = set[str]()
        self._in_flight_since: float | None = None
        self._retry_at = 0.0
        self._cpu_before_s = 0.0

    @property
    def busy(self) -> bool:
        """Whether a refresh is running."""
        return self.child is not None and self.child.busy

    @property
    def has_saved(self) -> bool:
        """Whether a few files wait that somebody saved."""
        return 0 < len(self._saved) <= MOST_SAVED

    def note_change(self, at: float, saved: Collection[str] = ()) -> None:
        """Note that files changed, and which of them somebody saved."""
        self.mark_stale(at)
        if len(saved) <= MOST_SAVED:  # more at once are no person's saves
            self._saved.update(saved)
        self._retry_at = 0.0

    def mark_stale(self, since: float | None) -> None:
        """Request a refresh of files that have been stale since then, if the time is known."""
        self.stale_since = min((at for at in (self.stale_since, since) if at), default=0.0)

    def wait_s(self, now: float) -> float | None:
        """Return how many seconds a due refresh has to wait: 0 if it may begin, None if none is due."""
        if self.stale_since is None or self.busy:
            return None
        if now < self._retry_at:
            return self._retry_at - now
        if why := self._budget.forbids(COST):
            self._status.failing[NAME] = why
            return SLOW_BEAT_S
        return 0.0

    def begin(self) -> None:
        """Ask the child to look at the files."""
        if self.child is None:
            self.child = Child(WORKER, "refresh", self._place, self._on_event)
        self._in_flight_since, self.stale_since = self.stale_since, None
        self._cpu_before_s = self.child.cpu_s()
        first = tuple(sorted(self._saved)) if self.has_saved else ()
        self._saved.clear()
        self.child.ask(RefreshTexts(first))

    def take(self, message: Message) -> TooManyUnread | None:
        """Take the child's answer and report it as an event; return it if the files are too many for a refresh."""
        child = self.child
        assert child is not None
        child.request = None
        since, self._in_flight_since = self._in_flight_since, None
        wall_s = time.monotonic() - child.requested_at
        cpu_s = child.cpu_s() - self._cpu_before_s
        if isinstance(message, JobFailed):
            self._budget.book_end(JOB, "failed", wall_s, cpu_s, message.error)
            self._fail(since, message.error)
            return None
        read = message.files if isinstance(message, Refreshed) else 0
        self._budget.book_end(replace(JOB, size=float(read)), "done", wall_s, cpu_s)
        self._status.succeed(NAME)
        if isinstance(message, TooManyUnread):
            self.unread_since = since
            text = f"{message.files:,} files to read" if message.files else "nothing is indexed yet"
            self._status.tell("pending", text)
            return message
        ms = 1000 * (time.monotonic() - since) if since else None  # at first nothing had changed
        self._status.refresh_ms = ms
        self._status.tell("fresh", "up to date", ms=ms, files=read)
        return None

    def lose_child(self, exit: ChildExit) -> None:
        """Note that the child has ended; a running refresh has failed."""
        self.child = None
        if exit.child.busy:
            since, self._in_flight_since = self._in_flight_since, None
            self._fail(since, f"its process ended ({exit.code})")

    def _fail(self, since: float | None, why: str) -> None:
        self.mark_stale(since)
        self._retry_at = self._status.fail(NAME, why)

    def close(self) -> None:
        """End the child."""
        child, self.child = self.child, None
        if child is not None:
            child.close()
