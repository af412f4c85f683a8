"""What models may cost on this day: a request counts with the most it can cost before it is sent, and as it was after.

One database for all repositories of the user: `reserve`, then `settle`. A reserve that is never settled (a crash, a
kill, an answer that was lost) counts in full. Whoever reserves adds up and writes in one transaction, so that no two
processes can pass a limit together. Knows no provider.
"""

from __future__ import annotations

import contextlib
import math
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any, Protocol

from noctule.indexer.errors import StoreError
from noctule.indexer.llm.errors import BudgetSpent, Stopped
from noctule.indexer.llm.settings import Choice
from noctule.indexer.runtime import state
from noctule.indexer.runtime.budget import Amounts, Limits
from noctule.indexer.runtime.database import Busy
from noctule.indexer.runtime.ledger import format_day

FOLDER = "models"
"""Below the folder of all stores."""
KEPT_DAYS = 62
DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Reservation:
    """Room that a request has been given; `dollars` None: the price of the model is unknown."""

    id: str
    day: str
    tokens: int
    dollars: float | None


@dataclass(frozen=True, slots=True)
class _Request:
    """One request: at its most until it is settled."""

    repository: str
    job: str
    tokens: float
    dollars: float
    priced: bool
    settled: bool


@dataclass(frozen=True, slots=True)
class Today:
    """What models have cost on a day, with what is under way at its most; `unpriced` requests count tokens alone."""

    tokens: float = 0.0
    dollars: float = 0.0
    requests: int = 0
    unpriced: int = 0
    open: int = 0


class SharedBudget(Protocol):
    """A budget that processes on one or many machines share."""

    def reserve(self, dollars: float) -> str:
        """Set aside the most that a request can cost; an empty string where the budget does not allow it."""

    def settle(self, reservation: str, dollars: float, most: float) -> None:
        """Say what a request cost, of the `most` that was set aside for it."""


