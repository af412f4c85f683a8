"""The child that does jobs, one at a time: begun, stopped, continued, given up. Chooses no job."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from noctule.indexer.background.day_budget import DayBudget
from noctule.indexer.background.idle_gate import BEAT_S, IdleGate
from noctule.indexer.background.messages import WORKER, DoJob, MakePlan, PlannedJob
from noctule.indexer.background.status_writer import StatusWriter
from noctule.indexer.llm.settings import Choice
from noctule.indexer.runtime.budget import Amounts
from noctule.indexer.runtime.child import Child, ChildExit, ChildReply, Workplace
from noctule.indexer.runtime.log import Log
from noctule.indexer.runtime.messages import Message
from noctule.indexer.think.messages import JobEnded, JobFailed

URGENT_ROLE = "learn"
URGENT_STOP_S = 0.2
"""Seconds that an urgent job stops for an edit or a request."""
URGENT_RUN_S = 0.4
"""Seconds that it then runs at least, however many questions come: otherwise it would never end."""
LONGEST_STOP_S = 10.0
"""A job that is stopped for longer is given up: it holds memory, and perhaps the store."""
SLACK_S = 15.0
"""A job is ended this many seconds after its time is up."""
PLAN = PlannedJob("plan", "what comes next", "", 0.0, Amounts())
PLAN_URGENT = PlannedJob("plan", "what to read", "", 0.0, Amounts(), urgent=True)
"""Plans, as jobs: they are not booked."""

log = Log(__name__)


@dataclass(slots=True)
class CurrentJob:
    """The job that the child runs, its deadline (monotonic), and the processor time that the child had used before."""

    job: PlannedJob
    until: float
    began_cpu_s: float

    @property
    def is_plan(self) -> bool:
        """Whether this job makes a plan."""
        return self.job.kind == "plan"


class JobRunner:
    """Runs the jobs that the queue chooses, in a child whose role says how urgent the job is."""

    def __init__(
        self,
        place: Workplace,
        budget: DayBudget,
        status: StatusWriter,
        gate: IdleGate,
        on_event: Callable[[ChildReply | ChildExit], None],
    ) -> None:
        self._place = place
        self._budget = budget
        self._status = status
        self._gate = gate
        self._on_event = on_event
        self.child: Child | None = None
        self.current: CurrentJob | None = None
        self._lost_s = 0.0

    @property
    def is_urgent(self) -> bool:
        """Whether it runs a job that does not wait until the machine is idle."""
        return self.current is not None and self.current.job.urgent

    @property
    def works(self) -> bool:
        """Whether it runs a job and is not stopped."""
        return self.current is not None and self.child is not None and self.child.stopped_at is None

    def plan(self, job: PlannedJob, choice: Choice) -> None:
        """Have a plan made: PLAN or PLAN_URGENT."""
        limits = self._budget.limits
        self._begin(job, limits.wall_s_per_job, MakePlan(limits, choice, job.urgent))

    def begin(self, job: PlannedJob, wall_s: float, choice: Choice) -> None:
        """Begin a job."""
        self._budget.book_begin(job)
        self._begin(job, wall_s, DoJob(job, wall_s, choice))

    def _begin(self, job: PlannedJob, wall_s: float, request: Message) -> None:
        role = URGENT_ROLE if job.urgent else "jobs"
        if self.child is not None and self.child.role != role:
            self.close()
        if self.child is None:
            self.child = Child(WORKER, role, self._place, self._on_event)
        self.child.resume()
        log.debug("job asked for", kind=job.kind, subject=job.subject, wall_s=wall_s)
        self.current = CurrentJob(job, time.monotonic() + wall_s, self.child.cpu_s())
        self.child.ask(request)
        if not job.urgent and self._gate.is_just_active():
            self.give_way()  # somebody asked between the look at the signals and here

    def give_way(self) -> None:
        """Stop at once; any thread may call it. An urgent job is stopped for a small part of the time only."""
        child = self.child
        if child is None or not child.busy:
            return
        if not self.is_urgent or time.monotonic() - child.running_since >= URGENT_RUN_S:
            child.stop()

    def help_waiting(self) -> bool:
        """Give the store to another process that waits for it; return whether the running job was given up for that."""
        if self.current is not None and not self.current.job.urgent:
            self.abandon("another process needs the index")
            return True
        if self.child is not None:
            self.child.resume()  # who waits wants the same done
        return False

    def supervise(self, now: float, own_pids: list[int]) -> tuple[float | None, bool]:
        """Stop, continue or end the running job; return when to check again, and whether the job was given up."""
        child, current = self.child, self.current
        if child is None or current is None:
            return None, False
        if current.job.urgent:
            if child.stopped_at is None:
                return None, False
            left_s = URGENT_STOP_S - (now - child.stopped_at)
            if left_s <= 0:
                child.resume()
                return None, False
            return left_s, False
        if now > current.until + SLACK_S:
            self.abandon("it took longer than allowed")
            return 0.0, True
        held, _ = self._gate.check(now, own_pids)
        if not held and self._gate.is_settled(now):
            child.resume()
            return BEAT_S, False
        child.stop()
        if child.stopped_at is not None and now - child.stopped_at > LONGEST_STOP_S:
            self.abandon(held or "files are changing")
            return 0.0, True
        return BEAT_S, False

    def take(self, message: Message) -> PlannedJob | None:
        """Take the child's last message about its job, and book it; return the job."""
        child, current = self.child, self.current
        if child is None or current is None:
            return None
        child.request, self.current = None, None
        wall_s = time.monotonic() - child.requested_at
        job, failed = current.job, isinstance(message, JobFailed)
        if not failed:
            self._status.succeed(job.name)
            self._lost_s = self._lost_s if current.is_plan else 0.0
        if not current.is_plan:
            outcome = "failed" if failed else message.outcome if isinstance(message, JobEnded) else "done"
            why = message.error if isinstance(message, JobFailed) else getattr(message, "why", "")
            self._budget.book_end(job, outcome, wall_s, child.cpu_s() - current.began_cpu_s, why)
            self._status.tell("job", f"{job.name}: {outcome}", ms=1000 * wall_s)
        return job

    def lose_child(self, exit: ChildExit) -> PlannedJob | None:
        """Note that the child has ended; book its job as lost, and return it."""
        current, self.child, self.current = self.current, None, None
        if current is None:
            return None
        if not current.is_plan:
            wall_s = time.monotonic() - exit.child.requested_at
            cpu_s = exit.cpu_s - current.began_cpu_s
            self._budget.book_end(current.job, "lost", wall_s, cpu_s, f"its process ended ({exit.code})")
        return current.job

    def abandon(self, why: str) -> None:
        """End the running job with its process: what it has committed stays, and its current piece is lost."""
        child, current = self.child, self.current
        self.child = self.current = None
        if child is None:
            return
        cpu_s = child.cpu_s() - (current.began_cpu_s if current is not None else 0.0)
        wall_s = time.monotonic() - child.requested_at
        child.close()
        if current is not None and not current.is_plan:
            self._budget.book_end(current.job, "stopped", wall_s, cpu_s, why)
            self._status.tell("job", f"{current.job.name}: stopped, {why}")

    def cut_short(self, now: float) -> bool:
        """End an urgent job so that a saved file need not wait for it; return whether it was ended.

        A job that starts again runs twice as long before it may be ended again, so that it ends some day.
        """
        if self.current is None or self.child is None or self.current.is_plan:
            return False
        run_s = now - self.child.requested_at
        if run_s < 2 * self._lost_s:
            return False
        self._lost_s = run_s
        self.abandon("a file was saved")
        return True

    def end_urgent(self) -> None:
        """End the urgent child when it has nothing left to do: it holds more memory than all others together."""
        if self.current is None and self.child is not None and self.child.role == URGENT_ROLE:
            self.close()

    def close(self) -> None:
        """End the child."""
        child, self.child = self.child, None
        if child is not None:
            child.close()
