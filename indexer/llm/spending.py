"""What models may cost on this day: a request counts with the most it can cost before it is sent, and as it was after.

One file a day for all repositories of the user, of records that are only ever added: `reserve`, then `settle`. A
reserve that is never settled (a crash, a kill, an answer that was lost) counts in full. Whoever reserves holds a lock
on the file while it adds up and writes, so that no two processes can pass a limit together. Knows no provider.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import math
import os
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

from noctule.indexer.llm.errors import BudgetSpent, Stopped
from noctule.indexer.llm.settings import Choice
from noctule.indexer.runtime.budget import Amounts, Limits
from noctule.indexer.runtime.ledger import day_of

FOLDER = "models"
"""Below the folder of all stores."""
MOST_WAITED_S = 20.0
"""Who holds the lock may be stopped in the middle of it, and is killed by its sleeper soon after."""
KEPT_DAYS = 62
DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Reservation:
    """Room that a request has been given; `dollars` None: nobody knows what the model costs."""

    id: str
    day: str
    tokens: int
    dollars: float | None


@dataclass(slots=True)
class _Entry:
    """One request as the file tells it."""

    repository: str
    job: str
    tokens: float
    dollars: float
    priced: bool
    at: float
    settled: bool = False


@dataclass(frozen=True, slots=True)
class Today:
    """What models have cost on a day, with what is under way at its most; `unpriced` requests count tokens alone."""

    tokens: float = 0.0
    dollars: float = 0.0
    requests: int = 0
    unpriced: int = 0
    open: int = 0


class Purse:
    """The money of one user, as one repository may spend it; `folder` is that of all stores."""

    def __init__(
        self, folder: Path, choice: Choice, repository: str, limits: Limits, clock: Callable[[], float] = time.time
    ) -> None:
        self.folder = folder / FOLDER
        self.repository = repository
        self._choice = choice
        self._limits = limits
        self._clock = clock

    def reserve(self, job: str, tokens: int, dollars: float | None, stop: Event | None = None) -> Reservation:
        """Set aside the most that a request can cost, on disk when this returns. BudgetSpent: it must not be sent.

        Each request that is sent needs a reservation of its own, also when it repeats one; `job` adds up what belongs
        together. Stopped.
        """
        self._check_free(dollars)
        day = day_of(self._clock())
        try:
            with self._locked(day, stop) as file:
                entries = _entries(file)
                self._check(list(entries.values()), job, tokens, dollars)
                reservation = Reservation(secrets.token_hex(8), day, tokens, dollars)
                record = {"reserve": reservation.id, "repository": self.repository, "job": job, "tokens": tokens}
                _append(file, {**record, "dollars": dollars, "at": round(self._clock(), 3)})
        except OSError as error:
            raise BudgetSpent(
                f"cannot record what models cost: {error.strerror or error}",
                f"nothing is sent until {self.folder} can be written",
            ) from error
        return reservation

    def settle(self, reservation: Reservation, tokens: int, dollars: float | None) -> None:
        """Say what a request cost. Where this cannot be written, it goes on counting with the most it could."""
        with contextlib.suppress(OSError, BudgetSpent), self._locked(reservation.day, None) as file:
            _append(file, {"settle": reservation.id, "tokens": tokens, "dollars": dollars})

    def spent_by(self, job: str) -> Amounts:
        """Return what a job has cost today and yesterday, under way and lost ones at their most."""
        now = self._clock()
        entries = [e for day in {day_of(now), day_of(now - DAY_S)} for e in self._day(day) if self._is_of(e, job)]
        return Amounts(tokens=sum(e.tokens for e in entries), dollars=math.fsum(e.dollars for e in entries))

    def today(self, *, everywhere: bool) -> Today:
        """Return what this day has cost so far, in all repositories or in this one."""
        entries = [e for e in self._day(day_of(self._clock())) if everywhere or e.repository == self.repository]
        return Today(
            sum(e.tokens for e in entries),
            math.fsum(e.dollars for e in entries),
            len(entries),
            sum(not e.priced for e in entries),
            sum(not e.settled for e in entries),
        )

    def left(self) -> Amounts:
        """Return what this repository may still spend on models today."""
        amounts = []
        for name in ("tokens", "dollars"):
            here, all_ = (getattr(self.today(everywhere=everywhere), name) for everywhere in (False, True))
            day = f"{name}_per_day"
            amounts.append(max(min(getattr(self._limits, day) - here, getattr(self._choice, day) - all_), 0.0))
        return Amounts(tokens=amounts[0], dollars=amounts[1])

    def _is_of(self, entry: _Entry, job: str) -> bool:
        return entry.job == job and entry.repository == self.repository

    def _check_free(self, dollars: float | None) -> None:
        if dollars is not None:
            return
        if math.isinf(self._choice.tokens_per_day) and math.isinf(self._limits.tokens_per_day):
            raise BudgetSpent(
                "the price of this model is unknown, and no token limit is set",
                "set tokens_per_day in [model], or think_price (docs/models.md)",
            )
        if 0 in (self._choice.dollars_per_day, self._limits.dollars_per_day, self._limits.dollars_per_job):
            raise BudgetSpent(
                "the price of this model is unknown, and the dollar limit is 0",
                'for a model that costs nothing, set think_price = "0/0" in [model]',
            )

    def _check(self, entries: list[_Entry], job: str, tokens: int, dollars: float | None) -> None:
        """Raise BudgetSpent where a limit could be passed."""
        here = [e for e in entries if e.repository == self.repository]
        # A job that runs past midnight has spent a part of its own limit on the day before.
        before = [e for e in self._day(day_of(self._clock() - DAY_S)) if self._is_of(e, job)]
        of_job = [e for e in here if e.job == job] + before
        for counted, limits, span, whose in (
            (entries, self._choice, "per_day", "today in all repositories"),
            (here, self._limits, "per_day", "today in this repository"),
            (of_job, self._limits, "per_job", "for one job"),
        ):
            for name, wanted in (("tokens", tokens), ("dollars", dollars)):
                most = getattr(limits, f"{name}_{span}")
                if wanted is None or math.fsum([*(getattr(e, name) for e in counted), wanted]) <= most:
                    continue
                left = max(most - math.fsum(getattr(e, name) for e in counted), 0.0)
                raise BudgetSpent(
                    f"a request may take {_told(wanted)} {name}, but {_told(left)} of {_told(most)} are left {whose}",
                    "docs/models.md explains how to allow more",
                )

    def _day(self, day: str) -> list[_Entry]:
        try:
            with self._path(day).open("rb") as file:
                return list(_entries(file.fileno()).values())
        except OSError:
            return []

    def _path(self, day: str) -> Path:
        return self.folder / f"spent-{day}.jsonl"

    @contextlib.contextmanager
    def _locked(self, day: str, stop: Event | None) -> Iterator[int]:
        """Hold the day's file alone. OSError, Stopped; BudgetSpent when another process does not let go of it."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._path(day)
        if not path.exists():
            self._sweep()
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            until = time.monotonic() + MOST_WAITED_S
            while not _taken(file):
                if time.monotonic() > until:
                    raise BudgetSpent("another process is using the spending record", "try again later")
                if stop is not None and stop.wait(0.02):
                    raise Stopped("thinking was stopped")
                if stop is None:
                    time.sleep(0.02)
            yield file
            # Others see what was written at once; only a loss of power could take it back, and that is waited for
            # without the lock: whoever holds it may be stopped at any moment.
            fcntl.flock(file, fcntl.LOCK_UN)
            os.fsync(file)
        finally:
            os.close(file)

    def _sweep(self) -> None:
        """Remove the accounts of long ago."""
        oldest = self._path(day_of(self._clock() - KEPT_DAYS * DAY_S)).name
        with contextlib.suppress(OSError):
            for path in self.folder.glob("spent-*.jsonl"):
                if path.name < oldest:
                    path.unlink(missing_ok=True)


