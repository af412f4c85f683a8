"""The service of one repository in a process that stays: questions to a loaded view, and a sleeper that learns.

What was learned is read in a thread of its own, because SQLite's connections belong to one. When sleep has learned
more, that is loaded beside it, and takes its place once it is ready: no question waits for it. Knows no protocol.
"""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, PriorityQueue
from threading import RLock, Thread
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from noctule.indexer.errors import NoctuleError, StoreError
from noctule.indexer.parse.outline_process import OutlineProcess
from noctule.indexer.runtime.memory import trim
from noctule.indexer.runtime.notify import Listener, Signal
from noctule.indexer.serve.repository import Repository
from noctule.indexer.store.reference import RepositoryRef
from noctule.lsp_server.loaded_view import LoadedView, Texts, Unknown

if TYPE_CHECKING:
    from noctule.indexer.background.events import Event
    from noctule.indexer.background.sleep_loop import Sleeper
    from noctule.indexer.llm.key import Key
    from noctule.indexer.llm.settings import Choice
    from noctule.indexer.runtime.leader import SleeperStatus
    from noctule.lsp_server.settings import Settings

T = TypeVar("T")
LOOK_S = 10.0
"""Where nobody says when files change, a look at them that is older is renewed after an answer."""
WATCHED_LOOK_S = 3600.0
RETURN_LOOK_S = 0.5
"""How often a repository that is gone is looked for."""
REST_S = 2.0
"""Who asks a second time has mostly done so by then; to give memory back takes longer than an answer."""
MOST_PLAIN_LOOKS = 4
"""A folder may be there before what makes it a repository; found so often without, it is a plain one."""


class Closable(Protocol):
    """What works beside a service."""

    def close(self) -> None:
        """End."""


@dataclass(order=True, slots=True)
class _Work:
    """A thing to do; what is urgent comes first, else what was asked for first. No work at all ends the thread."""

    later: int
    number: int
    work: Callable[[], Any] | None = field(compare=False)
    future: Future[Any] = field(compare=False)


class ServiceThread:
    """A thread that does one thing after the other. What was cancelled before its turn is not done.

    When there was nothing to do for `rest_s`, it gives memory back, once.
    """

    def __init__(self, name: str, rest_s: float = REST_S) -> None:
        self._rest_s = rest_s
        self._waiting: PriorityQueue[_Work] = PriorityQueue()
        self._numbers = itertools.count()
        Thread(target=self._run, name=name, daemon=True).start()

    def submit(self, work: Callable[[], T], *, urgent: bool = False) -> Future[T]:
        """Have something done; its result or error comes to the future."""
        future: Future[T] = Future()
        self._waiting.put(_Work(0 if urgent else 1, next(self._numbers), work, future))
        return future

    def close(self) -> None:
        """End when all that was submitted is done."""
        self._waiting.put(_Work(2, next(self._numbers), None, Future()))

    def _run(self) -> None:
        while (next_ := self._next()).work is not None:
            if next_.future.set_running_or_notify_cancel():
                try:
                    next_.future.set_result(next_.work())
                except BaseException as error:  # noqa: BLE001 - the outermost loop of a thread: who asked is told
                    next_.future.set_exception(error)
            del next_  # an answer is not kept until the next question

    def _next(self) -> _Work:
        try:
            return self._waiting.get(timeout=self._rest_s)
        except Empty:
            trim()
            return self._waiting.get()


