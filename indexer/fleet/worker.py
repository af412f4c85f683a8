"""The process that learns one repository for a fleet: `worker PARENT ROLE ROOT CACHE CORES_SHARE`.

It fetches, learns, publishes, says what came of it, and ends. It may be killed at any moment: what
is committed stays, and the next attempt goes on from there.
"""

from __future__ import annotations

import contextlib
import os
import resource
import sys
import time
import traceback
from dataclasses import replace
from pathlib import Path
from threading import Event, Lock

from noctule.indexer.errors import (
    SHORTAGE_ADVICE,
    GitError,
    NoctuleError,
    NotADirectory,
    ParserLost,
    RepositoryError,
    StoreError,
    UnknownRevision,
    find_shortage,
)
from noctule.indexer.fleet.clone import CloneFailed, bring
from noctule.indexer.fleet.messages import AskDollars, Attempt, AttemptOutcome, DollarsReply, SettleDollars
from noctule.indexer.fleet.sources import Source
from noctule.indexer.llm.key import Key
from noctule.indexer.llm.settings import Choice
from noctule.indexer.llm.spending import SharedBudget
from noctule.indexer.llm.worker_client import WorkerClient
from noctule.indexer.progress import Pace
from noctule.indexer.reports import SleepReport
from noctule.indexer.runtime.budget import Limits
from noctule.indexer.runtime.parent_pipe import ParentPipe
from noctule.indexer.serve.repository import Repository
from noctule.indexer.share.objects import PlaceUnreachable, ShareError
from noctule.indexer.share.pull import pull
from noctule.indexer.share.push import Publisher, push
from noctule.indexer.share.ref_names import NoBranch
from noctule.indexer.share.signatures import Signer, Trust

CLONES = "clones"
"""The folder of the clones, below that of all stores."""
PACE = Pace(processes=1, own_sessions=False)
"""A fleet learns as many repositories at once as there are cores; what a worker starts ends with its process group."""


def main() -> None:
    """Learn what the parent asks for."""
    parent, _, _, cache, _ = sys.argv[1:]
    pipe = ParentPipe(int(parent), Attempt, DollarsReply)
    attempt = pipe.receive()
    if not isinstance(attempt, Attempt):
        return
    os.umask(0o077)  # what is kept of a repository is nobody else's to read
    pipe.send(_outcome(attempt, Path(cache), _PipeBudget(pipe)))


class _PipeBudget:
    """The fleet's budget, asked of the parent."""

    def __init__(self, pipe: ParentPipe) -> None:
        self._pipe = pipe
        self._asking = Lock()

    def reserve(self, dollars: float) -> str:
        """Set aside the most that a request can cost; an empty string where the budget does not allow it."""
        with self._asking:
            self._pipe.send(AskDollars(dollars))
            reply = self._pipe.receive()
        return reply.reservation if isinstance(reply, DollarsReply) else ""

    def settle(self, reservation: str, dollars: float, most: float) -> None:
        """Say what a request cost, of the `most` that was set aside for it."""
        self._pipe.send(SettleDollars(reservation, dollars, most))


def _outcome(attempt: Attempt, cache: Path, budget: SharedBudget) -> AttemptOutcome:
    """Learn, and return what came of it, whatever it was."""
    began = time.monotonic()
    try:
        outcome = _learn(attempt, cache, budget)
    except Exception as error:  # noqa: BLE001 - the outermost loop of a worker: a failure is a recorded result
        outcome = AttemptOutcome(attempt.name, "failed", *_describe(error, attempt.at))
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu_s = sum(one.ru_utime + one.ru_stime for one in spent)
    return replace(
        outcome,
        attempts=attempt.number,
        seconds=round(time.monotonic() - began, 3),
        cpu_seconds=round(cpu_s, 3),
    )


