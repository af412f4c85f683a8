"""Chooses the next jobs: the best value per cost that fits the budget; ends when the best job does not pay.

Pure: told what could be done and what the ledger holds, it runs nothing and remembers nothing. So a queue survives any
crash: it is worked out again from the store and the ledger. A job that failed waits, each time twice as long, and
stands in no other's way.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from noctule.indexer.background.jobs import Job, Known
from noctule.indexer.background.reports import LeftOutJob, QueuedJob, QueueReport
from noctule.indexer.runtime.budget import Amounts, Limits, forbids, remaining
from noctule.indexer.runtime.ledger import DAY_S, ENDED_WELL, FAILED, Records, Spent, today

FIRST_WAIT_S = 60.0
LONGEST_WAIT_S = DAY_S
LONGEST_STREAK_S = 3_600.0
IN_STREAKS = frozenset({"think"})
"""Kinds of jobs that fail together: where a model cannot be reached for one subject, it cannot for the next."""
LEAST_WORTH = 1.0
"""Idle seconds that a job has to bring for each that it costs: below it, N* is more uses than are expected."""


@dataclass(frozen=True, slots=True)
class Setback:
    """How often in a row a job has failed, when it last did, why, and until when it waits."""

    times: int
    at: float
    why: str
    longest_s: float = LONGEST_WAIT_S

    @property
    def until(self) -> float:
        """When the job may be tried again."""
        return self.at + min(FIRST_WAIT_S * 2.0 ** min(self.times - 1, 20), self.longest_s)


@dataclass(frozen=True, slots=True)
class JobHistory:
    """The history of jobs from the ledger, by kind and subject: failed, running and done.

    `streaks` are of kinds that fail together: since when none of them ended well.
    """

    setbacks: dict[tuple[str, str], Setback]
    under_way: frozenset[tuple[str, str]]
    done: frozenset[tuple[str, str]]
    streaks: dict[str, Setback]


def read_past(spent: Iterable[Spent], living: Collection[int]) -> JobHistory:
    """Read the past from the jobs in order of time; `living` are the process ids that are still there.

    A job that began and never ended, and whose process is gone, failed: what crashes its process must not be tried
    again at once, and it had no time to say so.
    """
    setbacks: dict[tuple[str, str], Setback] = {}
    begun: dict[tuple[str, str], Spent] = {}
    done: set[tuple[str, str]] = set()
    streaks: dict[str, Setback] = {}

    def note_failure(job: Spent, why: str) -> None:
        name = job.kind, job.subject
        times = setbacks[name].times + 1 if name in setbacks else 1
        setbacks[name] = Setback(times, job.at, why)
        if job.kind in IN_STREAKS:
            times = streaks[job.kind].times + 1 if job.kind in streaks else 1
            streaks[job.kind] = Setback(times, job.at, why, LONGEST_STREAK_S)

    for job in spent:
        name = job.kind, job.subject
        before = begun.pop(name, None)
        if job.outcome == "began":
            if before is not None and before.pid not in living:
                note_failure(before, "its process ended")
            begun[name] = job
        elif job.outcome in FAILED:
            note_failure(job, job.why or job.outcome)
        elif job.outcome == ENDED_WELL:
            setbacks.pop(name, None)
            streaks.pop(job.kind, None)
            if job.key:
                done.add((job.kind, job.key))
    for job in begun.values():
        if job.pid not in living:
            note_failure(job, "its process ended")
    under_way = frozenset(name for name, job in begun.items() if job.pid in living)
    return JobHistory(setbacks, under_way, frozenset(done), streaks)


@dataclass(frozen=True, slots=True)
class Plan:
    """The jobs to do, in this order, and those that are left out, each with the reason."""

    jobs: tuple[Job, ...]
    left_out: tuple[tuple[Job, str], ...]
    today: Amounts
    remaining: Amounts


def plan(
    candidates: Iterable[Job],
    records: Records,
    limits: Limits,
    now: float,
    living: Collection[int] = (),
    able: Collection[str] | None = None,
    *,
    retry: bool = False,
) -> Plan:
    """Order jobs, and leave out those that are done, wait, do not pay or do not fit the budget.

    `able` are the kinds that can be run; None: all of them. With `retry` failed jobs do not wait.
    The cost of the jobs before it counts against each job.
    """
    past = read_past(records.spent, living)
    spent = today(records, now)
    planned = spent
    jobs: list[Job] = []
    left_out: list[tuple[Job, str]] = []
    for job in sorted(candidates, key=_rank):
        if (job.kind, job.key) in past.done or (able is not None and job.kind not in able):
            continue
        why = (
            ("" if retry else _waits(job, past, now))
            or _too_dear(job)
            or forbids(limits, planned, job.estimate.amounts)
        )
        if why:
            left_out.append((job, why))
        else:
            jobs.append(job)
            planned += job.estimate.amounts
    return Plan(tuple(jobs), tuple(left_out), spent, remaining(limits, spent))


def _rank(job: Job) -> tuple[bool, int, float, str, str]:
    return not job.urgent, job.turn, -job.worth, job.kind, job.subject


def _waits(job: Job, past: JobHistory, now: float) -> str:
    name = job.kind, job.subject
    if name in past.under_way:
        return "running"
    both = [s for s in (past.setbacks.get(name), past.streaks.get(job.kind)) if s is not None and s.until > now]
    if not both:
        return ""
    setback = max(both, key=lambda s: s.until)
    times = "once" if setback.times == 1 else f"{setback.times} times in a row"
    return f"failed {times}, next try in {setback.until - now:,.0f} s: {setback.why}"


def _too_dear(job: Job) -> str:
    """Say why a job does not pay; what somebody waits for is not asked."""
    if job.urgent or job.worth >= LEAST_WORTH:
        return ""
    return f"saves {job.worth:.2g} idle seconds for each second that it takes"


def report(plan: Plan, known: Known) -> QueueReport:
    """Return which jobs are done next and which are not, with the figures."""
    return QueueReport(
        revision=known.revision,
        next=tuple(
            QueuedJob(
                kind=job.kind,
                subject=job.subject,
                reason=job.reason,
                cost=job.estimate.amounts,
                measured=job.estimate.measured,
                probability=job.probability,
                saves_s=job.saves_s,
                reuse=job.reuse,
                worth=job.worth,
                urgent=job.urgent,
            )
            for job in plan.jobs
        ),
        left_out=tuple(LeftOutJob(job.kind, job.subject, why, job.worth) for job, why in plan.left_out),
        today=plan.today,
        left=plan.remaining,
    )
