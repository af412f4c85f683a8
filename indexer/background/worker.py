"""The process that does what the sleeper asks for, one thing after the other; it ends when its parent does.

    refresh   brings the texts of a view up to date at once, with a parser and all modules kept warm
    learn     learns a repository, or what a branch switch left to be read, for as long as it may
    plan      says what is worth thinking about next
    job       does one job of the queue

It is asked by lines of JSON on standard input, and answers with one each on standard output; while it is at a longer
work it says how far it is. Each process has a role: `refresh` is never stopped; the others may be stopped or killed at
any moment, since what they have committed stays. `learn` makes way for other programs, but answers wait for it; `jobs`
has the lowest priority.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from noctule.indexer.background.queue import LEAST_WORTH
from noctule.indexer.errors import NoctuleError, StoreError
from noctule.indexer.learn.ingest import FEW
from noctule.indexer.llm.settings import Choice
from noctule.indexer.parse.pool import Parsers
from noctule.indexer.progress import Pace, TooMuch
from noctule.indexer.results import Progress, SleepReport
from noctule.indexer.runtime.budget import Limits
from noctule.indexer.runtime.parent_watch import die_with_parent
from noctule.indexer.serve.repository import Repository
from noctule.indexer.store.store import Store, lease

Message = Mapping[str, Any]
TOLD_EVERY_S = 0.5
NICE = 10
"""With the lowest priority a branch switch would be learned in a minute on a busy machine instead of seconds."""
AGAIN_S = 900.0
"""What failed, or does not fit into today's budget, is asked for again after so long."""
MOST_PARSED = 2_000
"""After so many files a warm parser is started anew: it remembers each word that it has ever seen."""


def main() -> None:
    """Serve the parent until it is gone: `worker PARENT ROLE ROOT CACHE CORES_SHARE`."""
    parent, role, root, cache, share = sys.argv[1:]
    die_with_parent(int(parent))
    source, sink = sys.stdin.buffer, os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever a library prints is no answer

    def say(message: Message) -> None:
        os.write(sink, json.dumps(message).encode() + b"\n")

    place = Path(root), Path(cache)
    asked: Callable[[Message], Message]
    if role == "refresh":
        asked, after = (warm := Warm(*place)).refreshed, warm.settle
    else:
        asked, after = AtRest(*place, _made_way(role, float(share)), say).done, _nothing
    for line in source:
        try:
            say(asked(json.loads(line)))
        except BrokenPipeError:
            return
        after()


def _made_way(role: str, share: float) -> int:
    """Lower this process as its role asks; return how many cores it may use at once."""
    from noctule.indexer.runtime.nice import cores, lower

    if role == "jobs":
        return lower(share)
    os.nice(NICE)
    return cores(share, os.cpu_count() or 1)


def _nothing() -> None:
    pass