def _learn(attempt: Attempt, cache: Path, budget: SharedBudget) -> AttemptOutcome:
    source = Source(attempt.name, attempt.place)
    where = (
        source.place if source.is_folder else bring(attempt.place, cache / CLONES, attempt.depth, fresh=attempt.fresh)
    )
    repository = Repository.open(where, cache=cache)
    if repository.place is None:
        raise RepositoryError(f"{where} is not a git repository", "leave it out of the list")
    if repository.place.head is None and not attempt.at:
        return AttemptOutcome(attempt.name, "empty")
    repository.close()
    with Repository.open(where, at=attempt.at or repository.place.head, cache=cache) as committed:
        if attempt.to and committed.place is not None and not committed.knows():
            _take_over(where, attempt, cache)
        report = committed.sleep(pace=PACE)
        claims, gaps = _think(committed, attempt.choice, budget) if attempt.choice is not None else (0, ())
        content = _publish(where, committed.at or "", attempt, cache) if attempt.to else ""
        status = committed.status()
        return AttemptOutcome(
            attempt.name,
            "published" if content else "learned",
            files=status.files,
            commits=status.commits,
            store_bytes=status.store_bytes,
            revision=report.revision or "",
            content=content,
            parsed=report.parsed_blobs,
            memory_bytes=report.peak_memory_bytes,
            claims=claims,
            gaps=(*status.history_gaps, *_describe_failures(report), *gaps),
        )


def _think(repository: Repository, choice: Choice, budget: SharedBudget) -> tuple[int, tuple[str, ...]]:
    """Have the model write notes while the fleet's budget lasts; return how many claims, and what ended it."""
    from noctule.indexer.background.think_session import Session
    from noctule.indexer.think.job import JobContext

    key = Key.of_environment()
    worker = WorkerClient(choice, key, repository.folder)
    try:
        means = JobContext(choice, key, Limits(), Event(), worker, budget)
        session = Session(repository, means, lambda _progress: None)
        report = session.run(None)
    finally:
        worker.close()
    claims = sum(thought.claims for thought in report.thoughts)
    return claims, () if session.fault is None else (f"no more notes by a model: {session.fault}",)


def _take_over(where: Path | str, attempt: Attempt, cache: Path) -> None:
    """Take over what an earlier run published, as far as there is something; all of it can be learned here as well."""
    with contextlib.suppress(ShareError):
        pull(where, attempt.to, Trust.of_lines(attempt.trusted), cache=cache)


def _publish(where: Path | str, at: str, attempt: Attempt, cache: Path) -> str:
    """Publish what was learned; return the name of the content."""
    signer = Signer.of_file(Path(attempt.key).expanduser()) if attempt.key else None
    publisher = Publisher(
        attempt.ref, signer=signer, trust=Trust.of_lines(attempt.trusted), choice=Choice(send=attempt.send)
    )
    return push(where, attempt.to, publisher, at=at, cache=cache).content


def _describe_failures(report: SleepReport) -> list[str]:
    if not report.failed:
        return []
    path, why = min(report.failed.items())
    return [f"{len(report.failed)} files could not be parsed, among them {path}: {why}"]


def _describe(error: Exception, at: str) -> tuple[str, str, str]:
    """Return the kind of a failure, what went wrong, and what to do."""
    if shortage := find_shortage(error):
        return "memory", shortage, SHORTAGE_ADVICE
    match error:
        case CloneFailed():
            return error.kind, str(error), error.advice
        case ParserLost():
            return "memory", str(error), error.advice or SHORTAGE_ADVICE
        case PlaceUnreachable():
            return "network", str(error), error.advice
        case NoBranch():
            return "settings", str(error), "check out a branch there, or list its address instead of its folder"
        case ShareError():
            return "settings", str(error), error.advice
        case UnknownRevision() if at:
            return "absent", str(error), error.advice
        case UnknownRevision():
            return "corrupt", "its latest commit cannot be read", "run `git fsck --full` in the repository"
        case NotADirectory():
            return "absent", str(error), "mount it, or leave it out of the list"
        case GitError() | RepositoryError():
            return "corrupt", str(error), error.advice or "run `git fsck --full` in the repository"
        case StoreError() | NoctuleError():
            return "defect", str(error), error.advice
    line = traceback.extract_tb(error.__traceback__)[-1]
    why = f"{type(error).__name__}: {error} ({Path(line.filename).name}, line {line.lineno})"
    return "defect", why, "this is a bug in noctule; report it with this line"
