"""What changes in a repository, told as batches of paths. Reads no content, stores nothing, decides nothing.

    watch = Watch(repository)
    watch.start()                       # then look at the files: from here on nothing goes unseen
    while (changes := watch.next(None)) is not None and not changes.gone: ...
    watch.close()

`next` does the work, in the thread of its caller; the thread that the system's events arrive in only takes notes. While
nothing happens both are blocked.
"""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Literal

from noctule.indexer.errors import NoctuleError
from noctule.indexer.files.git import Git
from noctule.indexer.serve.repository import Repository
from noctule.indexer.watch.batch import Batch, due_time
from noctule.indexer.watch.event_source import EventSource, Kind
from noctule.indexer.watch.git_state import GitState
from noctule.indexer.watch.identity import Identity
from noctule.indexer.watch.mounts import find_mounts, is_below
from noctule.indexer.watch.polling import BEAT_S, Polling
from noctule.indexer.watch.scope import GitScope, PlainScope, WatchScope
from noctule.indexer.watch.spelling import disk_spelling, folds_case, read_names
from noctule.indexer.watch.system import System, native
from noctule.indexer.watch.watched_folders import WatchedFolders
from noctule.indexer.watch.watches import Watches

# When git cannot say what is ignored, it is asked again, less and less often.
RETRY_S = 2.0
LONGEST_RETRY_S = 60.0

