"""One repository's answers for a server that stays: loaded once, always from what is there. Knows no protocol.

What was learned is read in a thread of its own, because SQLite's connections belong to one. When sleep has learned
more, that is loaded beside it, and takes its place once it is ready: no question waits for it.
"""

from __future__ import annotations

import contextlib
import itertools
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from queue import PriorityQueue
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, TypeVar

from noctule.indexer.errors import NoctuleError, StoreError
from noctule.indexer.files.snapshot import Snapshot, blob_id, with_buffers
from noctule.indexer.runtime.notify import ring
from noctule.indexer.serve.repository import Repository

if TYPE_CHECKING:
    from noctule.indexer.background.sleep_loop import Event, Sleeper
    from noctule.indexer.notes.view_facts import Ground
    from noctule.indexer.results import Evidence, Forecast, Note, Pack
    from noctule.indexer.runtime.leader import Standing
    from noctule.lsp_server.lsp.user_models import User
    from noctule.lsp_server.settings import Settings

T = TypeVar("T")
Texts = Mapping[str, str]
"""Unsaved texts of an editor, by path from the top of the repository."""
FORECAST = 100
"""So many of the likeliest change points are held at hand."""
MOST_NOTES = 200
"""So many notes are kept for as long as no file changes."""
LOOK_S = 10.0
"""Where nobody says when files change, a look at them that is older is renewed after an answer."""
WATCHED_LOOK_S = 3600.0
_BOM = "\ufeff"


@dataclass(order=True, slots=True)
class _Work:
    """A thing to do; what is urgent comes first, else what was asked for first. No work at all ends the clerk."""

    later: int
    number: int
    work: Callable[[], Any] | None = field(compare=False)
    future: Future[Any] = field(compare=False)


class Clerk:
    """A thread that does one thing after the other. What was cancelled before its turn is not done."""

    def __init__(self, name: str) -> None:
        self._waiting: PriorityQueue[_Work] = PriorityQueue()
        self._numbers = itertools.count()
        Thread(target=self._run, name=name, daemon=True).start()

    def ask(self, work: Callable[[], T], *, urgent: bool = False) -> Future[T]:
        """Have something done; its result or error comes to the future."""
        future: Future[T] = Future()
        self._waiting.put(_Work(0 if urgent else 1, next(self._numbers), work, future))
        return future

    def close(self) -> None:
        """Go home when all that was asked for is done."""
        self._waiting.put(_Work(2, next(self._numbers), None, Future()))

    def _run(self) -> None:
        while (next_ := self._waiting.get()).work is not None:
            if next_.future.set_running_or_notify_cancel():
                try:
                    next_.future.set_result(next_.work())
                except BaseException as error:  # noqa: BLE001 - the outermost loop of a thread: who asked is told
                    next_.future.set_exception(error)
            del next_  # an answer is not kept until the next question


