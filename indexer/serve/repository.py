"""One repository as its users see it: learn it, ask it, forget it. Wires the parts together and holds no ranking.

`sleep` writes; everything else only reads what sleep laid out, and holds the lines it serves against the live files.
"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from noctule.indexer.defaults import BUDGET_TOKENS, RANKED_FILES
from noctule.indexer.errors import BadTask, StoreDamaged, StoreError
from noctule.indexer.files.git import Git, RepositoryPlace, discover
from noctule.indexer.files.snapshot import Snapshot, Stat, of_folder, of_revision, of_work_tree
from noctule.indexer.progress import Pace, Report, Work
from noctule.indexer.results import Forecast, Forgotten, Freshness, Note, Pack, Progress, SleepReport, Status
from noctule.indexer.runtime.notify import ring
from noctule.indexer.store import store as stores
from noctule.indexer.store.store import Store, ViewRow

if TYPE_CHECKING:
    from noctule.indexer.serve.queries import Reader

MOST_PENDING = 50
LARGEST_BUDGET = 10_000_000
AT_ONCE = Pace()


def ignore(_progress: Progress) -> None:
    """Show nothing."""


@dataclass(frozen=True)
class Repository:
    """A git repository, a bare one, or a plain folder; `at` is the commit that is looked at, or None: the work tree."""

    root: Path
    place: RepositoryPlace | None
    at: str | None
    folder: Path

    @classmethod
    def open(cls, path: Path, at: str | None = None, cache: Path | None = None) -> Repository:
        """Find the repository that `path` lies in. NotADirectory, UnknownRevision; nothing is read or written yet."""
        place = discover(path)
        root = place.root if place is not None else Path(os.path.realpath(path))
        if at is not None:
            at = _git(place, root).resolve(at)
        elif place is not None and place.bare:
            at = place.head
        folder = stores.store_folder(place.common_dir if place is not None else root, cache)
        return cls(root, place, at, folder)

    @property
    def view_name(self) -> str:
        """The name under which the store holds what was learned of this work tree or revision."""
        return f"revision:{self.at}" if self.at is not None else f"work:{os.fsencode(self.root).hex()}"

    def snapshot(self, known: Store | None = None) -> Snapshot:
        """Look at the files as they are; `known` holds the stat cache that saves hashing them again."""
        return self._snapshot(known.stats(self._stat_root) if known is not None and self.at is None else {})

    def look(self) -> Snapshot:
        """Look at the files as they are, hashing only those that the store does not know from their size and times.

        StoreError.
        """
        store = self.open_store()
        try:
            return self.snapshot(store)
        finally:
            if store is not None:
                store.close()

    def _snapshot(self, stats: dict[str, Stat]) -> Snapshot:
        if self.at is not None and self.place is not None:
            return of_revision(self.place, self.at)
        if self.place is None:
            return of_folder(self.root, stats)
        return of_work_tree(self.place, stats)

    @property
    def _stat_root(self) -> str:
        return os.fsencode(self.root).hex()

    # Sleep

    def sleep(self, progress: Report = ignore, deadline_s: float | None = None, pace: Pace = AT_ONCE) -> SleepReport:
        """Learn what is not known yet. What is interrupted, also by a kill, is continued by the next call.

        At most `deadline_s` seconds; StoreUnavailable, GitError. Waits for another process that sleeps on the same
        repository, and then has little left to do.
        """
        started, cpu = time.monotonic(), time.process_time()
        deadline = None if deadline_s is None else started + deadline_s
        with stores.lease(self.folder) as lease:
            while not lease.acquire():
                progress(Progress(f"waiting for the sleep of process {lease.owner()}", 0, 0, "s"))
                if deadline is not None and time.monotonic() > deadline:
                    return self._report(started)
                if not pace.patient:
                    ring(self.folder, "wanted")
                time.sleep(0.01 if time.monotonic() - started < 0.5 else 0.05)
            try:
                return self._open_and_learn(Work(progress, deadline, pace), started, cpu)
            except StoreDamaged:
                stores.set_aside(self.folder)
                return self._open_and_learn(Work(progress, deadline, pace), started, cpu)

    def _open_and_learn(self, work: Work, started: float, cpu: float) -> SleepReport:
        store = stores.open_for_sleep(self.folder, fold=work.pace.fold)
        try:
            return self._learn(store, work, started, cpu)
        finally:
            store.close()

    def _learn(self, store: Store, work: Work, started: float, cpu: float) -> SleepReport:
        view = store.view(self.view_name)
        if view is not None and self.at is not None and not view.partial:
            return self._report(started, store, view)
        known = store.stats(self._stat_root) if self.at is None else {}
        snapshot = self._snapshot(known)
        if snapshot.stats != known:
            with store.transaction():
                store.put_stats(self._stat_root, snapshot.stats, known)
        if view is not None and _is_known(view, snapshot, history=work.pace.history):
            return self._report(started, store, view, snapshot)
        from noctule.indexer.learn.sleep import (
            learn,  # numpy and the parser are not worth their start-up where nothing has changed
        )

        complete = learn(store, snapshot, self.place, self.root, self.view_name, work)
        if work.parsed and work.pace.fold:
            store.fold_journal()
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = time.process_time() - cpu + children.ru_utime + children.ru_stime
        with store.transaction():
            store.add_cost("sleep", time.monotonic() - started, spent, work.parsed + work.commits_read)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 + work.child_memory
        return SleepReport(
            revision=snapshot.revision,
            dirty=snapshot.dirty,
            complete=complete,
            parsed_blobs=work.parsed,
            known_blobs=work.known,
            commits_read=work.commits_read,
            commits_known=work.commits_known,
            seconds={**work.seconds, "total": time.monotonic() - started},
            failed=work.failed,
            peak_memory_bytes=peak,
        )

    def _report(
        self,
        started: float,
        store: Store | None = None,
        view: ViewRow | None = None,
        snapshot: Snapshot | None = None,
    ) -> SleepReport:
        """Report a sleep that had nothing to do, or no time to do it."""
        facts = store.facts(view) if store is not None and view is not None else {}
        return SleepReport(
            revision=view.revision if view is not None else self.at,
            dirty=snapshot.dirty if snapshot is not None else False,
            complete=view is not None,
            parsed_blobs=0,
            known_blobs=facts.get("blobs", 0),
            commits_read=0,
            commits_known=facts.get("commits", 0),
            seconds={"total": time.monotonic() - started},
            failed=facts.get("failed", {}),
            peak_memory_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        )

    # Asking

    def knows(self) -> bool:
        """Say whether anything was learned for this work tree or revision; a damaged store knows nothing."""
        try:
            store = self.open_store()
            if store is None:
                return False
            known = store.view(self.view_name) is not None and not stores.is_suspect(self.folder)
            store.close()
        except StoreDamaged:
            return False
        return known

    def open_store(self) -> Store | None:
        """Open the store for reading, or return None where nothing was ever stored. StoreError."""
        return Store(self.folder, read_only=True) if (self.folder / "store.db").exists() else None

    @cached_property
    def reader(self) -> Reader:
        """What was learned, loaded for answering; `refresh` drops it."""
        from noctule.indexer.serve.queries import Reader

        store = self.open_store()
        view = store.view(self.view_name) if store is not None else None
        if store is None or view is None:
            raise StoreError(f"{self.root} is not indexed yet", "run `noctule sleep` first")
        return Reader(store, view, self.snapshot(store) if self.at is None else None, self)

    def refresh(self) -> None:
        """Look at the files and the store anew at the next question."""
        reader = self.__dict__.pop("reader", None)
        if reader is not None:
            reader.close()

    def context(self, task: str, budget_tokens: int = BUDGET_TOKENS, files: int = RANKED_FILES) -> Pack:
        """Answer a task: ranked files and symbols, and the text that fits the budget. BadTask, StoreError."""
        if not task.strip():
            raise BadTask("the task is empty", "describe in a sentence what is to be done, or paste an issue")
        if budget_tokens < 0:
            raise BadTask(f"a budget of {budget_tokens} tokens is below zero", "give 0 or more")
        ring(self.folder, "asked")
        return self.reader.context(task, min(budget_tokens, LARGEST_BUDGET), files)

    def likely(self, budget_tokens: int = BUDGET_TOKENS, files: int = RANKED_FILES) -> Pack | None:
        """Answer what may be asked next (branch, changed files, commits); None where nothing hints at a task."""
        from noctule.indexer.forecast.likely_task import answer

        return answer(self, budget_tokens, files)

    def notes(self, subject: str = "") -> Note:
        """Say what is known about a path, path:symbol, directory, or (empty) the repository. UnknownSubject."""
        ring(self.folder, "asked")
        return self.reader.notes(subject)

    def predict(self, given: Sequence[str] = (), task: str = "", k: int = 20) -> Forecast:
        """Name the likeliest change points, with the hit rate on this repository's own past."""
        ring(self.folder, "asked")
        return self.reader.predict(given, task, k)

    def status(self) -> Status:
        """Say what is known, how fresh it is, what it cost and where it lies."""
        from noctule.indexer.serve.status import status_of

        return status_of(self)


