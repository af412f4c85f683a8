"""One repository that any number of agents ask: a thread that reads for them, and a sleeper that learns meanwhile.

A question never waits for the sleeper. Where nothing is known yet it is answered with how far learning is.

NoctuleError
└── NothingKnown    nothing was learned of the repository yet; its `learning` says how far that is
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from noctule.indexer.errors import NoctuleError, StoreDamaged
from noctule.indexer.serve.repository import Repository
from noctule.lsp_server.text.printable import printable_line

if TYPE_CHECKING:
    from noctule.indexer.background.sleep_loop import Event, Sleeper
    from noctule.indexer.results import Freshness
    from noctule.lsp_server.settings import Settings

T = TypeVar("T")

SETTLED_S = 1.0
"""The files that were looked at when the process started are good for so long."""
FIRST_GUESS_S = 5
LONGEST_GUESS_S = 120


@dataclass(frozen=True, slots=True)
class Learning:
    """How far a repository is that is being learned, and when an answer will say more."""

    sentence: str
    ask_again_s: int


class NothingKnown(NoctuleError):
    """Nothing was learned of the repository yet."""

    def __init__(self, learning: Learning) -> None:
        super().__init__("this repository is not indexed yet", learning.sentence)
        self.learning = learning


class Desk:
    """Answers about one repository, from `open` to `close`."""

    def __init__(self, repository: Repository, settings: Settings, *, sleeps: bool = True) -> None:
        self._repository = repository
        self._settings = settings
        self._sleeps = sleeps
        # One thread: the reader belongs to it, and the answers take milliseconds.
        self._thread = ThreadPoolExecutor(1, "desk")
        self._lock = Lock()
        self._sleeper: Sleeper | None = None
        self._closed = False
        self._heard: Event | None = None
        self._began = time.monotonic()
        self._looked_at = -math.inf

    def open(self) -> None:
        """Load what is known, so that the first question finds it; returns at once."""
        self._thread.submit(self._load)

    def close(self) -> None:
        """End, with all that works for it."""
        with self._lock:
            self._closed = True
            sleeper = self._sleeper
        if sleeper is not None:
            sleeper.close()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def learn(self) -> None:
        """Begin to sleep on the repository, if nobody has said otherwise."""
        with self._lock:
            if self._sleeper is not None or self._closed or not self._sleeps:
                return
            from noctule.indexer.background.sleep_loop import (
                Sleeper,  # after the first answer, where something is known
            )
            from noctule.indexer.llm.key import Key

            settings = self._settings
            self._began = time.monotonic()
            self._sleeper = Sleeper(
                self._repository, settings.thresholds, settings.limits, settings.sleep.cores_share, self._hear
            )
            self._sleeper.may_think(settings.model, Key.of_environment())
            self._sleeper.start()

    def ask(self, question: Callable[[Repository], T]) -> Future[T]:
        """Put a question to the repository as it is at this moment. NothingKnown, and what the question raises.

        A question that is cancelled before its turn is never put.
        """
        sleeper = self._sleeper
        if sleeper is not None:
            sleeper.asked()
        return self._thread.submit(self._answer, question)

    def ask_anyway(self, question: Callable[[Repository], T]) -> Future[T]:
        """Put a question that has an answer also where nothing is known."""
        return self._thread.submit(question, self._repository)

    def note(self, write: Callable[[Repository], object]) -> None:
        """Write something down when no question is waiting any more."""
        self._thread.submit(write, self._repository)

    def freshness(self) -> Future[Freshness]:
        """Return how far what is known is from the live files."""
        return self._thread.submit(self._freshness)

    def learning(self, freshness: Freshness) -> Learning | None:
        """Return how far learning is, or None where what is known will do: a file that was edited is read at once."""
        heard = self._heard
        is_long = freshness.state == "pending" and heard is not None and heard.event == "progress"
        return self._learning() if is_long or freshness.state == "unknown" else None

    # The desk's own thread

    def _load(self) -> None:
        if self._repository.knows():
            self._repository.reader  # noqa: B018 - it is kept
            self._looked_at = time.monotonic()
        else:
            self.learn()

    def _answer(self, question: Callable[[Repository], T]) -> T:
        self._look()
        try:
            known = self._repository.knows()
            if known:
                return question(self._repository)
        except StoreDamaged:  # whoever sleeps sets it aside and learns anew
            self._repository.refresh()
        self.learn()
        raise NothingKnown(self._learning())

    def _look(self) -> None:
        """Look at the files and the store anew, but for the first question right after they were loaded."""
        if time.monotonic() - self._looked_at > SETTLED_S:
            self._repository.refresh()
            # Which commit is checked out is part of what a repository was opened with.
            self._repository = Repository.open(self._repository.root, cache=self._repository.folder.parent)
        self._looked_at = -math.inf

    def _freshness(self) -> Freshness:
        from noctule.indexer.results import Freshness

        self._look()
        return self._repository.reader.freshness if self._repository.knows() else Freshness("unknown")

    # The sleeper's thread

    def _hear(self, event: Event) -> None:
        self._heard = event

    def _learning(self) -> Learning:
        sleeper, heard = self._sleeper, self._heard
        if sleeper is None:
            return Learning("Run `noctule sleep` or `noctule watch` to index it.", FIRST_GUESS_S)
        if sleeper.failure is not None:
            why = printable_line(str(sleeper.failure))
            return Learning(f"Indexing failed: {why}.", LONGEST_GUESS_S)
        if heard is None or heard.event != "progress" or not heard.done or not heard.total:
            return Learning(f"It is being indexed; ask again in {FIRST_GUESS_S} s.", FIRST_GUESS_S)
        spent = time.monotonic() - self._began
        guess = spent * (heard.total - heard.done) / heard.done
        again = round(min(max(guess, 2), LONGEST_GUESS_S))
        return Learning(f"It is being indexed ({heard.text}); ask again in {again} s.", again)
