"""One repository as its users see it: learn it, ask it, forget it. Wires the parts together and holds no ranking.

`sleep` writes the index; everything else only reads it, and compares the lines it serves with the live files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Self, cast

from noctule.indexer.defaults import BUDGET_TOKENS, RANKED_FILES
from noctule.indexer.errors import BadTask, NotIndexed, StoreDamaged
from noctule.indexer.files.git import RepositoryPlace
from noctule.indexer.files.snapshot import Snapshot
from noctule.indexer.runtime import notify
from noctule.indexer.runtime.collections import no_collections
from noctule.indexer.store import store as stores
from noctule.indexer.store.connection import is_suspect
from noctule.indexer.store.lease import lease
from noctule.indexer.store.reference import RepositoryRef
from noctule.indexer.store.store import Store

if TYPE_CHECKING:
    from noctule.indexer.files.listing_runs import ListingRuns
    from noctule.indexer.forecast.likely_task import LikelyTask
    from noctule.indexer.learn.first_look import FirstLook
    from noctule.indexer.progress import Pace, Report
    from noctule.indexer.reports import Forgotten, SleepReport, Status
    from noctule.indexer.results import Forecast, Note, Pack, Progress
    from noctule.indexer.review.results import Review
    from noctule.indexer.serve.queries import Reader

LARGEST_BUDGET = 10_000_000


def ignore(_progress: Progress) -> None:
    """Show nothing."""


class Repository:
    """A repository to learn and to ask: a git work tree, a bare repository or a plain folder, or one commit of git's.

    The first question opens the store and loads the index; both stay until `refresh`, `sleep` or `close`, so
    that the next question is answered from what the first one saw. Use it from one thread; what `ref` does needs none
    of this and is free for all threads.
    """

    def __init__(self, ref: RepositoryRef) -> None:
        self.ref = ref
        self._store: Store | None = None
        self._reader: Reader | None = None
        self._first_look: FirstLook | None = None

    @classmethod
    def open(cls, path: str | Path = ".", at: str | None = None, cache: str | Path | None = None) -> Self:
        """Find the repository that `path` lies in. NotADirectory, UnknownRevision; nothing is read or written yet.

        `at` is a commit to look at instead of the work tree; `cache` the folder of all stores.
        """
        return cls(RepositoryRef.find(Path(path), at, Path(cache) if cache is not None else None))

    def close(self) -> None:
        """Close the store and drop the loaded index; the next question opens it again."""
        reader, self._reader, self._first_look = self._reader, None, None
        if reader is not None:
            reader.close()
        store, self._store = self._store, None
        if store is not None:
            store.close()

    def refresh(self) -> None:
        """Look at the files, the commit they were checked out from, and the store anew at the next question."""
        self.close()
        self.ref = self.ref.look_up_head()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def root(self) -> Path:
        """The top of the work tree or folder; of a bare repository, the repository itself."""
        return self.ref.root

    @property
    def place(self) -> RepositoryPlace | None:
        """Where git keeps it; None for a plain folder."""
        return self.ref.place

    @property
    def at(self) -> str | None:
        """The commit that is served; None for the work tree."""
        return self.ref.at

    @property
    def folder(self) -> Path:
        """The folder of its store, outside of the repository."""
        return self.ref.folder

    @property
    def view_name(self) -> str:
        """The name of the view of this work tree or revision in the store."""
        return self.ref.view_name

    # Learning

    def sleep(
        self, progress: Report = ignore, deadline_s: float | None = None, pace: Pace | None = None
    ) -> SleepReport:
        """Index everything that is not indexed yet. After an interruption, even a kill, the next call continues.

        At most `deadline_s` seconds; StoreUnavailable, GitError. Waits for another process that sleeps on the same
        repository, and then has little left to do.
        """
        from noctule.indexer.learn.sleep import sleep
        from noctule.indexer.progress import Pace

        self.refresh()
        return sleep(self.ref, progress, deadline_s, pace or Pace())

    def choose_scip(self, name: str) -> None:
        """Read uses from this SCIP index from now on: a path, a relative one below the top folder. StoreError."""
        from noctule.indexer.learn.scip_file import choose

        choose(self.folder, self.view_name, name)

    # Asking

    def knows(self) -> bool:
        """Say whether anything was learned for this work tree or revision; a damaged store knows nothing."""
        try:
            store = self._open()
            return store is not None and store.view(self.view_name) is not None and not is_suspect(self.folder)
        except StoreDamaged:
            return False

    def knows_a_part(self) -> bool:
        """Say whether its files are being read for the first time, and only a part of them is known. StoreError."""
        store = self._open()
        view = store.view(self.view_name) if store is not None else None
        return view is not None and view.is_first_part

    def knows_all(self) -> bool:
        """Say whether its files were read to the end, if perhaps long ago. StoreError."""
        return self.knows() and not self.knows_a_part()

    def is_new(self) -> bool:
        """Say whether it was never seen, or another process is reading it for the first time. StoreError."""
        if not (self.folder / "store.db").exists():
            return True
        if self.knows_all():
            return False
        with lease(self.folder) as offered:
            return not offered.acquire()

    def begin(self) -> None:
        """Make an empty store after a first look, so that the next question indexes the repository. StoreError.

        If another process is about to index the repository, this does nothing.
        """
        from noctule.indexer.learn.sleep import begin

        if self._first_look is not None:
            begin(self.ref, self._first_look.snapshot)

    def look_first(self, task: str, *, is_only: bool = False) -> bool:
        """Read what one task needs soonest, and answer from that until `refresh` or `sleep`; nothing of it is stored.

        False where there is so little to read that `sleep` is done as soon, unless nothing can be stored and this
        `is_only`. GitError.
        """
        from noctule.indexer.learn.first_look import look_first
        from noctule.indexer.serve.queries import Reader

        found = look_first(self.ref, task, is_only=is_only)
        if found is None:
            return False
        self.close()
        self._store, self._first_look = found.store, found
        self._reader = Reader(found.store, (found.view, found.parts), lambda: found.snapshot, self.ref)
        return True

    def read_other_tree(self) -> bool:
        """Answer from the index of this commit in another work tree, if there is one, until `refresh`. StoreError."""
        store = self._open()
        head = self.place.head if self.place is not None else None
        if store is None or head is None or is_suspect(self.folder):
            return False
        view = store.find_revision_view(head)
        if view is not None:
            self._reader = self._load(None, view.name)
        return view is not None

    def _open(self) -> Store | None:
        """Return the store, opened once; None where nothing was ever stored. StoreError."""
        if self._store is not None and not self._store.is_in_place():
            self.close()
        if self._store is None:
            self._store = self.ref.open_store()
        return self._store

    @property
    def reader(self) -> Reader:
        """What was learned, loaded for answering. StoreError."""
        if self._reader is None:
            with self.ref.begin_listing() as begun:  # git lists the files while numpy is imported
                self._reader = self._load(begun)
        return self._reader

    def _load(self, begun: ListingRuns | None, view_name: str = "") -> Reader:
        from noctule.indexer.serve.queries import PARTS, Reader

        ref, store = self.ref, self._open()
        loaded = store.load_view(view_name or self.view_name, PARTS) if store is not None else None
        if store is None or loaded is None:
            raise NotIndexed(f"{self.root} is not indexed yet", "run `noctule sleep` first")
        live = ref.scan(store.stats(ref.stat_root), begun=begun) if ref.at is None else None
        return Reader(store, loaded, lambda: live, ref)

    def context(self, task: str, budget_tokens: int = BUDGET_TOKENS, files: int = RANKED_FILES) -> Pack:
        """Answer a task: ranked files and symbols, and the text that fits the budget. BadTask, StoreError."""
        if not task.strip():
            raise BadTask("the task is empty", "describe in a sentence what is to be done, or paste an issue")
        if budget_tokens < 0:
            raise BadTask(f"a budget of {budget_tokens} tokens is below zero", "give 0 or more")
        _require_some("files", files)
        notify.send(self.folder, "asked")
        with no_collections():  # an answer leaves no circles, and to look for them took a twelfth of it
            pack = self.reader.context(task, min(budget_tokens, LARGEST_BUDGET), files)
        return pack if self._first_look is None else replace(pack, freshness=self._first_look.freshness)

    def likely(self, budget_tokens: int = BUDGET_TOKENS, files: int = RANKED_FILES) -> Pack | None:
        """Answer what may be asked next (branch, changed files, commits); None where nothing hints at a task."""
        from noctule.indexer.forecast.likely_task import find_changed_files, tasks
        from noctule.indexer.serve import prepared

        _require_some("files", files)
        store = self._open()
        if store is None:
            return None
        snapshot = self.ref.snapshot(store)
        likely = tasks(self.place, snapshot.revision, find_changed_files(self.place, snapshot))
        if not likely:
            return None
        ready = prepared.find(store, self.view_name, snapshot, likely[0].text, budget_tokens, files)
        return ready or self._assume(likely[0], budget_tokens, files)

    def prepare(self, task: LikelyTask, budget_tokens: int = BUDGET_TOKENS, files: int = RANKED_FILES) -> None:
        """Answer a task, and keep the answer for `likely` for as long as no file changes."""
        from noctule.indexer.serve import prepared

        pack = self._assume(task, budget_tokens, files)
        if pack.freshness.state != "fresh":
            return  # an answer that is to be given again later must not be behind already
        # The files may have changed since they were looked at for the answer.
        seen = self.reader.live or self.ref.look()
        store = Store(self.folder)
        try:
            prepared.keep(store, self.view_name, seen, task.text, pack, files)
        finally:
            store.close()

    def _assume(self, task: LikelyTask, budget_tokens: int, files: int) -> Pack:
        pack = self.context(task.text, budget_tokens, files)
        return replace(pack, assumed=f"{task.text} ({task.source})")

    def notes(self, subject: str = "") -> Note:
        """Say what is known about a path, path:symbol, directory, or (empty) the repository. UnknownSubject."""
        notify.send(self.folder, "asked")
        return self.reader.notes(subject)

    def predict(self, given: str | Sequence[str] = (), task: str = "", k: int = 20) -> Forecast:
        """Name the likeliest change points, with the hit rate on this repository's own past. UnknownSubject, BadTask.

        `given` are the files that the change has touched already, or the only one.
        """
        _require_some("k", k)
        notify.send(self.folder, "asked")
        return self.reader.predict([given] if isinstance(given, str) else given, task, k)

    def review(self, base: str = "HEAD", head: str | None = None, precision: float | None = 0.8) -> Review:
        """Say what a change forgot, whom it may break and which tests to run. UnknownRevision, BadTask, StoreError.

        The change leads from the commit `base` to the work tree, or to the revision that this was opened at; or to
        `head`: the latest commit, or "index", which is what `git commit` would take. With no `precision`, no forgotten
        files are looked for.
        """
        from noctule.indexer.serve.reviews import make_review

        if precision is not None and not 0 <= precision <= 1:
            raise BadTask(f"the precision {precision} is not a share", "give a number from 0 to 1")
        notify.send(self.folder, "asked")
        reader = self.reader  # opens the store
        return make_review(self.ref, reader, cast("Store", self._store), base, head, precision)

    def status(self) -> Status:
        """Say what is known, how fresh it is, what it cost and where it lies; works where the store is damaged."""
        from noctule.indexer.serve.status import make_status

        try:
            return make_status(self.ref, self._open())
        except StoreDamaged:
            return make_status(self.ref, None)

    # For those that do it beside

    def snapshot(self, known: Store | None = None) -> Snapshot:
        """Look at the files as they are; `known` holds the stat cache that saves hashing them again."""
        return self.ref.snapshot(known)

    def look(self) -> Snapshot:
        """Look at the files as they are, hashing only those that the store does not know. StoreError."""
        return self.ref.look()

    def open_store(self) -> Store | None:
        """Open the store once more, for reading; None where nothing was ever stored. StoreError."""
        return self.ref.open_store()


def _require_some(what: str, number: int) -> None:
    """Raise BadTask unless the number is at least one."""
    if number < 1:
        raise BadTask(f"{what} is {number}", "give 1 or more")


def forget(path: Path, cache: Path | None = None, *, dry_run: bool = False) -> Forgotten:
    """Remove everything that was stored about a repository, all its worktrees and revisions included.

    With `dry_run`, say what that would be.
    """
    from noctule.indexer.history.joint_file import forget_joint_files
    from noctule.indexer.reports import Forgotten

    ref = RepositoryRef.find(path, cache=cache)
    folder = ref.folder
    existed = folder.exists()
    if not dry_run:
        forget_joint_files(ref.root, cache)
    size = 0 if not existed else stores.size(folder) if dry_run else stores.remove(folder)
    return Forgotten(str(folder), size, existed)
