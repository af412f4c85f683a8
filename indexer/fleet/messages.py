"""What a fleet and the processes that learn for it say to each other, as values. Knows no engine."""

from __future__ import annotations

from dataclasses import dataclass, field

from noctule.indexer.llm.settings import Choice
from noctule.indexer.runtime.messages import Message

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Attempt(Message):
    """One try to learn a repository, with what it may take.

    `at` is a revision, empty for the branch that is checked out; `to` the address to publish at, empty for none;
    `depth` the most commits that a clone takes, 0 for all. `fresh` has the clone made anew. How it publishes: as `ref`,
    empty for the branch; signed with the key in a file; over refs of these `trusted` keys; what the user lets `send`.
    `choice` names the model that writes notes then; None: none does.
    """

    name: str
    place: str
    number: int = 1
    memory_bytes: int = 1500 * MEGABYTE
    at: str = ""
    to: str = ""
    depth: int = 0
    fresh: bool = False
    ref: str = ""
    key: str = ""
    trusted: str = ""
    send: str = "all"
    choice: Choice | None = None


@dataclass(frozen=True, slots=True)
class AttemptOutcome(Message):
    """What came of an attempt.

    `state` is "published", "learned" (nobody asked for more), "empty" (no commit yet) or "failed"; `kind` then says of
    what kind the failure is (`noctule.indexer.fleet.retry`), `why` what went wrong and `advice` what to do.
    """

    name: str
    state: str
    kind: str = ""
    why: str = ""
    advice: str = ""
    attempts: int = 1
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    memory_bytes: int = 0
    store_bytes: int = 0
    files: int = 0
    commits: int = 0
    parsed: int = 0
    revision: str = ""
    content: str = ""
    dollars: float = 0.0
    claims: int = 0
    gaps: tuple[str, ...] = field(default_factory=tuple)

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to do."""
        return self.state != "failed"


@dataclass(frozen=True, slots=True)
class AskDollars(Message):
    """The child wants to send a request that costs at most so much."""

    dollars: float


@dataclass(frozen=True, slots=True)
class DollarsReply(Message):
    """The reservation that the fleet gives; empty where its budget is spent."""

    reservation: str


@dataclass(frozen=True, slots=True)
class SettleDollars(Message):
    """What a request really cost, of the `most` that was reserved."""

    reservation: str
    dollars: float
    most: float