class SpendingLimit:
    """What one repository may spend of its user's money; `folder` is that of all stores."""

    def __init__(
        self,
        folder: Path,
        choice: Choice,
        repository: str,
        limits: Limits,
        clock: Callable[[], float] = time.time,
        shared: SharedBudget | None = None,
    ) -> None:
        self.folder = folder / FOLDER
        self.repository = repository
        self._choice = choice
        self._limits = limits
        self._clock = clock
        self._shared = shared
        self._taken: dict[str, tuple[str, float]] = {}
        """What is taken out of the shared budget for each reservation."""

    def reserve(self, job: str, tokens: int, dollars: float | None, stop: Event | None = None) -> Reservation:
        """Set aside the most that a request can cost, on disk when this returns. BudgetSpent: it must not be sent.

        Each request that is sent needs a reservation of its own, also when it repeats one; `job` adds up what belongs
        together. Stopped.
        """
        if self._shared is None:
            return self._reserve(job, tokens, dollars, stop)
        if dollars is None:
            raise BudgetSpent("the price of the model is unknown, so no budget can hold it", "set model.think_price")
        name = self._shared.reserve(dollars)
        if not name:
            raise BudgetSpent("the shared budget is used up", "allow more with --budget-dollars")
        try:
            reservation = self._reserve(job, tokens, dollars, stop)
        except BaseException:
            self._shared.settle(name, 0.0, dollars)
            raise
        self._taken[reservation.id] = name, dollars
        return reservation

    def _reserve(self, job: str, tokens: int, dollars: float | None, stop: Event | None) -> Reservation:
        self._check_free(dollars)
        now = self._clock()
        reservation = Reservation(secrets.token_hex(8), format_day(now), tokens, dollars)
        try:
            with state.transaction(self.folder, stop=stop, repair=False) as db:
                requests = _requests(db.execute(_OF_DAY, (reservation.day,)))
                before = _requests(db.execute(_OF_DAY, (format_day(now - DAY_S),)))
                self._check(requests, before, job, tokens, dollars)
                db.execute("DELETE FROM request WHERE day < ?", (format_day(now - KEPT_DAYS * DAY_S),))
                values = self.repository, state.text(job), tokens, dollars, round(now, 3)
                db.execute(
                    "INSERT INTO request VALUES (?, ?, ?, ?, ?, ?, ?, 0)", (reservation.id, reservation.day, *values)
                )
        except state.Cancelled as error:
            raise Stopped("thinking was stopped") from error
        except Busy as error:
            raise BudgetSpent("another process is using the spending record", "try again later") from error
        except StoreError as error:
            raise BudgetSpent(
                f"cannot record what models cost: {error}",
                f"nothing is sent until {self.folder} can be written",
            ) from error
        return reservation

    def settle(self, reservation: Reservation, tokens: int, dollars: float | None) -> None:
        """Say what a request cost. Where this cannot be written, it goes on counting with the most it could."""
        if self._shared is not None and reservation.id in self._taken:
            name, most = self._taken.pop(reservation.id)
            self._shared.settle(name, most if dollars is None else dollars, most)
        with contextlib.suppress(StoreError), state.transaction(self.folder, repair=False) as db:
            db.execute(
                "UPDATE request SET tokens = ?, dollars = ?, settled = 1 WHERE id = ? AND NOT settled",
                (tokens, dollars, reservation.id),
            )

    def job_spending(self, job: str) -> Amounts:
        """Return what a job has cost today and yesterday, under way and lost ones at their most."""
        now = self._clock()
        entries = [
            e for day in {format_day(now), format_day(now - DAY_S)} for e in self._day(day) if self._is_of(e, job)
        ]
        return Amounts(tokens=sum(e.tokens for e in entries), dollars=math.fsum(e.dollars for e in entries))

    def today(self, *, everywhere: bool) -> Today:
        """Return what this day has cost so far, in all repositories or in this one."""
        entries = [e for e in self._day(format_day(self._clock())) if everywhere or e.repository == self.repository]
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

    def _is_of(self, entry: _Request, job: str) -> bool:
        return entry.job == state.text(job) and entry.repository == self.repository

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

    def _check(
        self, entries: list[_Request], before: list[_Request], job: str, tokens: int, dollars: float | None
    ) -> None:
        """Raise BudgetSpent where a limit could be passed; `before` are the requests of yesterday."""
        here = [e for e in entries if e.repository == self.repository]
        # A job that runs past midnight has spent a part of its own limit on the day before.
        of_job = [e for e in (*entries, *before) if self._is_of(e, job)]
        for counted, limits, span, whose in (
            (entries, self._choice, "per_day", "today in all repositories"),
            (here, self._limits, "per_day", "today in this repository"),
            (of_job, self._limits, "per_job", "for one job"),
        ):
            for name, wanted in (("tokens", tokens), ("dollars", dollars)):
                most = getattr(limits, f"{name}_{span}")
                if wanted is None or math.fsum([*(getattr(e, name) for e in counted), wanted]) <= most:
                    continue
                left = _format_amount(max(most - math.fsum(getattr(e, name) for e in counted), 0.0))
                raise BudgetSpent(
                    f"a request may take {_format_amount(wanted)} {name}, "
                    f"but {left} of {_format_amount(most)} are left {whose}",
                    "docs/models.md explains how to allow more",
                )

    def _day(self, day: str) -> list[_Request]:
        return _requests(state.rows(self.folder, _OF_DAY, day))


_OF_DAY = "SELECT repository, job, tokens, dollars, settled FROM request WHERE day = ?"


def _requests(found: Iterable[Any]) -> list[_Request]:
    return [
        _Request(repository, job, tokens, dollars or 0.0, dollars is not None, bool(settled))
        for repository, job, tokens, dollars, settled in found
    ]


def _format_amount(amount: float) -> str:
    return f"{amount:,.0f}" if amount >= 100 or amount == int(amount) else f"{amount:.4g}"
