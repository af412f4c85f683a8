"""What the sleeper and its workers say to each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from noctule.indexer.llm.settings import Choice
from noctule.indexer.runtime.budget import Amounts, Limits
from noctule.indexer.runtime.child import ChildProgram
from noctule.indexer.runtime.messages import Message
from noctule.indexer.think.messages import JobEnded, JobFailed

if TYPE_CHECKING:
    from noctule.indexer.background.jobs import Job

# What workers are asked for


@dataclass(frozen=True, slots=True)
class RefreshTexts(Message):
    """Ask to bring the texts of the view up to date at once; if too many files changed, only these."""

    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MakePlan(Message):
    """Ask for the next jobs. `choice` is the user's choice of models.

    Where it is `urgent`: only what is done while somebody works too, whether it failed before or not.
    """

    limits: Limits
    choice: Choice
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class PlannedJob(Message):
    """A job of a plan, with the fields of `indexer.background.jobs.Job`; `cost` is the expected cost."""

    kind: str
    subject: str
    key: str
    size: float
    cost: Amounts
    urgent: bool = False
    files: tuple[str, ...] = ()
    task: str = ""
    revision: str = ""

    @classmethod
    def of(cls, job: Job) -> PlannedJob:
        """Return a job as a message."""
        cost = job.estimate.amounts
        return cls(job.kind, job.subject, job.key, job.size, cost, job.urgent, job.files, job.task, job.revision)

    @property
    def name(self) -> str:
        """The kind and the subject."""
        return f"{self.kind} {self.subject}"


@dataclass(frozen=True, slots=True)
class DoJob(Message):
    """Do one job of a plan, for `wall_s` seconds at most."""

    job: PlannedJob
    wall_s: float
    choice: Choice


# What they answer


@dataclass(frozen=True, slots=True)
class JobProgress(Message):
    """How far a job is that takes longer; others follow."""

    stage: str
    done: int
    total: int
    unit: str


@dataclass(frozen=True, slots=True)
class Refreshed(Message):
    """The texts of the view are up to date; `files` were read for that."""

    files: int


@dataclass(frozen=True, slots=True)
class TooManyUnread(Message):
    """There is more to read than a refresh takes on; 0 where nothing, or a part alone, was ever laid out."""

    files: int


@dataclass(frozen=True, slots=True)
class PlanMade(Message):
    """The jobs to do next, in this order; the names of jobs that are left out, and why the first of them is.

    If a job is not due yet, another plan is worth making `again_s` seconds later.
    """

    jobs: tuple[PlannedJob, ...]
    left_out: tuple[str, ...] = ()
    why: str = ""
    again_s: float | None = None


REQUESTS = (RefreshTexts, MakePlan, DoJob)
WORKER = ChildProgram(
    "noctule.indexer.background.worker", (JobProgress, Refreshed, TooManyUnread, PlanMade, JobEnded, JobFailed)
)
