"""Keeps one work tree's answers fresh, and thinks about it while nobody needs the machine. Does no work itself.

A thread that any server can hold: it hears of edits and requests, and has up to three children. One stays warm and
brings the texts of the view up to date at once after an edit (`indexer.background.refresher`). The second does jobs:
urgent ones at once, all others with the lowest priority while nobody needs the machine. It is stopped at the first sign
that somebody does, and killed where it stays stopped or is in the way of an edit, which costs the piece that it was at
(`indexer.background.job_runner`). What it has committed stays.

Where the user has named a model, the third has it think, one subject at a time (`indexer.background.thinker`). It is
stopped like the others, and not killed for that: what it has asked is paid for. A pause, and the end, end it.

One sleeper leads on a work tree at a time (`indexer.runtime.leader`); others wait until it is gone. Which of several
work trees of a repository writes to the store is decided for each piece of work, by the store's lease.
"""

from __future__ import annotations

import time
from threading import Thread

from noctule.indexer.background.day_budget import DayBudget
from noctule.indexer.background.events import Event, OnEvent
from noctule.indexer.background.idle_gate import BEAT_S, IdleGate
from noctule.indexer.background.inbox import Inbox, Mail
from noctule.indexer.background.job_queue import JobQueue
from noctule.indexer.background.job_runner import JobRunner
from noctule.indexer.background.messages import JobProgress, TooManyUnread
from noctule.indexer.background.refresher import Refresher
from noctule.indexer.background.rest import Rest
from noctule.indexer.background.status_writer import StatusWriter
from noctule.indexer.background.thinker import Thinker
from noctule.indexer.errors import NoctuleError, NotADirectory
from noctule.indexer.llm.key import Key
from noctule.indexer.llm.settings import Choice
from noctule.indexer.runtime.budget import Limits
from noctule.indexer.runtime.child import Child, ChildExit, ChildReply, Workplace
from noctule.indexer.runtime.idle import Thresholds
from noctule.indexer.runtime.leader import LeaderLock, SleeperStatus, State
from noctule.indexer.runtime.ledger import Ledger
from noctule.indexer.runtime.log import Log
from noctule.indexer.runtime.messages import Message
from noctule.indexer.serve.repository import Repository
from noctule.indexer.think.messages import JobEnded, JobFailed
from noctule.indexer.watch.watch import Changes

log = Log(__name__)


def _ignore(_event: Event) -> None:
    """Tell nobody."""


