"""Keeps one work tree's answers fresh, and thinks about it while nobody needs the machine. Does no work itself.

A thread that any server can hold: it hears of edits and requests, and has two children (`indexer.background.worker`).
One stays warm and brings the texts of the view up to date at once after an edit. The other, with the lowest priority,
does what can wait while nobody needs the machine: it is stopped at the first sign that somebody does, and killed where
it stays stopped or is in the way of an edit, which costs the piece that it was at. What it has committed stays.

Where the user has named a model, a third child (`indexer.background.thinker`) has it think, one subject at a time. It
is stopped like the others, and not killed for that: what it has asked is paid for. A pause, and the end, end it.

One sleeper sits on a work tree at a time (`indexer.runtime.leader`); others wait until it is gone. Which of several
work trees of a repository writes to the store is decided for each piece of work, by the store's lease.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Literal

from noctule.indexer.background.thinker import Thinker
from noctule.indexer.errors import NotADirectory
from noctule.indexer.llm.key import Key
from noctule.indexer.llm.settings import Choice
from noctule.indexer.results import Value
from noctule.indexer.runtime import notify as bells
from noctule.indexer.runtime.budget import Amounts, Limits, forbids, room
from noctule.indexer.runtime.child import Child, Message, Reply, Role
from noctule.indexer.runtime.idle import NOTHING, Thresholds, holding
from noctule.indexer.runtime.leader import Seat, Standing, State
from noctule.indexer.runtime.ledger import MOST_FILES, Changed, Ledger, Spent, today
from noctule.indexer.runtime.machine import Machine, Signals, family, used_by
from noctule.indexer.runtime.pause import paused
from noctule.indexer.serve.repository import Repository
from noctule.indexer.watch.watch import Changes, Watch

SETTLE_S = 0.03
"""A save of one file is over by then; what comes later is a refresh of its own, or part of the next."""
BREATH_S = 1.5
"""What is read because files changed, and takes long, gives way to each edit and request for so long and no longer."""
LONGEST_STOP_S = 10.0
"""What is stopped for longer is given up: it holds memory, and perhaps the store."""
BEAT_S = 1.0
"""While something runs that can wait, the signals are looked at so often."""
BUSY_BEAT_S = 5.0
"""While other programs hold sleep awake, and there is something to do, the machine is looked at so often."""
SLOW_BEAT_S = 60.0
"""While a battery, a pause or quiet hours do."""
RETRY_S = 1.0
LONGEST_RETRY_S = 300.0
REFRESH_COST = Amounts(cpu_s=0.5, wall_s=0.5)
EVERYTHING, NEXT = "all files", "what comes next"
"""What is learned and what is planned, in words."""
SLACK_S = 15.0
"""A job that does not end so long after its time is up is ended."""

EventKind = Literal["state", "fresh", "pending", "progress", "job", "failed", "waiting", "gone", "ended"]


@dataclass(frozen=True, slots=True)
class Event(Value):
    """What happened to a sleeper, in a sentence; with the figures that belong to it."""

    event: EventKind
    text: str
    state: State
    at: float
    ms: float | None = None
    files: int | None = None
    done: int | None = None
    total: int | None = None


@dataclass(slots=True)
class Doing:
    """What the child for jobs is at."""

    kind: str
    subject: str
    until: float | None
    urgent: bool
    job: dict[str, Any]
    began_cpu_s: float = 0.0

    @property
    def text(self) -> str:
        """What it is, in words."""
        return f"{self.kind} {self.subject}".strip()


_NOTHING_SPENT = Amounts()

Mail = Changes | Reply | Literal["beat", "asked", "wanted", "now", "model", "seated", "close"]


class Sleeper:
    """Sleeps on one work tree from `start` to `close`; `told` hears of events, in the sleeper's thread."""

    def __init__(
        self,
        repository: Repository,
        thresholds: Thresholds,
        limits: Limits,
        cores_share: float = 0.5,
        told: Callable[[Event], None] = lambda _event: None,
    ) -> None:
        self._repository = repository
        self._thresholds = thresholds
        self._limits = limits
        self._cores_share = cores_share
        self._told = told
        self._mail: SimpleQueue[Mail] = SimpleQueue()
        self._seat = Seat(repository.folder, repository.view_name)
        self._ledger = Ledger(repository.folder)
        self._thread = Thread(target=self._run, name="sleeper", daemon=True)
        self._closing = False
        self.failure: Exception | None = None
        self.standing = Standing("awake", time.time(), str(repository.root), os.getpid())
        self._active_at = self._stirred_at = time.monotonic()
        self._watch: Watch | None = None
        self._machine: Machine | None = None
        self._warm: Child | None = None
        self._warm_cpu_s = 0.0
        self._hand: Child | None = None
        self._doing: Doing | None = None
        self._thinker = Thinker(repository, limits, cores_share, self._mail.put)
        self._stale_since: float | None = 0.0
        self._asked_for: float | None = None  # since when the files that a refresh in flight looks at have been stale
        self._unseen: int | None = None
        self._pending_since: float | None = None
        self._retry_at = 0.0
        self._setbacks: dict[str, int] = {}
        self._queue: list[dict[str, Any]] | None = None
        self._plan_again_at: float | None = None
        self._hold = NOTHING
        self._now = False
        """Whether somebody asked for sleep at once, and nobody has worked since."""
        self._learns = 0
        self._learn_at = 0.0
        self._failing: dict[str, str] = {}
        self._refresh_ms: float | None = None
        self._today = Amounts()
        self._day = ""

    # From any thread

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def close(self) -> None:
        """End, with all that works for it."""
        self._closing = True
        self._mail.put("close")
        if self._thread.ident is not None:
            self._thread.join()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until the sleeper has ended; whether it has."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def asked(self) -> None:
        """Hear of a request or of an edit in an open editor: what can wait stops before this returns."""
        self._active_at = time.monotonic()
        self._now = False
        self.give_way()
        self._mail.put("asked")

    def may_think(self, choice: Choice, key: Key) -> None:
        """Have the model think that the user has named, or none, from here on; nothing is asked before."""
        self._thinker.may(choice, key)
        self._mail.put("model")

    def give_way(self) -> None:
        """Stop what can wait, at once."""
        self._thinker.give_way()
        hand = self._hand
        if hand is not None and hand.busy:
            hand.stop()

    def _stirred(self) -> None:
        """Hear that files change; which they are, and whether they count, is told later."""
        self._stirred_at = time.monotonic()
        self.give_way()
        self._mail.put("beat")

    # The thread

    def _run(self) -> None:
        try:
            if self._sit():
                self._live()
        except Exception as error:  # noqa: BLE001 - the outermost loop of a thread: whoever holds the sleeper is told
            self.failure = error
            self._tell("failed", f"{type(error).__name__}: {error}")
        finally:
            for child in self._children:
                child.close()
            self._tell("ended", "")

    def _sit(self) -> bool:
        """Take the seat, or wait for it; False where the sleeper is closed before."""
        if self._seat.take(wait=False):
            return True
        owner = self._seat.owner()
        who = f" (process {owner.pid})" if owner is not None else ""
        self._tell("waiting", f"another process{who} indexes this work tree; this one takes over when it ends")
        Thread(target=self._wait_for_seat, name="seat", daemon=True).start()
        while (mail := self._mail.get()) != "seated":
            if mail == "close":
                return False
        return True

    def _wait_for_seat(self) -> None:
        if self._seat.take(wait=True):
            if self._closing:
                self._seat.leave()
            else:
                self._mail.put("seated")

    def _live(self) -> None:
        self._bell = self._hung()
        watch = self._watch = Watch(self._repository, settle_s=SETTLE_S, stirred=self._stirred)
        watcher = Thread(target=self._look_out, args=(watch,), name="lookout", daemon=True)
        try:
            watcher.start()
            timeout: float | None = None
            while (mail := self._next(timeout)) != "close":
                self._take(mail)
                if self._is_gone(mail):
                    break
                timeout = self._beat()
        finally:
            watch.close()
            watcher.join()
            self._bell.close()
            self._end_hand()
            self._end_thought("sleep ended")
            self._seat.leave()

    def _look_out(self, watch: Watch) -> None:
        try:
            watch.start()
            self._mail.put("beat")
            while (changes := watch.next(None)) is not None:
                self._mail.put(changes)
        except Exception as error:  # noqa: BLE001 - the outermost loop of a thread: without it no change is told any more
            self.failure = error
            self._mail.put("close")

    def _hung(self) -> bells.Bell:
        return bells.Bell(self._repository.folder, self._seat.name, self._heard)

    def _settle_anew(self) -> None:
        """Begin anew in a store that was forgotten, and with it the seat and the bell."""
        self._bell.close()
        self._bell = self._hung()
        self._seat.take(wait=False)

    def _heard(self, word: bells.Word, process: int) -> None:
        if any(child.pid == process for child in self._children):
            return  # what works for this sleeper asks and waits too
        if word == "asked":
            self.asked()
        else:
            self._mail.put("beat" if word == "pause" else word)

    def _next(self, timeout: float | None) -> Mail:
        try:
            return self._mail.get(timeout=timeout)
        except Empty:
            return "beat"

    def _is_gone(self, mail: Mail) -> bool:
        if isinstance(mail, Changes) and mail.gone:
            self.failure = NotADirectory(f"{self._repository.root} was moved or deleted")
            self._tell("gone", str(self.failure))
            return True
        return False

    # What was heard

    def _take(self, mail: Mail) -> None:
        if isinstance(mail, Changes):
            self._active_at = time.monotonic()
            self._now = False
            self.give_way()
            self._stale_since = min(self._stale_since or mail.at, mail.at)
            self._retry_at = 0.0
            if mail.paths and not (mail.head or mail.everything):  # what git checks out is nobody's edit
                self._ledger.add(Changed(tuple(sorted(mail.paths)[:MOST_FILES])))
        elif isinstance(mail, Reply):
            self._answered(mail)
        elif mail == "asked":
            self._queue = None  # what is asked says what will be asked
        elif mail == "model":
            self._queue = self._plan_again_at = None
            if self._thinker.is_unwanted:  # also where less may be sent, or spent
                self._end_thought("the model settings were changed")
        elif mail == "now":
            self._now, self._queue, self._plan_again_at = True, None, None
        elif mail == "wanted":
            self._active_at = time.monotonic()
            if self._doing is not None and not self._doing.urgent:
                self._give_up("another process needs the index")
            elif self._hand is not None:
                self._hand.go_on()  # who waits wants the same done

    def _answered(self, reply: Reply) -> None:
        child, said = reply.of, reply.said
        if said is None:
            self._ended(reply)
        elif "at" in said:
            at, done, total = said["at"], said["done"], said["total"]
            self._tell("progress", f"{at}: {done:,} of {total:,}" if total else at, done=done, total=total)
        else:
            child.asked = None
            if child is self._warm:
                self._refreshed(child, said)
            elif child is self._thinker.child:
                self._thought(said)
            elif self._doing is not None:
                doing, self._doing = self._doing, None
                self._done(child, doing, said)

    def _refreshed(self, child: Child, said: Message) -> None:
        since, self._asked_for = self._asked_for, None
        wall_s = time.monotonic() - child.asked_at
        cpu_s = self._cpu_of(child) - self._warm_cpu_s
        self._spend("refresh", "work tree", "failed" if "failed" in said else "done", wall_s, cpu_s, said)
        if "failed" in said:
            self._stale_since = self._stale_since or since
            self._retry_at = self._failed("refresh", said["failed"])
            return
        self._well("refresh")
        if self._seat.is_lost:
            self._settle_anew()
        if "unseen" in said:
            self._unseen, self._pending_since = said["unseen"], since
            self._tell("pending", f"{self._unseen:,} files to read" if self._unseen else "nothing is indexed yet")
            return
        self._unseen, self._learns = None, 0
        self._well(f"learn {EVERYTHING}")
        self._refresh_ms = 1000 * (time.monotonic() - since) if since else None  # at first nothing had changed
        self._queue = None
        self._tell("fresh", "up to date", ms=self._refresh_ms, files=said["parsed"])

    def _done(self, child: Child, doing: Doing, said: Message) -> None:
        wall_s = time.monotonic() - child.asked_at
        cpu_s = self._cpu_of(child) - doing.began_cpu_s
        failed = said.get("failed")
        outcome = "failed" if failed else said.get("outcome", "done")
        again_at: float | None = None
        if failed:
            again_at = self._failed(doing.text, failed)
        else:
            self._well(doing.text)
        if doing.kind == "plan":
            self._planned(said, again_at)
        else:
            self._spend(doing.kind, doing.subject, outcome, wall_s, cpu_s, {**doing.job, **said})
        if doing.kind == "learn":
            self._unseen = None
            # A file that changes each time it is read must not have everything laid out again and again.
            self._learn_at = time.monotonic() + min(2.0**self._learns - 1, LONGEST_RETRY_S)
            self._learns += 1
            self._stale_since, self._pending_since = self._pending_since or 0.0, None
        elif doing.kind != "plan":
            self._tell("job", f"{doing.text}: {outcome}", ms=1000 * wall_s)
            if doing.kind == "gate" and outcome == "done":
                self._queue = None  # what is to be thought about next depends on it

    def _thought(self, said: Message, cpu_s: float | None = None) -> None:
        """Put down what came of a thought; its process has nothing more to do."""
        ended = self._thinker.end(cpu_s)
        if ended is None:
            return
        text, failed = ended.thought.text, said.get("failed")
        outcome = said.get("outcome") or ("failed" if failed else "done")
        if failed:
            self._failed(text, failed)
        else:
            self._well(text)
        job = ended.thought.job
        told = {**job, "why": said.get("why", ""), "failed": failed}
        self._spend("think", job["subject"], outcome, ended.wall_s, ended.cpu_s, told, ended.spent)
        self._queue = None
        self._tell("job", f"{text}: {outcome}", ms=1000 * ended.wall_s)

    def _end_thought(self, why: str) -> None:
        """End a thought before it is over: what it has asked counts with the most it can cost."""
        if self._thinker.thought is not None:
            self._thought({"outcome": "stopped", "why": why})

    def _planned(self, said: Message, again_at: float | None) -> None:
        self._queue = list(said.get("jobs", ()))
        again_s = said.get("again_s")
        self._plan_again_at = again_at if again_s is None else time.monotonic() + again_s
        # What failed and is not to be done any more was done by another process, or by another job.
        waits = {"refresh", f"learn {EVERYTHING}", f"plan {NEXT}", *said.get("left_out", self._failing)}
        self._failing = {what: why for what, why in self._failing.items() if what in waits}

    def _ended(self, reply: Reply) -> None:
        """A child is gone: what it was at failed, unless it was ended on purpose."""
        why = f"its process ended with code {reply.code}"
        if reply.of is self._warm:
            self._warm = None
            if reply.of.busy:
                self._stale_since, self._asked_for = self._stale_since or self._asked_for, None
                self._retry_at = self._failed("refresh", why)
        elif reply.of is self._thinker.child:
            self._thought({"failed": why, "outcome": "lost"}, reply.cpu_s)
        elif reply.of is self._hand:
            self._hand = None
            if self._doing is not None:
                doing, self._doing = self._doing, None
                wall_s = time.monotonic() - reply.of.asked_at
                cpu_s = reply.cpu_s - doing.began_cpu_s
                self._spend(doing.kind, doing.subject, "lost", wall_s, cpu_s, {**doing.job, "failed": why})
                again_at = self._failed(doing.text, why)
                if doing.urgent:
                    self._learn_at = again_at
                elif doing.kind == "plan":
                    self._planned({}, again_at)
                else:
                    self._queue = None

    def _failed(self, what: str, why: str) -> float:
        """Show what failed; return when to try it again: at once, and then later each time."""
        times = self._setbacks[what] = self._setbacks.get(what, 0) + 1
        self._failing[what] = why
        self._tell("failed", f"{what}: {why}")
        return time.monotonic() + (min(RETRY_S * 2.0 ** (times - 2), LONGEST_RETRY_S) if times > 1 else 0.0)

    def _well(self, what: str) -> None:
        self._failing.pop(what, None)
        self._setbacks.pop(what, None)

    # What is to be done

    def _beat(self) -> float | None:
        """Begin what is due; return after how many seconds to look again though nothing happens."""
        now = time.monotonic()
        waits = [self._keep_fresh(now), self._keep_working(now), self._keep_thinking(now)]
        self._stand()
        return min((wait for wait in waits if wait is not None), default=None)

    def _keep_fresh(self, now: float) -> float | None:
        if self._stale_since is None or (self._warm is not None and self._warm.busy):
            return None
        if self._doing is not None and self._doing.urgent:
            return None  # its end brings the files up to date, or asks for it
        if now < self._retry_at:
            return self._retry_at - now
        if why := forbids(self._limits, self._spent_today(), REFRESH_COST):
            self._failing["refresh"] = why
            return SLOW_BEAT_S
        if self._doing is not None:
            self._give_up("files changed")
        if self._warm is None:
            self._warm = self._child("refresh")
        self._asked_for, self._stale_since = self._stale_since, None
        self._warm_cpu_s = self._cpu_of(self._warm)
        self._warm.ask({"do": "refresh"})
        return None

    def _keep_working(self, now: float) -> float | None:
        if self._doing is not None:
            return self._watch_over(self._doing, now)
        if self._warm is not None and self._warm.busy:
            return None
        if self._unseen is not None:
            return self._learn(now)
        if self._stale_since is not None or self._thinker.thought is not None:
            return None
        if self._queue == []:
            return self._rest(now)
        held, wait = self._held(now)
        if held:
            return wait
        if self._queue is None:
            self._begin(Doing("plan", NEXT, now + self._limits.wall_s_per_job, False, {}))
            return BEAT_S
        return self._next_job(self._queue, now)

    def _learn(self, now: float) -> float | None:
        if now < self._learn_at:
            return self._learn_at - now
        allowed = room(self._limits, self._spent_today())
        if min(allowed.wall_s, allowed.cpu_s) < 1:
            self._failing[f"learn {EVERYTHING}"] = "today's budget is used up"
            return SLOW_BEAT_S
        wall_s = min(allowed.wall_s, allowed.cpu_s)
        self._begin(Doing("learn", EVERYTHING, now + wall_s, True, {"wall_s": wall_s}))
        return None

    def _next_job(self, queue: list[dict[str, Any]], now: float) -> float | None:
        job = queue.pop(0)
        allowed = room(self._limits, self._spent_today())
        cost = Amounts(**job["cost"])
        if forbids(self._limits, self._spent_today(), cost):
            self._queue = None  # the plan was made on another budget
            return BEAT_S
        wall_s = min(allowed.wall_s, allowed.cpu_s)
        if job["kind"] == "think":
            self._ledger.add(Spent("think", job["subject"], "began", key=job["key"], pid=os.getpid()))
            self._thinker.begin(job, allowed.wall_s)
            return BEAT_S
        self._begin(Doing(job["kind"], job["subject"], now + wall_s, False, {**job, "wall_s": wall_s}))
        return BEAT_S

    def _keep_thinking(self, now: float) -> float | None:
        """Stop or continue a thought, as everything that can wait; end it where it must not go on."""
        if self._thinker.thought is None:
            return None
        if why := paused(self._repository.folder) or ("it did not stop in time" if self._thinker.is_late(now) else ""):
            self._end_thought(why)
            return 0.0
        held, _ = self._held(now)
        if held or now - self._stirred_at <= BREATH_S or self._doing is not None:
            self._thinker.give_way()
        else:
            self._thinker.go_on(now)
        return BEAT_S

    def _watch_over(self, doing: Doing, now: float) -> float | None:
        """Stop, continue or end what is in hand."""
        hand = self._hand
        if hand is None:
            return None
        if doing.urgent:
            left = BREATH_S - (now - max(self._active_at, self._stirred_at))
            if hand.stopped_at is not None and left <= 0:
                hand.go_on()
            return max(left, 0.01) if hand.stopped_at is not None else None
        if doing.until is not None and now > doing.until + SLACK_S:
            self._give_up("it took longer than allowed")
            return 0.0
        held, _ = self._held(now)
        if not held and now - self._stirred_at > BREATH_S:
            hand.go_on()
        else:
            hand.stop()
            if hand.stopped_at is not None and now - hand.stopped_at > LONGEST_STOP_S:
                self._give_up(held or "files are changing")
                return 0.0
        return BEAT_S

    def _rest(self, now: float) -> float | None:
        """Have nothing that costs anything while nothing is worth doing."""
        self._end_hand()
        self._machine, self._now = None, False
        if self._plan_again_at is None:
            return None
        if now < self._plan_again_at:
            return self._plan_again_at - now
        self._queue, self._plan_again_at = None, None
        return 0.0

    def _held(self, now: float) -> tuple[str, float]:
        """Return what holds sleep awake, or an empty string; and when it is worth looking again."""
        since = now - self._active_at
        told = Signals(since, None, None, None, None, paused(self._repository.folder), datetime.now())
        if self._now and not told.paused:
            self._hold = NOTHING
            return "", BEAT_S
        hold = holding(told, self._thresholds)
        if hold.text:
            self._hold, self._machine = hold, None
            return hold.text, self._thresholds.after_s - since if since < self._thresholds.after_s else SLOW_BEAT_S
        if self._machine is None:  # its figures are differences: the first one takes a moment
            self._machine = Machine()
            return "checking whether the machine is idle", BEAT_S
        own = [child.pid for child in self._children]
        reading = self._machine.read(own)
        self._hold = holding(Signals(since, *reading, told.paused, told.now), self._thresholds)
        return self._hold.text, SLOW_BEAT_S if reading.on_battery else BUSY_BEAT_S

    # Children

    @property
    def _children(self) -> list[Child]:
        return [child for child in (self._warm, self._hand, self._thinker.child) if child is not None]

    def _child(self, role: Role) -> Child:
        place = self._repository.root, self._repository.folder.parent
        return Child(role, *place, self._cores_share, self._mail.put)

    def _begin(self, doing: Doing) -> None:
        role: Role = "learn" if doing.urgent else "jobs"
        if self._hand is not None and self._hand.role != role:
            self._end_hand()
        if self._hand is None:
            self._hand = self._child(role)
        self._hand.go_on()
        doing.began_cpu_s = self._cpu_of(self._hand)
        self._doing = doing
        what = doing.kind if doing.kind in ("learn", "plan") else "job"
        if what == "job":  # a job that takes this process with it is then known to have been begun
            self._ledger.add(Spent(doing.kind, doing.subject, "began", key=doing.job["key"], pid=os.getpid()))
        choice = asdict(self._thinker.choice) if self._thinker.choice.named else {}
        self._hand.ask({**doing.job, "do": what, "limits": asdict(self._limits), "choice": choice})
        if not (doing.urgent or self._now) and time.monotonic() - self._active_at < self._thresholds.after_s:
            self.give_way()  # somebody asked between the look at the signals and here

    def _give_up(self, why: str) -> None:
        """End what is in hand, with its process: what it has committed stays, and the piece it was at is lost."""
        hand, doing = self._hand, self._doing
        self._hand, self._doing = None, None
        if hand is None:
            return
        cpu_s = self._cpu_of(hand) - (doing.began_cpu_s if doing is not None else 0.0)
        wall_s = time.monotonic() - hand.asked_at
        hand.close()
        if doing is not None and doing.kind != "plan":
            self._spend(doing.kind, doing.subject, "stopped", wall_s, cpu_s, {**doing.job, "why": why})
            self._tell("job", f"{doing.text}: stopped, {why}")
        self._queue = None

    def _end_hand(self) -> None:
        hand, self._hand = self._hand, None
        if hand is not None:
            hand.close()

    @staticmethod
    def _cpu_of(child: Child) -> float:
        return used_by(family([child.pid]))[0]

    # The books

    def _spend(
        self,
        kind: str,
        subject: str,
        outcome: str,
        wall_s: float,
        cpu_s: float,
        said: Message,
        models: Amounts = _NOTHING_SPENT,
    ) -> None:
        why = str(said.get("failed") or said.get("why") or "")
        size, key = float(said.get("size") or said.get("parsed") or 0), str(said.get("key") or "")
        cost = max(cpu_s, 0.0), wall_s, int(models.tokens), models.dollars
        spent = Spent(kind, subject, outcome, *cost, size, key, why, os.getpid())
        self._ledger.add(spent)
        self._today += spent.amounts

    def _spent_today(self) -> Amounts:
        day = f"{datetime.now():%Y-%m-%d}"
        if day != self._day:
            self._day, self._today = day, today(self._ledger.records(), time.time())
        return self._today

    # What others are told

    def _tell(self, kind: EventKind, text: str, ms: float | None = None, **counts: int | None) -> None:
        self._told(Event(kind, text, self.standing.state, time.time(), ms, **counts))

    def _stand(self) -> None:
        """Say how the sleeper stands, where that has changed."""
        state, held, job = self._state()
        pids = tuple(child.pid for child in self._children)
        before = self.standing
        watched = self._watch.state if self._watch is not None else None
        polled = watched.polled if watched is not None else ()
        said = (before.state, before.job, _signal(before.held_by), before.pids, dict(before.failing), before.polled)
        if said == (state, job, _signal(held), (os.getpid(), *pids), self._failing, polled):
            return
        self.standing = Standing(
            state=state,
            since=before.since if before.state == state and before.job == job else time.time(),
            root=str(self._repository.root),
            pid=os.getpid(),
            pids=(os.getpid(), *pids),
            held_by=held,
            job=job,
            failing=dict(self._failing),
            watches=watched.watches if watched is not None else 0,
            polled=polled,
            fault=watched.why if watched is not None else "",
            fix=watched.fix if watched is not None else "",
            refresh_ms=self._refresh_ms,
            signal=self._hold.signal if held else "",
        )
        self._seat.say(self.standing)
        if (before.state, before.job, _signal(before.held_by)) != (state, job, _signal(held)):
            self._tell("state", _sentence(self.standing))

    def _state(self) -> tuple[State, str, str]:
        doing = self._doing
        if doing is not None and doing.urgent:
            return "reading", "", doing.text
        thought = self._thinker.thought
        if self._queue == [] and doing is None and thought is None:
            return "resting", "", ""
        if thought is not None and self._thinker.works:
            return "sleeping", "", thought.text
        if doing is not None and self._hand is not None and self._hand.stopped_at is None:
            return "sleeping", "", doing.text
        return "awake", self._hold.text, ""


def _signal(held_by: str) -> str:
    """Return which signal holds sleep awake, whatever its value is at the moment."""
    return re.sub(r"[\d.:]+", "", held_by)


def _sentence(standing: Standing) -> str:
    """Say how a sleeper stands."""
    match standing.state:
        case "reading":
            return "reading changed files"
        case "sleeping":
            return f"working: {standing.job}"
        case "resting":
            return "idle: nothing to do"
    return standing.held_by or "starting"
