"""Books the costs of jobs in the ledger, and says what the day's budget leaves. Begins and ends no job."""

from __future__ import annotations

import os
import time
from datetime import datetime

from noctule.indexer.background.messages import PlannedJob
from noctule.indexer.runtime.budget import Amounts, Limits, forbids, room
from noctule.indexer.runtime.ledger import MOST_FILES, Changed, Ledger, Spent, today


class DayBudget:
    """The ledger of one repository and the user's limits; today's sum is kept, and read again each day."""

    def __init__(self, ledger: Ledger, limits: Limits) -> None:
        self.limits = limits
        self._ledger = ledger
        self._today = Amounts()
        self._day = ""

    def today(self) -> Amounts:
        """Return the amounts spent today."""
        day = f"{datetime.now():%Y-%m-%d}"
        if day != self._day:
            self._day, self._today = day, today(self._ledger.records(), time.time())
        return self._today

    def room(self) -> Amounts:
        """Return where a job that starts at this moment has to stop."""
        return room(self.limits, self.today())

    def room_s(self) -> float:
        """Return for how many seconds such a job may go on."""
        allowed = self.room()
        return min(allowed.wall_s, allowed.cpu_s)

    def forbids(self, cost: Amounts) -> str:
        """Return why a job with this expected cost must not start; empty if it may."""
        return forbids(self.limits, self.today(), cost)

    def book_change(self, paths: frozenset[str]) -> None:
        """Note that somebody edited files."""
        self._ledger.add(Changed(tuple(sorted(paths)[:MOST_FILES])))

    def book_begin(self, job: PlannedJob) -> None:
        """Note that a job begins: one that takes this process with it is then known to have been begun."""
        self._ledger.add(Spent(job.kind, job.subject, "began", key=job.key, pid=os.getpid()))

    def book_end(
        self, job: PlannedJob, outcome: str, wall_s: float, cpu_s: float, why: str = "", models: Amounts | None = None
    ) -> None:
        """Book how a job ended and what it cost; `models` are the tokens and dollars."""
        paid = models or Amounts()
        cost = max(cpu_s, 0.0), wall_s, int(paid.tokens), paid.dollars
        spent = Spent(job.kind, job.subject, outcome, *cost, job.size, job.key, why, os.getpid())
        self._ledger.add(spent)
        self._today += spent.amounts