class RepositoryService:
    """Answers questions about one work tree, and has it learned meanwhile if `start_sleep` is called.

    It follows the repository by itself: after an answer it looks at the store, and loads what was learned beside what
    is served, so that no question waits for that. Where `follows` is False it does not: each question begins with
    `LoadedView.update` itself, and where it does not preload, the first question loads what is known.
    `on_renewed` is called when more is known than before, `on_event` hears what the sleeper does; both in any thread.
    """

    def __init__(
        self,
        root: Path,
        on_renewed: Callable[[], None] = lambda: None,
        on_event: Callable[[Event], None] = lambda _event: None,
        *,
        cache: Path | None = None,
        follows: bool = True,
        preloads: bool = True,
    ) -> None:
        self.root = root
        self._cache = cache
        self._follows = follows
        self._on_renewed = on_renewed
        self._on_event = on_event
        self._lock = RLock()  # a handler of signals closes it in whatever its thread is at
        self._closed = False
        self._coming = self._again = self._looking = False
        self._sleeper: Sleeper | None = None
        self._slept_on: RepositoryRef | None = None
        self._wanted: tuple[Settings, Choice, Key] | None = None  # what the sleeper was last started with
        self._listener: Listener | None = None
        self._outlines = OutlineProcess()
        self._beside: list[Closable] = [self._outlines]
        self._view, self._thread = self._new_view()
        self.opened: Future[bool] = Future()
        if preloads:
            self.opened = self._thread.submit(self._view.open, urgent=True)
        else:
            self.opened.set_result(False)
        if follows:
            self._thread.submit(self._prepare)

    def _new_view(self) -> tuple[LoadedView, ServiceThread]:
        view = LoadedView(self.root, self._cache, self._outlines.outline)
        return view, ServiceThread(f"reading {self.root.name}")

    # Questions

    def ask(
        self,
        question: Callable[[LoadedView], T],
        texts: Texts | None = None,
        *,
        urgent: bool = False,
        looks: bool = False,
    ) -> Future[T]:
        """Have a question answered from what is loaded, with unsaved texts laid over it. NoctuleError; Unknown.

        Where it `looks`, the files are looked at first; else they are as they were last seen.
        """
        with self._lock:
            view, thread, opened = self._view, self._thread, self.opened
            if not self._follows:
                return thread.submit(lambda: question(view), urgent=urgent)
            answer = thread.submit(lambda: _answer(view, opened, question, texts or {}, looks=looks), urgent=urgent)
            thread.submit(lambda: self._load_ahead(view, LOOK_S if self._sleeper is None else WATCHED_LOOK_S))
        return answer

    def ask_afresh(self, question: Callable[[LoadedView], T]) -> Future[T]:
        """Have a question answered as a new process would: from the files as they are and all that was learned.

        Unknown where nothing is known, or more than is loaded so far.
        """

        def ask(view: LoadedView) -> T:
            if not self._follows:
                view.update()
            elif not view.is_current():
                self.hear_change()
                raise Unknown(f"more is known of {self.root} than is loaded")
            if not view.known:
                raise Unknown(f"{self.root} is not indexed yet")
            return question(view)

        return self.ask(ask, looks=True)

    def _prepare(self) -> None:
        with contextlib.suppress(NoctuleError, OSError):
            self._listen()
            self._view.warm()

    def _listen(self) -> None:
        """Hear from any process that more was learned."""
        listener = Listener.of_reader(RepositoryRef.find(self.root, cache=self._cache).folder, self._hear_signal)
        with self._lock:
            self._listener = listener
        if self._closed:
            self._leave_listener()

    def _hear_signal(self, signal: Signal, _process: int) -> None:
        if signal == "learned":
            self.hear_change()

    def _leave_listener(self) -> None:
        with self._lock:
            listener, self._listener = self._listener, None
        if listener is not None:
            listener.close()

    # What is served

    def hear_change(self) -> None:
        """Hear that files, or what is known of them, may have changed."""
        with self._lock:
            if self._follows and not self._closed:
                view = self._view
                self._thread.submit(lambda: self._load_ahead(view, 0.0))

    def _load_ahead(self, view: LoadedView, oldest_s: float) -> None:
        """Do, after an answer, what the next one is better for."""
        if view is not self._view:
            return
        try:
            current = view.is_current()
        except (NoctuleError, OSError):
            current = False
        if not current:
            self._renew()
        elif view.known and view.age_s > oldest_s:
            self._look_again(view)

    def _look_again(self, view: LoadedView) -> None:
        with self._lock:
            if self._looking or self._closed:
                return
            self._looking = True
        Thread(target=self._look, args=(view,), name="look", daemon=True).start()

    def _look(self, view: LoadedView) -> None:
        """Look at the files in a thread of its own: git takes longer than an answer."""
        try:
            ref = RepositoryRef.find(self.root, cache=self._cache)
            store = ref.open_store()
            if store is not None:
                with contextlib.closing(store):
                    disk = ref.snapshot(store)
                self._thread.submit(lambda: view.show(disk), urgent=True)
        except (NoctuleError, OSError):  # it is gone, or git failed: what is served says what it rests on
            pass
        finally:
            self._looking = False

    def _renew(self) -> None:
        """Load what is known by now, beside what is served."""
        with self._lock:
            if self._closed or self._coming:
                self._again = True
                return
            self._coming = True
        view, thread = self._new_view()
        opened = thread.submit(view.open, urgent=True)
        thread.submit(lambda: self._adopt(view, thread, opened))

    def _adopt(self, view: LoadedView, thread: ServiceThread, opened: Future[bool]) -> None:
        with contextlib.suppress(NoctuleError, OSError):
            view.warm()
        with self._lock:
            self._coming = False
            again, self._again = self._again, False
            better = not self._closed and (view.known or not self._view.known)
            left = (self._view, self._thread) if better else (view, thread)
            if better:
                self._view, self._thread, self.opened = view, thread, opened
        _leave(*left)
        if better and view.known:
            self._on_renewed()
        if again:
            self._renew()

    # Sleep

    def start_sleep(self, settings: Settings, choice: Choice, key: Key) -> bool:
        """Keep what is known fresh, and think ahead while nobody needs the machine, until `end_sleep`.

        A model thinks along where the user has chosen one. Returns whether a sleeper was started: there may be one.
        """
        if self._closed or self._sleeper is not None:
            return False
        from noctule.indexer.background.sleep_loop import Sleeper  # 0.1 s that no answer has to wait for

        repository = Repository.open(self.root, cache=self._cache)
        if settings.sleep.scip:
            with contextlib.suppress(StoreError):  # the sleeper says what keeps it from writing
                repository.choose_scip(settings.sleep.scip)
        with self._lock:
            if self._closed or self._sleeper is not None:
                return False
            self._wanted = settings, choice, key
            sleep = settings.thresholds, settings.limits, settings.sleep.cores_share
            self._slept_on = repository.ref
            self._sleeper = Sleeper(repository, *sleep, on_event=self._hear)
            self._sleeper.allow_thinking(choice, key)
            self._sleeper.start()
        return True

    def may_think(self, choice: Choice, key: Key) -> None:
        """Have the model think that the user has chosen by now, or none any more."""
        with self._lock:
            sleeper = self._sleeper
            if sleeper is not None and self._wanted is not None:
                self._wanted = self._wanted[0], choice, key
        if sleeper is not None:
            sleeper.allow_thinking(choice, key)

    def _hear(self, event: Event) -> None:
        if event.event in ("fresh", "job", "gone", "ended"):
            self.hear_change()
        if event.event == "gone":
            Thread(target=self._await_return, args=(self._sleeper,), name="return", daemon=True).start()
        self._on_event(event)

    def _await_return(self, sleeper: Sleeper | None) -> None:
        """Start anew once a repository is there again: a work tree is removed and made again, a clone replaced."""
        plain_looks = 0
        while not self._closed and self._sleeper is sleeper and sleeper is not None:
            time.sleep(RETURN_LOOK_S)
            try:
                ref = RepositoryRef.find(self.root, cache=self._cache)
            except (NoctuleError, OSError):
                continue
            before = self._slept_on
            if before is not None and ref.root != before.root:
                continue
            if before is not None and before.place is not None and ref.place is None:
                plain_looks += 1
                if plain_looks < MOST_PLAIN_LOOKS:
                    continue
            sleeper.close()
            with self._lock:
                if self._sleeper is not sleeper or self._wanted is None:
                    return
                self._sleeper, wanted = None, self._wanted
            with contextlib.suppress(NoctuleError, OSError):
                self.start_sleep(*wanted)
                self.hear_change()
            return

    @property
    def is_sleeping(self) -> bool:
        """Whether a sleeper of this process sits on the work tree, or waits for its turn to."""
        return self._sleeper is not None

    @property
    def sleeper_status(self) -> SleeperStatus | None:
        """How the sleeper of this process stands; None where there is none."""
        sleeper = self._sleeper
        return sleeper.status if sleeper is not None else None

    @property
    def failure(self) -> Exception | None:
        """What ended the sleeper of this process; None where nothing did."""
        sleeper = self._sleeper
        return sleeper.failure if sleeper is not None else None

    def hear_activity(self) -> None:
        """Hear that somebody is at work: what can wait stops before this returns."""
        sleeper = self._sleeper
        if sleeper is not None:
            sleeper.note_activity()

    def end_sleep(self) -> None:
        """End the sleep, with all that works for it."""
        with self._lock:
            sleeper, self._sleeper = self._sleeper, None
        if sleeper is not None:
            sleeper.close()

    def close_too(self, other: Closable) -> None:
        """Have something closed before this service is."""
        with self._lock:
            self._beside.append(other)
        if self._closed:
            other.close()

    def close(self) -> None:
        """Answer what was asked, and no more."""
        with self._lock:
            self._closed = True
            view, thread = self._view, self._thread
            beside, self._beside = self._beside, []
        for other in beside:
            other.close()
        _leave(view, thread)
        self._leave_listener()
        self.end_sleep()


def _answer(
    view: LoadedView, opened: Future[bool], question: Callable[[LoadedView], T], texts: Texts, *, looks: bool
) -> T:
    if opened.result() and looks:
        view.look()
    view.overlay(texts)
    return question(view)


def _leave(view: LoadedView, thread: ServiceThread) -> None:
    thread.submit(view.close)
    thread.close()
