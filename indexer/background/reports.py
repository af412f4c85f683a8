"""Result types about background work: its cost, its savings, the next subjects for a model. Computes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from noctule.indexer.results import Answer, Value
from noctule.indexer.runtime.budget import Amounts


@dataclass(frozen=True, slots=True)
class JobCost(Value):
    """What the jobs of one kind cost; `failed` of them ended badly."""

    jobs: int
    failed: int
    cpu_s: float
    wall_s: float
    tokens: int
    dollars: float


@dataclass(frozen=True, slots=True)
class GivenBack(Value):
    """What answers of one kind gave: requests, tokens served, latency.

    `stood_for_tokens` are the tokens of the files that answers showed lines of, for the `counted` requests whose files
    were all counted; `counted_tokens` are the tokens that these requests were served.
    """

    requests: int
    tokens: int
    p50_ms: float | None
    p95_ms: float | None
    counted: int
    counted_tokens: int
    stood_for_tokens: int


@dataclass(frozen=True, slots=True)
class Predictability(Value):
    """How often what was served was used, and what was expected came: counts, each with the number it is a part of.

    A pack is judged when a file was changed or asked about within a day of it, and used when one of these is among its
    files. A change and a question are judged against the latest expectation before them.
    """

    packs: int
    used_packs: int
    edits: int
    expected_edits: int
    asks: int
    expected_asks: int


@dataclass(frozen=True, slots=True)
class EstimatedSaving(Value):
    """What serving may have spared, with how that was worked out. An estimate: nobody saw what was not read."""

    tokens: int
    requests: int
    method: str


@dataclass(frozen=True, slots=True)
class LedgerDay(Value):
    """One day's sums, or a month's where the days of it are not kept any more (`day` is "2026-01" then).

    `spared_tokens` is that day's part of the estimate; the counts behind it are those of Predictability.
    """

    day: str
    jobs: int
    cpu_s: float
    wall_s: float
    tokens: int
    dollars: float
    requests: int
    served_tokens: int
    spared_tokens: int
    packs: int
    used_packs: int
    edits: int
    expected_edits: int
    asks: int
    expected_asks: int


@dataclass(frozen=True, slots=True)
class LedgerReport(Answer):
    """What sleep cost by kind of job, and what serving gave back by kind of answer; `days` in order of time."""

    since: float | None
    cost: Mapping[str, JobCost]
    today: Amounts
    served: Mapping[str, GivenBack]
    predictability: Predictability
    estimated_saving: EstimatedSaving
    days: tuple[LedgerDay, ...] = ()


@dataclass(frozen=True, slots=True)
class SleepState(Answer):
    """How sleep stands on a work tree: what it is at, or what holds it awake.

    `state` is that of the process that sleeps here, empty where there is none; `signal` says in a word what holds it
    awake. `spent` names what today's budget has none left of ("cpu_s", "wall_s", "tokens", "dollars").
    """

    root: str
    known: bool
    state: str
    signal: str
    text: str
    job: str
    paused: bool
    until: float | None
    spent: tuple[str, ...]
    failing: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class QueuedJob(Value):
    """A job with the numbers that put it where it is.

    `worth` is probability times what serving its result saves times how often it is used, in idle seconds, for a second
    of its cost: below 1 it does not pay. `measured` is how many earlier jobs of the kind the cost rests on.
    """

    kind: str
    subject: str
    reason: str
    cost: Amounts
    measured: int
    probability: float
    saves_s: float
    reuse: float
    worth: float
    urgent: bool


@dataclass(frozen=True, slots=True)
class LeftOutJob(Value):
    """A job that does not start at this moment, and why."""

    kind: str
    subject: str
    why: str
    worth: float


@dataclass(frozen=True, slots=True)
class QueueReport(Answer):
    """The next jobs, the jobs that are left out and why, and the rest of today's budget."""

    revision: str | None
    next: tuple[QueuedJob, ...]
    left_out: tuple[LeftOutJob, ...]
    today: Amounts
    left: Amounts
