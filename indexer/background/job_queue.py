"""Chooses the next job: files that must be read even while somebody works come before jobs that can wait. Runs none."""

from __future__ import annotations

import time

from noctule.indexer.background.day_budget import DayBudget
from noctule.indexer.background.idle_gate import BEAT_S, SLOW_BEAT_S, IdleGate
from noctule.indexer.background.job_runner import PLAN, PLAN_URGENT, JobRunner
from noctule.indexer.background.messages import PlanMade, PlannedJob
from noctule.indexer.background.refresher import NAME, Refresher
from noctule.indexer.background.status_writer import LONGEST_RETRY_S, StatusWriter
from noctule.indexer.background.thinker import Thinker
from noctule.indexer.runtime.messages import Message
from noctule.indexer.think.messages import JobEnded, JobFailed

MANY_FILES = 20
"""A part of more files brings the end nearer, whatever happens meanwhile."""
READ_ON = "learn all files"
"""The name, in the list of failures, of reading files that were too many for a refresh."""


class JobQueue:
    """The jobs of the latest plans.

    `unread` is the number of files that were too many for a refresh, or None. They are read in rounds: a plan of
    urgent jobs, these jobs one after the other, and then a check whether files are left.
    """

    def __init__(
        self,
        runner: JobRunner,
        refresher: Refresher,
        thinker: Thinker,
        gate: IdleGate,
        budget: DayBudget,
        status: StatusWriter,
    ) -> None:
        self._runner = runner
        self._refresher = refresher
        self._thinker = thinker
        self._gate = gate
        self._budget = budget
        self._status = status
        self._jobs: list[PlannedJob] | None = None
        self._plan_again_at: float | None = None
        self.unread: int | None = None
        self._urgent: list[PlannedJob] | None = None
        self._rounds = 0
        self._read_at = 0.0

    @property
    def is_empty(self) -> bool:
        """Whether nothing is worth doing."""
        return self._jobs == [] and self.unread is None

    def plan_anew(self, *, at_once: bool = False) -> None:
        """Drop the plan of what can wait; with `at_once` also where another time was set for the next one."""
        self._jobs = None
        if at_once:
            self._plan_again_at = None

    def beat(self, now: float, own_pids: list[int]) -> float | None:
        """Begin the job that is due; return after how many seconds to check again if nothing happens."""
        if self._refresher.busy:
            return None
        if self.unread is not None:
            return self._continue(now)
        if self._refresher.stale_since is not None or self._thinker.thought is not None:
            return None
        if self._jobs == []:
            return self._rest(now)
        held, wait_s = self._gate.check(now, own_pids)
        if held:
            return wait_s
        if self._jobs is None:
            self._runner.plan(PLAN, self._thinker.choice)
            return BEAT_S
        return self._begin_next(self._jobs)

    def _begin_next(self, jobs: list[PlannedJob]) -> float:
        job = jobs.pop(0)
        if self._budget.forbids(job.cost):
            self._jobs = None  # the plan was made on another budget
        elif job.kind == "think":
            self._budget.book_begin(job)
            self._thinker.begin(job, self._budget.room().wall_s)
        else:
            self._runner.begin(job, self._budget.room_s(), self._thinker.choice)
        return BEAT_S

    def _rest(self, now: float) -> float | None:
        """Have nothing that costs anything while nothing is worth doing."""
        self._runner.close()
        self._gate.rest()
        if self._plan_again_at is None:
            return None
        if now < self._plan_again_at:
            return self._plan_again_at - now
        self.plan_anew(at_once=True)
        return 0.0

    # What has to be read while somebody works

    def _continue(self, now: float) -> float | None:
        if now < self._read_at:
            return self._read_at - now
        if self._urgent is None:
            self._runner.plan(PLAN_URGENT, self._thinker.choice)
            return None
        if not self._urgent:
            self._look_again()
            return 0.0
        job = self._urgent.pop(0)
        if why := self._budget.forbids(job.cost):
            self._postpone(why)
            return SLOW_BEAT_S
        self._runner.begin(job, self._budget.room_s(), self._thinker.choice)
        return None

    def _postpone(self, why: str) -> None:
        """Postpone reading files: it would cost more than the budget leaves."""
        self._urgent = None
        self._status.failing[READ_ON] = why
        self._read_at = time.monotonic() + SLOW_BEAT_S

    def _look_again(self) -> None:
        """Have the files looked at, whether there is still more to read."""
        self._end_round()
        self._refresher.mark_stale(self._refresher.unread_since)

    def _end_round(self) -> None:
        self.unread = self._urgent = None
        # A file that changes each time it is read must not have everything laid out again and again.
        self._read_at = time.monotonic() + min(2.0**self._rounds - 1, LONGEST_RETRY_S)
        self._rounds += 1

    def note_unread(self, files: int) -> None:
        """Note that there is more to read than a refresh takes on; a round goes on while it has jobs.

        Where files change without a pause, a plan would else be dropped before any of its jobs is begun.
        """
        if self._urgent == []:
            self._end_round()
        self.unread = files

    def note_cut(self) -> None:
        """Note that reading files was cut short: it is planned again."""
        self._urgent = None

    def note_fresh(self) -> None:
        """Note that the texts are up to date."""
        self.unread, self._rounds = None, 0
        self._runner.end_urgent()
        self._status.succeed(READ_ON)
        self._jobs = None

    # What became of it

    def take(self, job: PlannedJob, message: Message) -> None:
        """Take what came of a job, or of a plan."""
        again_at = self._status.fail(job.name, message.error) if isinstance(message, JobFailed) else None
        if isinstance(message, PlanMade) and job.urgent:
            self._take_urgent(message)
        elif job.urgent:
            if again_at is not None:
                self._urgent, self._read_at = None, again_at
            elif len(job.files) > MANY_FILES:
                self._rounds = 0
            if isinstance(message, JobEnded) and message.outcome != "done":
                self._look_again()
        elif job.kind == "plan":
            self._take_plan(message if isinstance(message, PlanMade) else PlanMade(()), again_at)
        elif job.kind == "gate" and again_at is None:
            self._jobs = None  # what is to be thought about next depends on it

    def _take_urgent(self, plan: PlanMade) -> None:
        self._urgent = list(plan.jobs)
        if not plan.jobs and plan.why:
            self._postpone(plan.why)

    def _take_plan(self, plan: PlanMade, again_at: float | None) -> None:
        self._jobs = list(plan.jobs)
        self._plan_again_at = again_at if plan.again_s is None else time.monotonic() + plan.again_s
        # What failed and is not to be done any more was done by another process, or by another job.
        left_out = set(plan.left_out) if again_at is None else set(self._status.failing)
        self._status.keep_failing({NAME, READ_ON, PLAN.name, *left_out})

    def take_loss(self, job: PlannedJob, code: int) -> None:
        """Take that the child ended in the middle of a job, or of a plan."""
        again_at = self._status.fail(job.name, f"its process ended ({code})")
        if job.urgent:
            self._urgent, self._read_at = None, again_at
        elif job.kind == "plan":
            self._take_plan(PlanMade(()), again_at)
        else:
            self._jobs = None
