"""The child that has a model think about one subject, as the sleeper holds it: begun, stopped, continued, ended.

It makes way like all that can wait, but is not given up for having been stopped: what it has asked is paid for. What it
spent is read from the user's money, where a request that nobody heard the answer of counts with the most it can cost.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from noctule.indexer.llm.key import Key
from noctule.indexer.llm.settings import Choice
from noctule.indexer.llm.spending import SpendingLimit
from noctule.indexer.runtime.budget import Amounts, Limits
from noctule.indexer.runtime.child import Child, Reply
from noctule.indexer.runtime.machine import family, used_by
from noctule.indexer.serve.repository import Repository

SLACK_S = 60.0
"""The request in hand when the time is up may be answered yet."""


@dataclass(slots=True)
class Thought:
    """What the child is at, and what its job had cost before, in earlier attempts."""

    job: Mapping[str, Any]
    until: float
    before: Amounts

    @property
    def text(self) -> str:
        """What it is, in words."""
        return f"think {self.job['subject']}"


@dataclass(frozen=True, slots=True)
class Ended:
    """A thought that is over, and what it took."""

    thought: Thought
    wall_s: float
    cpu_s: float
    spent: Amounts


class Thinker:
    """Has at most one subject thought about at a time; `told` hears of what the child says, in any thread."""

    def __init__(
        self, repository: Repository, limits: Limits, cores_share: float, told: Callable[[Reply], None]
    ) -> None:
        self._repository = repository
        self._limits = limits
        self._cores_share = cores_share
        self._told = told
        self._key = Key()
        self._child: Child | None = None
        self._begun_with = Choice()
        self.choice = Choice()
        self.thought: Thought | None = None

    def may(self, choice: Choice, key: Key) -> None:
        """Take what the user allows."""
        self.choice, self._key = choice, key

    @property
    def child(self) -> Child | None:
        """The child, while it is there."""
        return self._child

    @property
    def is_unwanted(self) -> bool:
        """Whether the user has chosen otherwise since the thought began, such as no model."""
        return self.thought is not None and self.choice != self._begun_with

    @property
    def works(self) -> bool:
        """Whether it is at something and not stopped."""
        return self._child is not None and self.thought is not None and self._child.stopped_at is None

    def begin(self, job: Mapping[str, Any], wall_s: float) -> None:
        """Begin to think; in a thread that lives as long as the child is to."""
        self._begun_with = self.choice
        self.thought = Thought(job, time.monotonic() + wall_s, self._spent_by(job))
        place = self._repository.root, self._repository.folder.parent
        self._child = Child("think", *place, self._cores_share, self._told)
        self._child.ask(
            {
                **job,
                "wall_s": wall_s,
                "limits": asdict(self._limits),
                "choice": asdict(self.choice),
                "model_key": self._key.tell(),
            }
        )
        self._child.asked = {"do": "think"}  # the key is not kept where it is not needed

    def give_way(self) -> None:
        """Stop, at once; from any thread."""
        child = self._child
        if child is not None and child.busy:
            child.stop()

    def go_on(self, now: float) -> None:
        """Continue; the time that it was stopped is given to it."""
        child, thought = self._child, self.thought
        if child is not None and child.stopped_at is not None:
            if thought is not None:
                thought.until += now - child.stopped_at
            child.go_on()

    def is_late(self, now: float) -> bool:
        """Whether its time was up some time ago."""
        stopped = self._child is not None and self._child.stopped_at is not None
        return self.thought is not None and not stopped and now > self.thought.until + SLACK_S

    def end(self, cpu_s: float | None = None) -> Ended | None:
        """End what is under way, with its process; return what it took. `cpu_s` is told where that is gone already."""
        child, thought = self._child, self.thought
        self._child = self.thought = None
        if child is None or thought is None:
            return None
        if cpu_s is None:
            cpu_s = used_by(family([child.pid]))[0]
        child.close()
        after = self._spent_by(thought.job)
        spent = Amounts(
            tokens=max(after.tokens - thought.before.tokens, 0.0),
            dollars=max(after.dollars - thought.before.dollars, 0.0),
        )
        return Ended(thought, time.monotonic() - child.asked_at, cpu_s, spent)

    def _spent_by(self, job: Mapping[str, Any]) -> Amounts:
        folder = self._repository.folder
        return SpendingLimit(folder.parent, self.choice, folder.name, self._limits).spent_by(job["key"])