def forget(path: Path, cache: Path | None = None) -> Forgotten:
    """Remove everything that was stored about a repository, all its worktrees and revisions included."""
    repository = Repository.open(path, cache=cache)
    existed = repository.folder.exists()
    size = stores.remove(repository.folder) if existed else 0
    return Forgotten(str(repository.folder), size, existed)


def _git(place: RepositoryPlace | None, root: Path) -> Git:
    if place is None:
        from noctule.indexer.errors import UnknownRevision

        raise UnknownRevision(f"{root} is not a git repository, so it has no revisions", "leave out --at")
    return Git(place)


def _is_known(view: ViewRow, snapshot: Snapshot, *, history: bool) -> bool:
    if history:
        return view.snapshot == snapshot.key and view.revision == snapshot.revision
    return view.texts == snapshot.key


def freshness_of(view: ViewRow | None, learned: dict[str, str], live: Snapshot | None, withheld: int = 0) -> Freshness:
    """Compare what a view was learned from (path -> blob id) with the live files."""
    if view is None:
        return Freshness("unknown")
    if live is None:
        return Freshness("fresh", 0, (), view.learned_at, withheld, view.revision)
    pending = sorted(p for p, f in live.files.items() if learned.get(p) != f.blob)
    gone = sorted(p for p in learned if p not in live.files)
    changed = pending + gone
    return Freshness(
        "pending" if changed or view.partial else "fresh",
        len(changed),
        tuple(changed[:MOST_PENDING]),
        view.learned_at,
        withheld,
        view.revision,
    )