class Warm:
    """Brings a view up to date as fast as can be: nothing is started or imported that an earlier time has already."""

    def __init__(self, root: Path, cache: Path) -> None:
        self._root = root
        self._cache = cache
        self._parsers: Parsers | None = None
        self._parsed = 0
        self._folder: Path | None = None
        self._anchor: Store | None = None

    def refreshed(self, message: Message) -> Message:
        """Answer `refresh`: the texts are up to date, or there is too much to read, or it failed."""
        del message
        try:
            report = self._refresh()
        except TooMuch as much:
            return {"unseen": much.unseen}
        except (NoctuleError, OSError) as error:
            self._cool()
            return _failure(error)
        self._parsed += report.parsed_blobs
        return {"parsed": report.parsed_blobs, "revision": report.revision}

    def _refresh(self) -> SleepReport:
        repository = Repository.open(self._root, cache=self._cache)
        self._folder = repository.folder
        with contextlib.suppress(StoreError):
            # While one connection stays open, none that is closed writes the journal back to the disk first.
            self._anchor = repository.open_store()
        view = self._anchor.view(repository.view_name) if self._anchor is not None else None
        if view is None or view.partial:
            raise TooMuch(0)
        pace = Pace(self._warm_parsers(), FEW, processes=1, own_sessions=False, fold=False, history=False)
        return repository.sleep(pace=pace)

    def _warm_parsers(self) -> Parsers:
        if self._parsers is None:
            self._parsers = Parsers(self._root, revision=False, processes=1, nice=0, own_sessions=False)
        return self._parsers

    def _cool(self) -> None:
        """Drop what may be in the middle of something."""
        if self._parsers is not None:
            self._parsers.close()
        self._parsers, self._parsed = None, 0

    @staticmethod
    def _fold(folder: Path) -> None:
        from noctule.indexer.store.writer import join_segments  # with numpy

        with lease(folder) as held:
            store = Store(folder)
            try:
                if held.acquire():  # else who has it writes, and joins them too
                    join_segments(store)
                store.fold_journal(wait=False)
            finally:
                store.close()

    def settle(self) -> None:
        """Do, after the answer, what the next one would have to wait for."""
        if self._anchor is not None:
            self._anchor.close()
            self._anchor = None
        if self._folder is not None and (self._folder / "store.db-wal").exists():
            with contextlib.suppress(NoctuleError):
                self._fold(self._folder)
        if self._parsed > MOST_PARSED:
            self._cool()
        with contextlib.suppress(NoctuleError, OSError):
            self._warm_parsers().warm_up()
        from noctule.indexer.learn import build_view as lesson  # noqa: F401 - numpy and all that lays a view out


@dataclass(frozen=True)
class AtRest:
    """Does what can wait, piece by piece."""

    root: Path
    cache: Path
    cores: int
    say: Callable[[Message], None]

    def done(self, message: Message) -> Message:
        """Answer `learn`, `plan` or `job`."""
        try:
            answer: Message = getattr(self, f"_{message['do']}")(message)
        except (NoctuleError, OSError) as error:
            return _failure(error)
        return answer

    def _learn(self, message: Message) -> Message:
        return self._job({**message, "kind": "refresh"}, urgent=True)

    def _job(self, message: Message, *, urgent: bool = False) -> Message:
        from noctule.indexer.background.runners import STEPS, Step

        until = time.monotonic() + message["wall_s"]
        repository = Repository.open(self.root, cache=self.cache)
        on = message.get("subject", ""), message.get("task", "")
        step = Step(repository, until, self.cores, self._progress(), *on, urgent=urgent, choice=_choice(message))
        return {"outcome": STEPS[message["kind"]](step)}

    def _plan(self, message: Message) -> Message:
        """Say what is worth doing; and where something waits for its time, when to ask again."""
        from noctule.indexer.background.planner import note_expectation, plan_of
        from noctule.indexer.background.replaced_tokens import settle
        from noctule.indexer.background.runners import ABLE
        from noctule.indexer.llm.reply_cache import delete_old_replies

        repository = Repository.open(self.root, cache=self.cache)
        plan, known = plan_of(repository, Limits(**message["limits"]), ABLE, _choice(message))
        note_expectation(repository, known)
        settle(repository)
        delete_old_replies(repository.folder)
        jobs = [{**asdict(job), "cost": asdict(job.estimate.amounts)} for job in plan.jobs]
        waits = any(job.worth >= LEAST_WORTH for job, _ in plan.left_out)
        left_out = [f"{job.kind} {job.subject}" for job, _ in plan.left_out]
        return {"jobs": jobs, "left_out": left_out, "again_s": AGAIN_S if waits else None}

    def _progress(self) -> Callable[[Progress], None]:
        told = 0.0

        def tell(progress: Progress) -> None:
            nonlocal told
            if time.monotonic() - told > TOLD_EVERY_S:
                told = time.monotonic()
                self.say({"at": progress.stage, "done": progress.done, "total": progress.total, "unit": progress.unit})

        return tell


def _choice(message: Message) -> Choice:
    return Choice(**message.get("choice", {}))


def _failure(error: NoctuleError | OSError) -> dict[str, Any]:
    return {"failed": str(error), "advice": getattr(error, "advice", "")}
