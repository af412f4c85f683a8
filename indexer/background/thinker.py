"""The sleeper's side of the child that lets a model think about one subject: begin, stop, continue, end.

It makes way like all that can wait, but is not given up for having been stopped: what it has asked is paid for. What it
spent is read from the user's spending, where a request whose answer was lost counts with the most it can cost.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from noctule.indexer.background.messages import PlannedJob
from noctule.indexer.llm.key import Key
from noctule.indexer.llm.settings import Choice
from noctule.indexer.llm.spending import SpendingLimit
from noctule.indexer.runtime.budget import Amounts, Limits
from noctule.indexer.runtime.child import Child, ChildExit, ChildReply, Workplace
from noctule.indexer.serve.repository import Repository
from noctule.indexer.think.messages import THINKER, Think

SLACK_S = 60.0
"""The request in hand when the time is up may be answered yet."""


@dataclass(slots=True)
class CurrentThought:
    """The job that the child runs, and the cost of earlier attempts."""

    job: PlannedJob
    until: float
    before: Amounts


@dataclass(frozen=True, slots=True)
class EndedThought:
    """A thought that has ended, and its cost."""

    job: PlannedJob
    wall_s: float
    cpu_s: float
    spent: Amounts


class Thinker:
    """Has at most one subject thought about at a time; `on_event` hears of the child's answer, in any thread."""

    def __init__(
        self,
        repository: Repository,
        limits: Limits,
        place: Workplace,
        on_event: Callable[[ChildReply | ChildExit], None],
    ) -> None:
        self._folder = repository.folder
        self._limits = limits
        self._place = place
        self._on_event = on_event
        self._key = Key()
        self._begun_with = Choice()
        self.choice = Choice()
        self.thought: CurrentThought | None = None
        self.child: Child | None = None

    def allow(self, choice: Choice, key: Key) -> None:
        """Set which model the user allows."""
        self.choice, self._key = choice, key

    @property
    def is_unwanted(self) -> bool:
        """Whether the user has chosen otherwise since the thought began, such as no model."""
        return self.thought is not None and self.choice != self._begun_with

    @property
    def works(self) -> bool:
        """Whether it runs a job and is not stopped."""
        return self.child is not None and self.thought is not None and self.child.stopped_at is None

    def begin(self, job: PlannedJob, wall_s: float) -> None:
        """Begin to think; in a thread that lives as long as the child is to."""
        self._begun_with = self.choice
        self.thought = CurrentThought(job, time.monotonic() + wall_s, self._job_spending(job))
        self.child = Child(THINKER, "think", self._place, self._on_event)
        (subject,) = job.files
        allowed = self._limits, self.choice, self._key.tell()
        self.child.ask(Think(subject, job.revision, job.key, wall_s, *allowed))

    def give_way(self) -> None:
        """Stop, at once; from any thread."""
        child = self.child
        if child is not None and child.busy:
            child.stop()

    def resume(self, now: float) -> None:
        """Continue; its deadline moves by the time that it was stopped."""
        child, thought = self.child, self.thought
        if child is not None and child.stopped_at is not None:
            if thought is not None:
                thought.until += now - child.stopped_at
            child.resume()

    def is_late(self, now: float) -> bool:
        """Whether its time was up some time ago."""
        stopped = self.child is not None and self.child.stopped_at is not None
        return self.thought is not None and not stopped and now > self.thought.until + SLACK_S

    def end(self, cpu_s: float | None = None) -> EndedThought | None:
        """End the running thought and its process; return its cost. `cpu_s` is given if the process has ended."""
        child, thought = self.child, self.thought
        self.child = self.thought = None
        if child is None or thought is None:
            return None
        if cpu_s is None:
            cpu_s = child.cpu_s()
        child.close()
        after = self._job_spending(thought.job)
        spent = Amounts(
            tokens=max(after.tokens - thought.before.tokens, 0.0),
            dollars=max(after.dollars - thought.before.dollars, 0.0),
        )
        return EndedThought(thought.job, time.monotonic() - child.requested_at, cpu_s, spent)

    def _job_spending(self, job: PlannedJob) -> Amounts:
        return SpendingLimit(self._folder.parent, self.choice, self._folder.name, self._limits).job_spending(job.key)