Step = Literal["stop", "follow", "look", "retry"]


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened, in one batch; `at` is when it began, by the monotonic clock.

    Paths are relative to the root, with forward slashes; one that ends in a slash is a folder that went, and stands
    for all that was below it. Files that were created and removed within the batch are left out where anything else
    is told. `head`: another branch or commit, or the begin or end of a rebase, merge, cherry-pick, revert or bisect.
    `index`: git wrote its index, so that a file which the rules ignore may count from here on, or no longer.
    `everything`: there may be changes that no path tells of. `gone`: the repository is no longer there, or no longer
    what it was; nothing is told after this.
    """

    paths: frozenset[str]
    head: bool
    index: bool
    everything: bool
    gone: bool
    at: float


@dataclass(frozen=True, slots=True)
class WatchState:
    """How a repository is watched.

    `watches` of the system are taken; `polled` are the topmost folders that are looked at from time to time instead
    ("." for the root), `why` says in a sentence for what reason and `fix` in one line what to do about it. `operation`
    is what git is in the middle of: rebase, am, merge, cherry-pick, revert, bisect, or nothing.
    """

    watches: int
    polled: tuple[str, ...]
    why: str
    fix: str
    operation: str


class Watch:
    """Watches one repository or plain folder; of a bare one only where its HEAD stands.

    `start` and `next` belong to one thread; `close` and `state` may be called from any. `on_stir` is called as
    soon as a batch begins, long before it is told, in the thread of the system's events, and must return at once;
    `on_calm` where the batch then comes to nothing. Files that are known to be ignored begin none.
    """

    def __init__(
        self,
        repository: Repository,
        settle_s: float = 0.05,
        longest_s: float = 0.5,
        *,
        beat_s: float = BEAT_S,
        system: System | None = None,
        on_stir: Callable[[], None] = lambda: None,
        on_calm: Callable[[], None] = lambda: None,
    ) -> None:
        self._root = str(repository.root)
        self._place = repository.place
        self._settle_s = settle_s
        self._longest_s = longest_s
        self._system = system or native()
        self._on_stir = on_stir
        self._on_calm = on_calm
        self._noted = threading.Condition()
        self._working = threading.Lock()  # held while watches are laid, so that none is laid after they are freed
        self._batch = Batch()
        self._is_removed = False
        self._closed = self._is_gone = self._folds_case = False
        self._followed_at = float("-inf")
        self._retry_at: float | None = None
        self._retry_s = RETRY_S
        self._fault = ""
        self._polling = Polling(beat_s)
        self._watches = Watches(self._obtain if self._system.source is not None else None, self._polling)
        self._scope: WatchScope = PlainScope(repository.root) if self._place is None else GitScope(Git(self._place))
        self._ground = WatchedFolders(self._root, self._scope, self._watches, self._in_tree)
        self._git = GitState(self._place, self._watches, self._in_git) if self._place is not None else None
        self._identity = Identity(repository.root, self._place)

    def start(self) -> None:
        """Begin to watch: what happens from here on is told. GitError."""
        with self._working:
            mounts = find_mounts(self._root, self._system.table())
            self._watches.start(mounts, self._identity.anchors, self._on_folder_loss)
            try:
                self._lay()
            except NoctuleError:
                self._watches.close()
                raise

    def next(self, timeout_s: float | None = None) -> Changes | None:
        """Wait for the next batch; None when the time is up, and at once after `close`."""
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        while (batch := self._ripe(deadline)) is not None:
            with self._working:
                changes = self._digest(batch) if not self._closed else None
            if changes is not None:
                return changes
            self._on_calm()
        return None

    def close(self) -> None:
        """Watch nothing any more; `next` returns None from here on."""
        with self._noted:
            self._closed = True
            self._noted.notify_all()
        with self._working:
            self._watches.close()

    @property
    def state(self) -> WatchState:
        """How the repository is watched at the moment."""
        why, fix = self._watches.complaint()
        told = [os.path.relpath(f, self._root) if is_below(f, self._root) else f for f in self._polling.folders]
        folders = set(told)
        topmost = [f for f in told if f == "." or (os.path.dirname(f) or ".") not in folders]  # noqa: PTH120
        operation = self._git.operation if self._git is not None else ""
        return WatchState(self._watches.count, tuple(sorted(topmost)), self._fault or why, fix, operation)

    # Taking notes: called by the source in its own thread, or while folders are looked at

    def _in_tree(self, folder: str, name: str, kind: Kind, is_folder: bool) -> None:
        path = f"{folder}/{name}" if folder else name
        with self._noted:
            if name == ".git":
                if kind == "changed":
                    return
                # Below the root a nested repository came or went; at the root, what makes this a repository.
                self._batch.rules |= bool(folder)
            elif is_folder:
                if not self._batch.folder(path, kind, path in self._ground.folders):
                    return
            elif name != ".gitignore" and self._scope.is_known_ignored(path):
                return
            else:
                self._batch.file(path, kind)
                self._batch.rules |= name == ".gitignore" and self._place is not None
            self._note()

    def _in_git(self, folder: str, name: str, _kind: Kind, is_folder: bool) -> None:
        if self._git is None:
            return
        sign = self._git.sign(folder, name)
        with self._noted:
            if is_folder:
                self._git.lose(folder, name)
            if not sign:
                return
            self._batch.git_last = time.monotonic()
            if sign == "lock":
                self._noted.notify_all()  # a batch that has begun waits for the lock to go
                return
            self._batch.head |= sign == "head"
            self._batch.index |= sign == "index"
            self._batch.rules |= sign == "rules"
            self._note()

    def _on_folder_loss(self, is_removed: bool) -> None:
        """Take note that a folder the repository stands on is another one, or lies elsewhere."""
        with self._noted:
            self._is_removed |= is_removed
            self._note()

    def _on_overflow(self) -> None:
        with self._noted:
            self._batch.lost = True
            self._note()

    def _note(self) -> None:
        if self._batch.record_event(time.monotonic()):
            self._on_stir()
            self._noted.notify_all()

    # Waiting

    def _ripe(self, deadline: float | None) -> Batch | None:
        """Wait until a batch is worth telling; None when closed or out of time."""
        while not isinstance(step := self._step(deadline), Batch):
            if step == "stop":
                return None
            with self._working:
                if self._closed:
                    return None
                if step == "follow":
                    self._follow()
                elif step == "look":
                    self._watches.look()
                else:
                    self._try_again()
        return step

    def _step(self, deadline: float | None) -> Batch | Step:
        """Wait until there is something to do."""
        with self._noted:
            while True:
                if self._closed:
                    return "stop"
                now, batch = time.monotonic(), self._batch
                # Folders that came are watched soon, whatever the batch waits for: files go on arriving in them.
                follow_at = self._followed_at + self._settle_s if batch.came or batch.went else None
                if follow_at is not None and follow_at <= now:
                    self._followed_at = now
                    return "follow"
                ripe_at = self._due_time(now)
                if ripe_at is not None and ripe_at <= now:
                    return self._take(now)
                if self._polling.next_look is not None and self._polling.next_look <= now:
                    return "look"
                if self._retry_at is not None and self._retry_at <= now:
                    return "retry"
                if deadline is not None and deadline <= now:
                    return "stop"
                times = (follow_at, ripe_at, self._polling.next_look, self._retry_at, deadline)
                self._noted.wait(min((at - now for at in times if at is not None), default=None))

    def _take(self, now: float) -> Batch:
        """Begin another batch, with the folders that are still to be followed."""
        batch = self._batch
        self._batch = Batch(git_last=batch.git_last, came=batch.came, went=batch.went)
        if batch.came or batch.went:
            self._batch.record_event(now)
        return batch

    def _due_time(self, now: float) -> float | None:
        if self._batch.first is None:
            return None
        began = time.time() - (now - self._batch.first)
        is_locked = self._git is not None and self._git.is_locked(began)
        return due_time(self._batch, is_locked, now, self._settle_s, self._longest_s)

    def _try_again(self) -> None:
        self._retry_at = None
        with self._noted:
            self._batch.rules = True
            self._note()

    # Doing

    def _lay(self) -> None:
        if self._git is not None:
            self._git.has_moved()
        if self._place is None or not self._place.bare:
            self._folds_case = folds_case(self._root)
            self._ground.lay([""])

    def _follow(self) -> None:
        """Watch the folders that came and free those that went; what is in the former belongs to the batch."""
        with self._noted:
            came, went = self._batch.came, self._batch.went
            self._batch.came, self._batch.went = set(), set()
        removed = {f"{folder}/" for folder in went}
        self._ground.drop_folders(went)
        try:
            files = self._ground.lay(self._with_disk_spelling(came))
            refused = False
        except NoctuleError:
            files, refused = set(), True  # the batch asks git anew about all folders
        with self._noted:
            self._batch.removed |= removed
            self._batch.rules |= refused
            for path in files:
                self._batch.file(path, "came")

    def _digest(self, batch: Batch) -> Changes | None:
        """Return what a batch comes to; None for nothing."""
        at = batch.first if batch.first is not None else time.monotonic()
        if self._is_gone:
            return None
        try:
            if self._is_another():
                return self._end(at)
            everything = batch.lost or batch.rules
            if everything:
                self._ground.lay_anew()
            elif batch.index:
                self._watch_tracked(batch)
            head = (batch.head or batch.lost) and self._git is not None and self._git.has_moved(batch.lost)
            paths = self._paths(batch, everything or head or batch.index)
            self._fault, self._retry_s = "", RETRY_S
        except NoctuleError as error:
            if self._is_another():
                return self._end(at)
            return self._postpone(batch, error, at)
        if paths or head or batch.index or everything:
            return Changes(paths, head, batch.index, everything, False, at)
        return None

    def _postpone(self, batch: Batch, error: NoctuleError, at: float) -> Changes | None:
        """Tell what is known where git could not say what counts, and ask it again later."""
        self._fault = f"git cannot list the files: {error}"
        self._retry_at = time.monotonic() + self._retry_s
        self._retry_s = min(2 * self._retry_s, LONGEST_RETRY_S)
        if batch.files or batch.removed or batch.head or batch.index or batch.lost:
            return Changes(frozenset(batch.files) | batch.removed, batch.head, batch.index, True, False, at)
        return None

    def _end(self, at: float) -> Changes:
        self._is_gone, self._retry_at = True, None
        self._watches.close()
        return Changes(frozenset(), False, False, False, True, at)

    def _watch_tracked(self, batch: Batch) -> None:
        """Watch ignored folders that hold tracked files since git wrote its index."""
        self._scope.forget()
        for path in self._ground.lay(self._ground.left_out):
            batch.file(path, "changed")

    def _paths(self, batch: Batch, is_told_anyway: bool) -> frozenset[str]:
        """Return the paths of a batch that count.

        A file of a folder that is not watched any more is told without asking git: the folder went.
        """
        asked = [path for path in batch.files if path.rpartition("/")[0] in self._ground.folders]
        ignored = self._scope.filter_ignored(asked)
        files = {path: came for path, came in batch.files.items() if path not in ignored}
        lasting = {path for path, came in files.items() if not came or os.path.lexists(self._ground.full(path))}
        told = lasting | batch.removed
        # A file that came and went is told where nothing else is: whoever looked in between may have seen it.
        return frozenset(self._with_disk_spelling(told if told or is_told_anyway else files))

    def _with_disk_spelling(self, paths: Iterable[str]) -> set[str]:
        """Add the names that are on disk, where events may have another spelling."""
        found = set(paths)
        if self._folds_case:
            names = cache(read_names)
            found |= {disk_spelling(path, self._root, names) for path in found if not path.endswith("/")}
        return found

    def _is_another(self) -> bool:
        return self._is_removed or self._identity.has_changed()

    def _obtain(self) -> EventSource:
        if self._system.source is None:
            raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
        return self._system.source(self._root, self._on_overflow)
