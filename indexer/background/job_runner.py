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
"""What is urgent gives way to an edit or a request for so long."""
URGENT_RUN_S = 0.4
"""It then goes on for at least so long, however much is asked: else it would never end."""
LONGEST_STOP_S = 10.0
"""What is stopped for longer is given up: it holds memory, and perhaps the store."""
SLACK_S = 15.0
"""A job that does not end so long after its time is up is ended."""
PLAN = PlannedJob("plan", "what comes next", "", 0.0, Amounts())
PLAN_URGENT = PlannedJob("plan", "what to read", "", 0.0, Amounts(), urgent=True)
"""Plans, as jobs: they are not booked."""

log = Log(__name__)


@dataclass(slots=True)
class CurrentJob:
    """What the child is at, until a moment (monotonic), and what the child had used before."""

    job: PlannedJob
    until: float
    began_cpu_s: float

    @property
    def is_plan(self) -> bool:
        """Whether it is a plan that is made."""
        return self.job.kind == "plan"


class JobRunner:
    """Runs what the queue chooses, in a child whose role says how urgent that is."""

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
        """Whether it is at something that is done while somebody works too."""
        return self.current is not None and self.current.job.urgent

    @property
    def works(self) -> bool:
        """Whether it is at something and not stopped."""
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
        """Stop, at once; from any thread. What is urgent has a right to most of the time."""
        child = self.child
        if child is None or not child.busy:
            return
        if not self.is_urgent or time.monotonic() - child.running_since >= URGENT_RUN_S:
            child.stop()

    def help_waiting(self) -> bool:
        """Let another process have the store that waits for it; whether what was at it is given up for that."""
        if self.current is not None and not self.current.job.urgent:
            self.abandon("another process needs the index")
            return True
        if self.child is not None:
            self.child.resume()  # who waits wants the same done
        return False

    def supervise(self, now: float, own_pids: list[int]) -> tuple[float | None, bool]:
        """Stop, continue or end what the child is at; when to look again, and whether it was given up."""
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
        """Take the child's last word on what it was at, and book it; return what that was."""
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
        """Note that the child has ended; return what it was at, which is booked as lost."""
        current, self.child, self.current = self.current, None, None
        if current is None:
            return None
        if not current.is_plan:
            wall_s = time.monotonic() - exit.child.requested_at
            cpu_s = exit.cpu_s - current.began_cpu_s
            self._budget.book_end(current.job, "lost", wall_s, cpu_s, f"its process ended ({exit.code})")
        return current.job

    def abandon(self, why: str) -> None:
        """End what the child is at, with its process: what it has committed stays, and the piece it was at is lost."""
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
        """End what is urgent for a file that was saved, which then need not wait for it; whether it is ended.

        What is begun anew runs twice as long before it may be ended again: so it has an end, however much is saved.
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
        """End a child that has nothing urgent to do any more: it holds more memory than all others together."""
        if self.current is None and self.child is not None and self.child.role == URGENT_ROLE:
            self.close()

    def close(self) -> None:
        """End the child."""
        child, self.child = self.child, None
        if child is not None:
            child.close()
