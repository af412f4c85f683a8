"""Runs each kind of job, in the process for work that can wait. Knows no queue, no budget and no sleeper.

A job has `until` (monotonic seconds) to keep to: it then stops at the next safe point, keeps what it has, and says that
it stopped. A failure is raised.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from noctule.indexer.llm.settings import Choice
from noctule.indexer.progress import OutOfTime, Pace, Report, Work
from noctule.indexer.serve.repository import Repository

DONE, STOPPED = "done", "stopped"


@dataclass(frozen=True)
class JobRun:
    """One job to run on a repository, with a deadline (monotonic seconds) and a number of cores.

    `files` and `task` say what it is on; what it has no use for stays empty. Where it is `urgent`, another process that
    sleeps on the repository is asked to give way. `choice` is the user's of models; nothing here asks one.
    """

    repository: Repository
    until: float
    cores: int
    progress: Report
    subject: str = ""
    task: str = ""
    files: tuple[str, ...] = ()
    urgent: bool = False
    choice: Choice = field(default_factory=Choice)


def _refresh(run: JobRun) -> str:
    """Bring the texts of the view up to date."""
    return _learn(run, Pace(history=False))


def _parse(run: JobRun) -> str:
    """Read these files only, and make the view from everything that is known then."""
    return _learn(run, Pace(history=False, only=frozenset(run.files)))


def _history(run: JobRun) -> str:
    """Read the commits that were never read, and lay out what rests on them. Reads no file."""
    return _learn(run, Pace(only=frozenset()))


def _learn(run: JobRun, pace: Pace) -> str:
    pace = replace(pace, processes=run.cores, own_sessions=False, patient=not run.urgent)
    report = run.repository.sleep(run.progress, deadline_s=max(run.until - time.monotonic(), 0.1), pace=pace)
    return DONE if report.complete else STOPPED


def _pack(run: JobRun) -> str:
    """Answer the task that will probably be asked, and keep the answer."""
    from noctule.indexer.defaults import BUDGET_TOKENS, RANKED_FILES
    from noctule.indexer.forecast.likely_task import LikelyTask

    run.repository.prepare(LikelyTask(run.task, run.subject), BUDGET_TOKENS, RANKED_FILES)
    return DONE


def _gate(run: JobRun) -> str:
    """Choose the past tasks that notes have to prove themselves on, or ask them, as the subject says."""
    from noctule.indexer.llm.egress import EgressPolicy
    from noctule.indexer.think import evaluate as replay
    from noctule.indexer.think import plan as agenda

    pace = Pace(processes=run.cores, own_sessions=False, patient=True)
    work = Work(run.progress, run.until, pace)
    try:
        plan = replay.read_plan(run.repository.folder)
        if run.subject == agenda.REPLAY and plan is not None:
            replay.run(run.repository, plan, work)
        else:
            egress = EgressPolicy.of(run.choice, run.repository.look())
            replay.prepare(run.repository, agenda.writer_name(run.choice), lambda path: not egress.why_not(path), work)
    except OutOfTime:
        return STOPPED
    return DONE


RUNNERS: Mapping[str, Callable[[JobRun], str]] = {
    "refresh": _refresh,
    "parse": _parse,
    "history": _history,
    "pack": _pack,
    "gate": _gate,
}

ABLE = frozenset(RUNNERS) | {"think"}
"""The kinds of jobs that can be done; what asks a model has a process of its own."""