def _taken(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _append(file: int, record: dict[str, Any]) -> None:
    """Write one record to the end. What a crash tore off before it ends with a line of its own: such a record was
    never acted upon.
    """
    size = os.fstat(file).st_size
    torn = size > 0 and os.pread(file, 1, size - 1) != b"\n"
    line = (b"\n" if torn else b"") + json.dumps(record).encode() + b"\n"
    written = os.write(file, line)
    if written < len(line):
        raise OSError(28, "no space is left on the disk")


def _entries(file: int) -> dict[str, _Entry]:
    """Read the requests of a day. A line that says nothing sound is one that was torn before anything was sent."""
    found: dict[str, _Entry] = {}
    content = os.pread(file, os.fstat(file).st_size, 0)
    for line in content.splitlines():
        with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):
            record = json.loads(line)
            told, tokens = record["dollars"], float(record["tokens"])
            dollars = 0.0 if told is None else float(told)
            if "reserve" in record:
                entry = _Entry(str(record["repository"]), str(record["job"]), tokens, dollars, told is not None, 0.0)
                entry.at = float(record["at"])
                found.setdefault(str(record["reserve"]), entry)
            elif not (entry := found[str(record["settle"])]).settled:
                entry.tokens, entry.dollars, entry.settled = tokens, dollars, True
    return found


def _told(amount: float) -> str:
    return f"{amount:,.0f}" if amount >= 100 or amount == int(amount) else f"{amount:.4g}"
