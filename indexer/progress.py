"""What a sleep has done so far, how it goes about it and how long it may go on. Knows nothing of what the work is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from noctule.indexer.results import Progress

Report = Callable[[Progress], None]


class OutOfTime(Exception):
    """The deadline came; what was committed stays and the next sleep goes on from there."""


class TooMuch(Exception):
    """There is more to read than this sleep was to take on; nothing was begun."""

    def __init__(self, unseen: int) -> None:
        super().__init__(f"{unseen} files to read")
        self.unseen = unseen


class ParserPool(Protocol):
    """Children that parse, as `indexer.parse.pool.Parsers` has them: its jobs go in, what was parsed comes out."""

    def start_early(self) -> None:
        """Start all children before there is anything to parse."""

    def begin(self, jobs: Sequence[Any], *, as_given: bool = False) -> None:
        """Start on these jobs."""

    def results(self) -> Iterator[Any]:
        """Yield what was parsed of the jobs, in any order."""

    @property
    def process_ids(self) -> Sequence[int]:
        """The children that live."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How a sleep goes about its work: the defaults are those of a command that somebody waits for.

    `parsers` are children kept warm by the caller, for `most_unseen` blobs at most (TooMuch); without them as many as
    `processes` are started. `own_sessions` as `indexer.parse.pool.Parsers` has it. `fold` folds the journal of the
    store and joins its small segments: who does not has to do both later. Without `history` only the texts of a view
    are brought up to date. Where `only` is given, of the files that were never read no others are read: with none of
    them, only what follows from known files and from history is worked out. Where they are served `ahead`, the view is
    laid out with all others as it knew them. Who is `patient` does not ask another process that sleeps on the
    repository to give way.
    """

    parsers: ParserPool | None = None
    most_unseen: int | None = None
    processes: int = 2
    own_sessions: bool = True
    fold: bool = True
    history: bool = True
    only: frozenset[str] | None = None
    ahead: bool = False
    patient: bool = False


@dataclass(slots=True)
class Work:
    """What a sleep has done so far, and until when it may go on (monotonic seconds)."""

    report: Report
    deadline: float | None
    pace: Pace = field(default_factory=Pace)
    parsed: int = 0
    known: int = 0
    commits_read: int = 0
    commits_known: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    child_memory: int = 0
    stopped: bool = False
    unsettled: bool = False
    """Whether a file changed while it was read, so that the snapshot is worth a second look."""

    def check(self) -> None:
        """Raise OutOfTime past the deadline, or where the rest of the work has stopped."""
        if self.stopped or (self.deadline is not None and time.monotonic() > self.deadline):
            raise OutOfTime

    def add_time(self, stage: str, since: float) -> None:
        """Add the time since `since` (monotonic) to a stage."""
        self.seconds[stage] = self.seconds.get(stage, 0.0) + time.monotonic() - since