class Sleeper:
    """Sleeps on one work tree from `start` to `close`; `on_event` is called in the sleeper's thread.

    After `rests_after_s` seconds without work its processes end; the next work starts them again. None: they stay.
    """

    def __init__(
        self,
        repository: Repository,
        thresholds: Thresholds,
        limits: Limits,
        cores_share: float = 0.5,
        on_event: OnEvent = _ignore,
        rests_after_s: float | None = None,
    ) -> None:
        self._repository = repository
        self._lock = LeaderLock(repository.folder, repository.view_name)
        self._thread = Thread(target=self._run, name="sleeper", daemon=True)
        self.failure: Exception | None = None
        place = Workplace(repository.root, repository.folder.parent, cores_share)
        self._inbox = Inbox(repository, self._lock, self.note_activity, self._note_files, self._note_calm, self._is_own)
        self._writer = StatusWriter(self._lock, str(repository.root), on_event)
        self._gate = IdleGate(repository.folder, thresholds)
        self._budget = DayBudget(Ledger(repository.folder), limits)
        self._refresher = Refresher(place, self._budget, self._writer, self._inbox.put)
        self._runner = JobRunner(place, self._budget, self._writer, self._gate, self._inbox.put)
        self._rest = Rest(rests_after_s, self._refresher, self._runner)
        self._thinker = Thinker(repository, limits, place, self._inbox.put)
        self._queue = JobQueue(self._runner, self._refresher, self._thinker, self._gate, self._budget, self._writer)

    # From any thread

    @property
    def status(self) -> SleeperStatus:
        """What it does at the moment."""
        return self._writer.status

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def close(self) -> None:
        """End, with all that works for it."""
        self._inbox.put("close")
        if self._thread.ident is not None:
            self._thread.join()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until the sleeper has ended; whether it has."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def note_activity(self) -> None:
        """Hear of a request or of an edit in an open editor: what can wait stops before this returns."""
        self._gate.note_activity()
        self.give_way()
        self._inbox.put("asked")

    def allow_thinking(self, choice: Choice, key: Key) -> None:
        """Let the user's model think from now on; with none, stop. No model is asked before this call."""
        self._thinker.allow(choice, key)
        self._inbox.put("model")

    def give_way(self) -> None:
        """Stop what can wait, at once."""
        self._thinker.give_way()
        self._runner.give_way()

    def _note_files(self) -> None:
        """Note that files change; which files, and whether they count, is reported later."""
        self._gate.note_files()
        self.give_way()
        self._inbox.put("beat")

    def _note_calm(self) -> None:
        """Hear that none of the files counts that changed."""
        self._gate.note_calm()
        self._inbox.put("beat")

    # The thread

    def _run(self) -> None:
        try:
            if self._lead():
                self._live()
        except Exception as error:  # noqa: BLE001 - the outermost loop of a thread: whoever holds the sleeper is told
            self.failure = error
            is_known = isinstance(error, NoctuleError)
            self._writer.tell("failed", str(error) if is_known else f"{type(error).__name__}: {error}")
        finally:
            for child in self._children:
                child.close()
            self._writer.tell("ended", "")

    def _lead(self) -> bool:
        """Take the lock, or wait for it; False where the sleeper is closed before."""
        if self._lock.acquire(wait=False):
            return True
        owner = self._lock.owner()
        who = f" (process {owner.pid})" if owner is not None else ""
        self._writer.tell("waiting", f"another process{who} indexes this work tree; this one takes over when it ends")
        return self._inbox.wait_for_lock()

    def _live(self) -> None:
        log.info("sleeper begins", root=self._repository.root, store=self._repository.folder)
        try:
            self._inbox.open()
            timeout_s: float | None = None
            while (mail := self._inbox.next(timeout_s)) != "close":
                self._take(mail)
                if self._is_gone(mail):
                    break
                timeout_s = self._beat()
            self.failure = self.failure or self._inbox.failure
        finally:
            self._inbox.close()
            self._runner.close()
            self._cancel_thinking("sleep ended")
            self._lock.release()
            log.info("sleeper ends", root=self._repository.root)

    def _is_gone(self, mail: Mail) -> bool:
        if isinstance(mail, Changes) and mail.gone:
            self.failure = NotADirectory(f"{self._repository.root} was moved or deleted")
            self._writer.tell("gone", str(self.failure))
            return True
        return False

    # What was heard

    def _take(self, mail: Mail) -> None:
        match mail:
            case Changes():
                self._take_changes(mail)
            case ChildReply():
                self._take_reply(mail.child, mail.message)
            case ChildExit():
                self._take_exit(mail)
            case "asked":
                self._queue.plan_anew()  # what is asked says what will be asked
            case "model":
                self._queue.plan_anew(at_once=True)
                if self._thinker.is_unwanted:  # also where less may be sent, or spent
                    self._cancel_thinking("the model settings were changed")
            case "now":
                self._gate.at_once = True
                self._queue.plan_anew(at_once=True)
            case "wanted":
                self._gate.note_wait()
                if self._runner.help_waiting():
                    self._queue.plan_anew()

    def _take_changes(self, changes: Changes) -> None:
        log.debug("files changed", paths=len(changes.paths), head=changes.head, everything=changes.everything)
        self._gate.note_activity()
        self._gate.note_change()
        self.give_way()
        # What git checks out is nobody's edit.
        saved = frozenset[str]() if changes.head or changes.everything else changes.paths
        self._refresher.note_change(changes.at, saved)
        if saved:
            self._budget.book_change(saved)

    def _take_reply(self, child: Child, message: Message) -> None:
        if isinstance(message, JobProgress):
            at, done, total = message.stage, message.done, message.total
            self._writer.tell("progress", f"{at}: {done:,} of {total:,}" if total else at, done=done, total=total)
        elif child is self._refresher.child:
            self._take_refresh(message)
        elif child is self._thinker.child:
            self._book_thought(message)
        elif child is self._runner.child and (job := self._runner.take(message)) is not None:
            self._queue.take(job, message)

    def _take_refresh(self, message: Message) -> None:
        too_many = self._refresher.take(message)
        if isinstance(message, JobFailed):
            return
        if self._lock.is_lost:  # begin anew in a store that was forgotten
            self._inbox.listen_anew()
            self._lock.acquire(wait=False)
        if isinstance(too_many, TooManyUnread):
            self._queue.note_unread(too_many.files)
        else:
            self._queue.note_fresh()

    def _take_exit(self, exit: ChildExit) -> None:
        """Note that a child has ended: its job failed, unless the child was ended on purpose."""
        if exit.child is self._refresher.child:
            self._refresher.lose_child(exit)
        elif exit.child is self._thinker.child:
            self._book_thought(JobFailed(f"its process ended ({exit.code})"), exit.cpu_s, lost=True)
        elif exit.child is self._runner.child and (job := self._runner.lose_child(exit)) is not None:
            self._queue.take_loss(job, exit.code)

    def _book_thought(self, message: Message, cpu_s: float | None = None, *, lost: bool = False) -> None:
        """Book what came of a thought; its process has nothing more to do."""
        ended = self._thinker.end(cpu_s)
        if ended is None:
            return
        name, why = ended.job.name, ""
        if isinstance(message, JobFailed):
            outcome, why = "lost" if lost else "failed", message.error
            self._writer.fail(name, why)
        else:
            outcome, why = (message.outcome, message.why) if isinstance(message, JobEnded) else ("done", "")
            self._writer.succeed(name)
        self._budget.book_end(ended.job, outcome, ended.wall_s, ended.cpu_s, why, ended.spent)
        self._queue.plan_anew()
        self._writer.tell("job", f"{name}: {outcome}", ms=1000 * ended.wall_s)

    def _cancel_thinking(self, why: str) -> None:
        """End a thought early: its open requests count with the most that they can cost."""
        if self._thinker.thought is not None:
            self._book_thought(JobEnded("stopped", why))

    # What is to be done

    def _beat(self) -> float | None:
        """Begin the job that is due; return after how many seconds to check again if nothing happens."""
        now = time.monotonic()
        waits = [self._keep_fresh(now), self._keep_working(now), self._keep_thinking(now), self._rest.beat(now)]
        self._publish()
        return min((wait for wait in waits if wait is not None), default=None)

    def _keep_fresh(self, now: float) -> float | None:
        if self._runner.is_urgent:
            # Where nothing is known yet, no file is served before the others.
            goes_first = self._refresher.has_saved and self._queue.unread != 0
            if not goes_first or not self._runner.cut_short(now):
                return None  # its end brings the files up to date, or asks for it
            self._queue.note_cut()
        wait_s = self._refresher.wait_s(now)
        if wait_s != 0.0:
            return wait_s
        if self._runner.current is not None:
            self._end_job("files changed")
        self._refresher.begin()
        return None

    def _keep_working(self, now: float) -> float | None:
        if self._runner.current is None:
            return self._queue.beat(now, self._pids)
        wait_s, is_given_up = self._runner.supervise(now, self._pids)
        if is_given_up:
            self._queue.plan_anew()
        return wait_s

    def _keep_thinking(self, now: float) -> float | None:
        """Stop or continue a thought, as everything that can wait; end it where it must not go on."""
        if self._thinker.thought is None:
            return None
        late = "it did not stop in time" if self._thinker.is_late(now) else ""
        if why := self._gate.pause_reason() or late:
            self._cancel_thinking(why)
            return 0.0
        held, _ = self._gate.check(now, self._pids)
        if held or not self._gate.is_settled(now) or self._runner.current is not None:
            self._thinker.give_way()
        else:
            self._thinker.resume(now)
        return BEAT_S

    def _end_job(self, why: str) -> None:
        self._runner.abandon(why)
        self._queue.plan_anew()

    # What others are told

    @property
    def _children(self) -> list[Child]:
        found = (self._refresher.child, self._runner.child, self._thinker.child)
        return [child for child in found if child is not None]

    def _is_own(self, process: int) -> bool:
        return process in self._pids

    @property
    def _pids(self) -> list[int]:
        return [child.pid for child in self._children]

    def _publish(self) -> None:
        state, held_by, job = self._state()
        told = state, held_by, self._gate.hold.signal, job, tuple(self._pids)
        self._writer.publish(*told, self._inbox.watch_state)

    def _state(self) -> tuple[State, str, str]:
        current, thought = self._runner.current, self._thinker.thought
        if current is not None and current.job.urgent:
            return "reading", "", current.job.name
        if self._queue.is_empty and current is None and thought is None:
            return "resting", "", ""
        if thought is not None and self._thinker.works:
            return "sleeping", "", thought.job.name
        if current is not None and self._runner.works:
            return "sleeping", "", current.job.name
        return "awake", self._gate.hold.text, ""
