"""What the sleeper and the process that thinks say to each other."""

from __future__ import annotations

from dataclasses import dataclass, field

from noctule.indexer.llm.settings import Choice
from noctule.indexer.runtime.budget import Limits
from noctule.indexer.runtime.child import ChildProgram
from noctule.indexer.runtime.messages import Message


@dataclass(frozen=True, slots=True)
class Think(Message):
    """Think about a subject, in the work tree or at a commit (`revision`), for about `wall_s` seconds.

    `key` is the job's. The model's key is in this message and nowhere else.
    """

    subject: str
    revision: str
    key: str
    wall_s: float
    limits: Limits
    choice: Choice
    model_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class JobEnded(Message):
    """A job has ended: "done", or "stopped" before its end, for the reason in `why`."""

    outcome: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class JobFailed(Message):
    """A job failed with an error, and what to do about it where somebody can tell."""

    error: str
    advice: str = ""


THINKER = ChildProgram("noctule.indexer.think.worker", (JobEnded, JobFailed))
