"""The process that does the sleeper's jobs, one after the other; it ends when its parent ends.

    refresh   brings the texts of a view up to date at once, with a parser and all modules kept warm
    learn     does the jobs that are done while somebody works too, and plans them
    jobs      plans and does the jobs that can wait

That is its role; what it is asked for and answers are the messages of `indexer.background.messages`. The role `refresh`
is never stopped; the others may be stopped or killed at any moment, since what they have committed stays. `learn` makes
way for other programs, but answers wait for it; `jobs` has the lowest priority.
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from noctule.indexer.background.messages import (
    REQUESTS,
    DoJob,
    JobProgress,
    MakePlan,
    PlanMade,
    PlannedJob,
    Refreshed,
    RefreshTexts,
    TooManyUnread,
)
from noctule.indexer.background.queue import LEAST_WORTH
from noctule.indexer.errors import NoctuleError, StoreError
from noctule.indexer.learn.ingest import FEW
from noctule.indexer.parse.early_parsers import EarlyParsers
from noctule.indexer.parse.pool import Parsers
from noctule.indexer.progress import Pace, TooMuch
from noctule.indexer.reports import SleepReport
from noctule.indexer.results import Progress
from noctule.indexer.runtime.log import Log
from noctule.indexer.runtime.memory import give_back
from noctule.indexer.runtime.messages import Message
from noctule.indexer.runtime.parent_pipe import ParentPipe
from noctule.indexer.serve.repository import Repository
from noctule.indexer.store.lease import lease
from noctule.indexer.store.store import Store
from noctule.indexer.think.messages import JobEnded, JobFailed

PROGRESS_EVERY_S = 0.5
NICE = 10
"""With the lowest priority a branch switch would be learned in a minute on a busy machine instead of seconds."""
QUIET_S = 2.0
"""Seconds without a request after which memory is returned to the system; at once would slow the next request down."""
AGAIN_S = 900.0
"""Seconds after which a job that failed, or did not fit into today's budget, is planned again."""
MOST_PARSED = 2_000
"""A warm parser is restarted after this many files, since it remembers each word that it has seen."""

log = Log(__name__)


def main() -> None:
    """Serve the parent until it is gone: `worker PARENT ROLE ROOT CACHE CORES_SHARE`."""
    parent, role, root, cache, share = sys.argv[1:]
    pipe = ParentPipe(int(parent), *REQUESTS)
    place = Path(root), Path(cache)
    if role == "refresh":
        gc.disable()  # `settle` looks for circles, when nobody waits for an answer
        refresher = TextRefresher(*place, lambda: not pipe.is_silent(0))
        answer, after = refresher.answer, refresher.settle
    else:
        answer, after = JobWorker(*place, _lower(role, float(share)), pipe.send).answer, _nothing
    for request in pipe:
        try:
            pipe.send(answer(request))
        except BrokenPipeError:
            return
        after()
        if pipe.is_silent(QUIET_S):
            give_back()


def _lower(role: str, share: float) -> int:
    """Lower the priority of this process for its role; return how many cores it may use."""
    from noctule.indexer.runtime.nice import cores, lower

    if role == "jobs":
        return lower(share)
    os.nice(NICE)
    return cores(share, os.cpu_count() or 1)


def _nothing() -> None:
    pass