class Reading:
    """What is known of a repository, loaded. Everything happens in its clerk's thread."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.known = False
        self._laid: Texts = {}
        self._notes: dict[str, Note] = {}
        self._looked_at = 0.0
        self._disk: Snapshot | None = None
        self._repository: Repository | None = None

    def open(self) -> bool:
        """Load what is known, and say whether anything is. NoctuleError."""
        repository = self._repository = Repository.open(self.root)
        if repository.knows():
            self._disk, self._looked_at = repository.reader.live, time.monotonic()
            self.known = True
        return self.known

    def warm(self) -> None:
        """Load what the first hover would else wait for."""
        if self.known:
            _ = self.ground.changes, self.ground.sure, self.forecast

    def close(self) -> None:
        """Close the store."""
        if self._repository is not None:
            self._repository.refresh()

    @property
    def repository(self) -> Repository:
        """The repository, with its reader loaded. Unknown where nothing was learned."""
        if self._repository is None or not self.known:
            raise Unknown(f"{self.root} is not indexed yet", "it is being indexed; ask again in a moment")
        return self._repository

    @property
    def ground(self) -> Ground:
        """What notes are written from."""
        return self.repository.reader.ground

    @cached_property
    def forecast(self) -> Forecast:
        """The likeliest change points, without anything being given."""
        return self.repository.reader.predict((), "", FORECAST)

    def lay(self, texts: Texts) -> None:
        """Lay unsaved texts over the files that answers are held against."""
        if self._disk is None or texts == self._laid:
            return
        self._laid = texts
        self._notes.clear()
        self.repository.reader.look(overlaid(self._disk, texts))

    def see(self, disk: Snapshot) -> None:
        """Answer from the files as they are on the disk by now."""
        if not self.known:
            return
        self._disk, self._looked_at = disk, time.monotonic()
        self._notes.clear()
        texts, self._laid = self._laid, {}
        self.repository.reader.look(disk)
        self.lay(texts)

    def note(self, subject: str) -> Note:
        """Return the note of a subject; one that was asked for before is held against the files again."""
        note = self._notes.get(subject)
        if note is None:
            if len(self._notes) >= MOST_NOTES:
                self._notes.clear()
            note = self._notes[subject] = self.repository.notes(subject)
        else:
            ring(self.repository.folder, "asked")
        return self._standing(note)

    def _standing(self, note: Note) -> Note:
        """Leave out the claims whose files have changed since the files were last looked at."""
        live = self.repository.reader.live
        paths = {e.path for claim in note.claims for e in claim.evidence if e.path is not None}
        gone = {path for path in paths if live is not None and not live.still_holds(path)}
        if not gone:
            return note
        self._looked_at = float("-inf")
        fallen = [claim for claim in note.claims if any(e.path in gone for e in claim.evidence)]
        withheld = Counter(note.withheld) + Counter(claim.kind for claim in fallen)
        return replace(
            note,
            claims=tuple(claim for claim in note.claims if claim not in fallen),
            withheld=dict(withheld),
            freshness=replace(note.freshness, state="pending", withheld_claims=withheld.total()),
        )

    def line(self, path: str, number: int) -> str:
        """Return a line (from zero) of a file as it is; an empty text where there is none."""
        file = self.ground.position.get(path)
        lines = self.ground.live_lines(file) if file is not None else ()
        return lines[number].rstrip("\r") if 0 <= number < len(lines) else ""

    def age_of(self, evidence: Evidence) -> float | None:
        """Return how many seconds ago the latest commit of some evidence was made; None where it names none."""
        if not evidence.commits:
            return None
        made_at = self.ground.changes.made_at(evidence.commits[-1])
        return None if made_at is None else max(time.time() - made_at, 0.0)

    def note_served(self, answer: Pack | Note | Forecast, took_ms: float) -> None:
        """Write into the ledger that an answer was served."""
        from noctule.indexer.serve.usage import note_served

        note_served(self.repository, answer, took_ms)

    def is_current(self) -> bool:
        """Tell whether nothing was learned since. StoreError."""
        if self._repository is None:
            return False
        return self._repository.reader.is_current() if self.known else not self._repository.knows()

    @property
    def age_s(self) -> float:
        """How long ago the files were looked at."""
        return time.monotonic() - self._looked_at


def overlaid(disk: Snapshot, texts: Texts) -> Snapshot:
    """Lay unsaved texts over files, but for those that hold the same text, and those of which nothing can be known."""
    unsaved = {path: _unsaved(disk, path, text) for path, text in texts.items() if path in disk.files}
    return with_buffers(disk, {path: content for path, content in unsaved.items() if content is not None})


def _unsaved(disk: Snapshot, path: str, text: str) -> bytes | None:
    """Return the bytes of a text that is not what its file holds; editors show no byte order mark or UTF-16."""
    file = disk.files[path]
    content = text.encode("utf-8", "surrogatepass")
    if file.size != len(content):
        for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
            saved = (_BOM + text).encode(encoding, "surrogatepass")
            if file.size == len(saved) and blob_id(saved, disk.object_format) == file.blob:
                return None
    return content


class Unknown(StoreError):
    """Nothing is known of the repository yet: ask again when it has been read."""


class Desk:
    """Where questions about one work tree are answered from.

    `renewed` is called when more is known than before, `told` hears what a sleeper on it does; both in any thread.
    """

    def __init__(
        self,
        root: Path,
        renewed: Callable[[], None] = lambda: None,
        told: Callable[[Event], None] = lambda _event: None,
    ) -> None:
        self.root = root
        self._renewed = renewed
        self._told = told
        self._lock = Lock()
        self._closed = False
        self._coming = self._again = self._looking = False
        self._sleeper: Sleeper | None = None
        self._reading, self._clerk = Reading(root), Clerk(f"reading {root.name}")
        self.opened: Future[bool] = self._clerk.ask(self._reading.open, urgent=True)
        self._clerk.ask(self._warm_up)

    # Questions

    def ask(self, question: Callable[[Reading], T], texts: Texts | None = None, *, urgent: bool = False) -> Future[T]:
        """Have a question answered from what is loaded, with unsaved texts laid over it. NoctuleError; Unknown."""
        with self._lock:
            reading, clerk, opened = self._reading, self._clerk, self.opened
            answer = clerk.ask(lambda: _answered(reading, opened, question, texts or {}), urgent=urgent)
            clerk.ask(lambda: self._look_up(reading, LOOK_S if self._sleeper is None else WATCHED_LOOK_S))
        return answer

    def _warm_up(self) -> None:
        with contextlib.suppress(NoctuleError, OSError):
            self._reading.warm()

    # What is served

    def changed(self) -> None:
        """Hear that files, or what is known of them, may have changed."""
        with self._lock:
            if not self._closed:
                reading = self._reading
                self._clerk.ask(lambda: self._look_up(reading, 0.0))

    def _look_up(self, reading: Reading, oldest_s: float) -> None:
        """Do, after an answer, what the next one is better for."""
        if reading is not self._reading:
            return
        try:
            current = reading.is_current()
        except (NoctuleError, OSError):
            current = False
        if not current:
            self._renew()
        elif reading.known and reading.age_s > oldest_s:
            self._look_again(reading)

    def _look_again(self, reading: Reading) -> None:
        with self._lock:
            if self._looking or self._closed:
                return
            self._looking = True
        Thread(target=self._look, args=(reading,), name="look", daemon=True).start()

    def _look(self, reading: Reading) -> None:
        """Look at the files in a thread of its own: git takes longer than an answer."""
        try:
            repository = Repository.open(self.root)
            store = repository.open_store()
            if store is not None:
                with contextlib.closing(store):
                    disk = repository.snapshot(store)
                self._clerk.ask(lambda: reading.see(disk), urgent=True)
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
        reading, clerk = Reading(self.root), Clerk(f"reading {self.root.name}")
        opened = clerk.ask(reading.open, urgent=True)
        clerk.ask(lambda: self._take_over(reading, clerk, opened))

    def _take_over(self, reading: Reading, clerk: Clerk, opened: Future[bool]) -> None:
        with contextlib.suppress(NoctuleError, OSError):
            reading.warm()
        with self._lock:
            self._coming = False
            again, self._again = self._again, False
            better = not self._closed and (reading.known or not self._reading.known)
            left = (self._reading, self._clerk) if better else (reading, clerk)
            if better:
                self._reading, self._clerk, self.opened = reading, clerk, opened
        _leave(*left)
        if better and reading.known:
            self._renewed()
        if again:
            self._renew()

    # Sleep

    def sleep(self, settings: Settings, user: User) -> None:
        """Keep what is known fresh, and think ahead while nobody needs the machine, until `awake`.

        A model thinks along where the user has named one.
        """
        from noctule.indexer.background.sleep_loop import Sleeper  # 0.1 s that no answer has to wait for

        repository = Repository.open(self.root)
        with self._lock:
            if self._closed or self._sleeper is not None:
                return
            sleep = settings.thresholds, settings.limits, settings.sleep.cores_share
            self._sleeper = Sleeper(repository, *sleep, told=self._heard)
            self._sleeper.may_think(user.choice, user.key)
            self._sleeper.start()

    def may_think(self, user: User) -> None:
        """Have the model think that the user has chosen by now, or none any more."""
        sleeper = self._sleeper
        if sleeper is not None:
            sleeper.may_think(user.choice, user.key)

    def _heard(self, event: Event) -> None:
        if event.event in ("fresh", "job", "gone", "ended"):
            self.changed()
        self._told(event)

    @property
    def sleeps(self) -> bool:
        """Whether a sleeper of this process sits on the work tree, or waits for its turn to."""
        return self._sleeper is not None

    @property
    def standing(self) -> Standing | None:
        """How the sleeper of this process stands; None where there is none."""
        sleeper = self._sleeper
        return sleeper.standing if sleeper is not None else None

    def active(self) -> None:
        """Hear that somebody is at work: what can wait stops before this returns."""
        sleeper = self._sleeper
        if sleeper is not None:
            sleeper.asked()

    def awake(self) -> None:
        """End the sleep, with all that works for it."""
        with self._lock:
            sleeper, self._sleeper = self._sleeper, None
        if sleeper is not None:
            sleeper.close()

    def close(self) -> None:
        """Answer what was asked, and no more."""
        with self._lock:
            self._closed = True
            reading, clerk = self._reading, self._clerk
        _leave(reading, clerk)
        self.awake()


def _answered(reading: Reading, opened: Future[bool], question: Callable[[Reading], T], texts: Texts) -> T:
    opened.result()
    reading.lay(texts)
    return question(reading)


def _leave(reading: Reading, clerk: Clerk) -> None:
    clerk.ask(reading.close)
    clerk.close()
