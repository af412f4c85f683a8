"""What a sleeper hears, in one mailbox: changed files, signals of other processes, answers of its children."""

from __future__ import annotations

from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Literal

from noctule.indexer.runtime.child import ChildExit, ChildReply
from noctule.indexer.runtime.leader import LeaderLock
from noctule.indexer.runtime.log import Log
from noctule.indexer.runtime.notify import Listener, Signal
from noctule.indexer.serve.repository import Repository
from noctule.indexer.watch.watch import Changes, Watch, WatchState

SETTLE_S = 0.03
"""A save of one file is over by then; what comes later is a refresh of its own, or part of the next."""

Mail = Changes | ChildReply | ChildExit | Signal | Literal["beat", "model", "leads", "close"]

log = Log(__name__)


class Inbox:
    """Receives the events of one work tree from `open` to `close`. Other threads call `on_activity` and `on_stir`.

    `on_stir`: files change, and which ones is reported later; `on_calm`: none of them counts.
    `is_own` tells whether a process works for this sleeper: signals of such processes are ignored.
    """

    def __init__(
        self,
        repository: Repository,
        lock: LeaderLock,
        on_activity: Callable[[], None],
        on_stir: Callable[[], None],
        on_calm: Callable[[], None],
        is_own: Callable[[int], bool],
    ) -> None:
        self._repository = repository
        self._lock = lock
        self._on_activity = on_activity
        self._on_stir = on_stir
        self._on_calm = on_calm
        self._is_own = is_own
        self._mail: SimpleQueue[Mail] = SimpleQueue()
        self._closing = False
        self._listener: Listener | None = None
        self._watch: Watch | None = None
        self._watcher: Thread | None = None
        self.failure: Exception | None = None
        """Why changes are no longer reported; None while they are."""

    def put(self, mail: Mail) -> None:
        """Put something into the mailbox, from any thread."""
        self._closing |= mail == "close"
        self._mail.put(mail)

    def next(self, timeout_s: float | None) -> Mail:
        """Wait for what comes next; a beat when the time is up."""
        try:
            return self._mail.get(timeout=timeout_s)
        except Empty:
            return "beat"

    def wait_for_lock(self) -> bool:
        """Wait until the leader's lock is free and taken; False where the sleeper is closed before."""
        Thread(target=self._take_lock, name="lock", daemon=True).start()
        while (mail := self._mail.get()) != "leads":
            if mail == "close":
                return False
        return True

    def _take_lock(self) -> None:
        if self._lock.acquire(wait=True):
            if self._closing:
                self._lock.release()
            else:
                self.put("leads")

    def open(self) -> None:
        """Begin to watch and to listen."""
        self._listener = self._listen()
        self._watch = Watch(self._repository, settle_s=SETTLE_S, on_stir=self._on_stir, on_calm=self._on_calm)
        self._watcher = Thread(target=self._watch_files, args=(self._watch,), name="watch", daemon=True)
        self._watcher.start()

    def close(self) -> None:
        """Hear nothing more."""
        if self._watch is not None:
            self._watch.close()
        if self._watcher is not None:
            self._watcher.join()
        if self._listener is not None:
            self._listener.close()

    def listen_anew(self) -> None:
        """Listen anew in a store that was forgotten, and with it the pipe for signals."""
        if self._listener is not None:
            self._listener.close()
        self._listener = self._listen()

    @property
    def watch_state(self) -> WatchState | None:
        """How the work tree is watched; None before it is."""
        return self._watch.state if self._watch is not None else None

    def _watch_files(self, watch: Watch) -> None:
        try:
            watch.start()
            self.put("beat")
            while (changes := watch.next(None)) is not None:
                self.put(changes)
        except Exception as error:  # noqa: BLE001 - the outermost loop of a thread: without it no change is told any more
            self.failure = error
            self.put("close")

    def _listen(self) -> Listener:
        return Listener(self._repository.folder, self._lock.name, self._hear)

    def _hear(self, signal: Signal, process: int) -> None:
        if self._is_own(process):
            return  # what works for this sleeper asks and waits too
        log.debug("signal", signal=signal, sender=process)
        if signal == "asked":
            self._on_activity()
        elif signal != "learned":
            self.put(signal)