class TextRefresher:
    """Brings a view up to date as fast as can be: nothing is started or imported that an earlier time has already.

    What is done after an answer stops where `is_wanted` says that the next one is waited for.
    """

    def __init__(self, root: Path, cache: Path, is_wanted: Callable[[], bool] = lambda: False) -> None:
        self._root = root
        self._cache = cache
        self._is_wanted = is_wanted
        self._parsers: EarlyParsers | None = None
        self._parsed = 0
        self._folder: Path | None = None
        self._anchor: Store | None = None

    def answer(self, request: Message) -> Message:
        """Answer `RefreshTexts`: the texts are up to date, or too many files are unread, or it failed."""
        assert isinstance(request, RefreshTexts)
        started = time.monotonic()
        try:
            report = self._refresh(request.files)
        except TooMuch as much:
            log.debug("too much to refresh", unread=much.unseen, first=len(request.files))
            if much.unseen and request.files:
                self._serve_ahead(request.files)
            return TooManyUnread(much.unseen)
        except (NoctuleError, OSError) as error:
            self._cool()
            return _failure(error)
        self._parsed += report.parsed_blobs
        log.debug("refreshed", files=report.parsed_blobs, seconds=time.monotonic() - started)
        return Refreshed(report.parsed_blobs)

    def _serve_ahead(self, files: Sequence[str]) -> None:
        """Read these files before all others that must be read; a failure is left to the job."""
        pace = replace(self._pace(), only=frozenset(files), ahead=True)
        try:
            report = Repository.open(self._root, cache=self._cache).sleep(pace=pace)
        except (NoctuleError, OSError, TooMuch):
            self._cool()
            return
        self._parsed += report.parsed_blobs

    def _refresh(self, saved: Sequence[str]) -> SleepReport:
        repository = Repository.open(self._root, cache=self._cache)
        self._folder = repository.folder
        before, self._anchor = self._anchor, None
        with contextlib.suppress(StoreError):
            # While one connection stays open, none that is closed writes the journal back to the disk first.
            self._anchor = repository.open_store()
        if before is not None:
            before.close()
        view = self._anchor.view(repository.view_name) if self._anchor is not None else None
        if view is None:
            raise TooMuch(0)
        object_format = repository.place.object_format if repository.place is not None else "sha1"
        self._warm_parsers().parse_early(repository.root, saved, object_format)
        return repository.sleep(pace=self._pace())

    def _pace(self) -> Pace:
        """Return how texts alone are read."""
        return Pace(self._warm_parsers(), FEW, processes=1, own_sessions=False, fold=False, history=False)

    def _warm_parsers(self) -> EarlyParsers:
        if self._parsers is None:
            parsers = Parsers(self._root, revision=False, processes=1, nice=0, own_sessions=False)
            self._parsers = EarlyParsers(parsers)
        return self._parsers

    def _cool(self) -> None:
        """Drop what may be in the middle of something."""
        if self._parsers is not None:
            self._parsers.close()
        self._parsers, self._parsed = None, 0

    def _fold(self, folder: Path) -> None:
        from noctule.indexer.store import sums
        from noctule.indexer.store.writer import join_segments  # with numpy

        with lease(folder) as held:
            store = Store(folder)
            try:
                if held.acquire():  # else who has it writes, and joins them too
                    join_segments(store, self._is_wanted)
                if not self._is_wanted():
                    store.fold_journal(wait=False)
            finally:
                store.close()
            if held.acquire() and not self._is_wanted():
                sums.record(store.path, beside_journal=True)

    def settle(self) -> None:
        """After an answer, do the work that would delay the next answer, unless somebody waits for that already."""
        gc.collect()  # at once, since what files refer to each other by are circles, which must not add up
        if self._is_wanted():
            return
        if self._anchor is not None:
            self._anchor.close()
            self._anchor = None
        if self._folder is not None and (self._folder / "store.db-wal").exists():
            with contextlib.suppress(NoctuleError):
                self._fold(self._folder)
        if self._parsed > MOST_PARSED:
            self._cool()
        with contextlib.suppress(NoctuleError, OSError):
            self._warm_parsers().start_early()
        from noctule.indexer.learn import build_view  # noqa: F401 - numpy and all that lays a view out


@dataclass(frozen=True)
class JobWorker:
    """Plans jobs, and does one after the other."""

    root: Path
    cache: Path
    cores: int
    send: Callable[[Message], None]

    def answer(self, request: Message) -> Message:
        """Answer `MakePlan` or `DoJob`."""
        try:
            match request:
                case MakePlan():
                    return self._plan(request)
                case DoJob():
                    return self._do(request)
        except (NoctuleError, OSError) as error:
            return _failure(error)
        raise TypeError(f"{type(request).__name__} is not for this role")

    def _do(self, request: DoJob) -> Message:
        from noctule.indexer.background.runners import RUNNERS, JobRun

        started, job = time.monotonic(), request.job
        log.info("job begun", kind=job.kind, subject=job.subject, files=len(job.files), wall_s=request.wall_s)
        with Repository.open(self.root, cache=self.cache) as repository:
            until = started + request.wall_s
            work = job.subject, job.task, job.files, job.urgent
            run = JobRun(repository, until, self.cores, self._progress(), *work, request.choice)
            outcome = RUNNERS[job.kind](run)
        log.info("job over", kind=job.kind, subject=job.subject, outcome=outcome, seconds=time.monotonic() - started)
        return JobEnded(outcome)

    def _plan(self, request: MakePlan) -> PlanMade:
        """Return the jobs that are worth doing, and when to ask again if a job is not due yet."""
        from noctule.indexer.background.planner import make_plan, note_expectation
        from noctule.indexer.background.replaced_tokens import settle
        from noctule.indexer.background.runners import ABLE
        from noctule.indexer.llm.reply_cache import delete_old_replies

        started = time.monotonic()
        with Repository.open(self.root, cache=self.cache) as repository:
            plan, known = make_plan(repository, request.limits, ABLE, request.choice, urgent=request.urgent)
            if not request.urgent:
                note_expectation(repository, known)
                settle(repository)
                delete_old_replies(repository.folder)
        waits = any(job.worth >= LEAST_WORTH for job, _ in plan.left_out)
        log.info("planned", jobs=len(plan.jobs), left_out=len(plan.left_out), seconds=time.monotonic() - started)
        return PlanMade(
            jobs=tuple(PlannedJob.of(job) for job in plan.jobs),
            left_out=tuple(f"{job.kind} {job.subject}" for job, _ in plan.left_out),
            why=plan.left_out[0][1] if plan.left_out else "",
            again_s=AGAIN_S if waits else None,
        )

    def _progress(self) -> Callable[[Progress], None]:
        sent = 0.0

        def send(progress: Progress) -> None:
            nonlocal sent
            if time.monotonic() - sent > PROGRESS_EVERY_S:
                sent = time.monotonic()
                self.send(JobProgress(progress.stage, progress.done, progress.total, progress.unit))

        return send


def _failure(error: NoctuleError | OSError) -> JobFailed:
    log.info("failed", fault=type(error).__name__)
    return JobFailed(str(error), getattr(error, "advice", ""))
