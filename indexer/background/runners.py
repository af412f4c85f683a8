"""How each kind of job is done, in the process that does what can wait. Knows no queue, no budget and no sleeper.

A job has `until` (monotonic seconds) to keep to: it then stops at the next safe point, keeps what it has, and says that
it stopped. What it could not do it raises.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from noctule.indexer.llm.settings import Choice
from noctule.indexer.progress import OutOfTime, Pace, Report, Work
from noctule.indexer.serve.repository import Repository

DONE, STOPPED = "done", "stopped"


@dataclass(frozen=True)
class Step:
    """One job to do on a repository: until when, on how many cores, whom to tell how far it is, and what it is on.

    Where it is `urgent`, what rests on history waits if it can, and another process that sleeps on the repository is
    asked to give way. `choice` is the user's of models; nothing here asks one.
    """

    repository: Repository
    until: float
    cores: int
    progress: Report
    subject: str = ""
    task: str = ""
    urgent: bool = False
    choice: Choice = field(default_factory=Choice)


def _sleep(step: Step) -> str:
    """Learn all that the store lacks of the snapshot, and of its history, and lay the view out."""
    pace = Pace(processes=step.cores, own_sessions=False, patient=not step.urgent, history=not step.urgent)
    report = step.repository.sleep(step.progress, deadline_s=max(step.until - time.monotonic(), 0.1), pace=pace)
    return DONE if report.complete else STOPPED


def _pack(step: Step) -> str:
    """Answer the task that is likely to be asked, and keep the answer."""
    from noctule.indexer.defaults import BUDGET_TOKENS, RANKED_FILES
    from noctule.indexer.forecast.likely_task import LikelyTask

    step.repository.prepare(LikelyTask(step.task, step.subject), BUDGET_TOKENS, RANKED_FILES)
    return DONE


def _gate(step: Step) -> str:
    """Choose the past tasks that notes have to prove themselves on, or ask them, as the subject says."""
    from noctule.indexer.llm.egress import Outgoing
    from noctule.indexer.think import evaluate as replay
    from noctule.indexer.think import plan as agenda

    pace = Pace(processes=step.cores, own_sessions=False, patient=True)
    work = Work(step.progress, step.until, pace)
    try:
        plan = replay.plan_of(step.repository.folder)
        if step.subject == agenda.REPLAY and plan is not None:
            replay.run(step.repository, plan, work)
        else:
            door = Outgoing.of(step.choice, step.repository.look())
            replay.prepare(step.repository, agenda.made_by(step.choice), lambda path: not door.why_not(path), work)
    except OutOfTime:
        return STOPPED
    return DONE


STEPS: Mapping[str, Callable[[Step], str]] = {
    "refresh": _sleep,
    "parse": _sleep,
    "history": _sleep,
    "graph": _sleep,
    "fit": _sleep,
    "pack": _pack,
    "gate": _gate,
}

ABLE = frozenset(STEPS) | {"think"}
"""The kinds of jobs that can be done; what asks a model has a process of its own."""
