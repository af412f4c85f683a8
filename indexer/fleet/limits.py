"""What all workers of a fleet share: one budget for models, and how often a server is asked for a clone.

One object for the whole fleet, in the process that starts it or in an actor. What a request may cost at most is
reserved before it is sent and settled after; what is never settled, since its worker was lost, counts as spent. The
book is a file, so that a fleet that is started again goes on with what is left.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Protocol

MINUTE_S = 60.0


class FleetLimits(Protocol):
    """What a worker asks of the fleet before it costs something."""

    def wait_s(self, host: str) -> float:
        """Take the next turn to fetch from a server; return the seconds until then."""

    def reserve(self, dollars: float) -> str:
        """Set aside the most that a request can cost; an empty string where the budget does not allow it."""

    def settle(self, reservation: str, dollars: float) -> None:
        """Say what a request cost; a reservation is settled once."""

    def spent(self) -> float:
        """Return the dollars that are spent or reserved."""


class SharedLimits:
    """The limits themselves, for any number of threads. `book` is the file that keeps them; None keeps nothing."""

    def __init__(
        self,
        dollars: float = 0.0,
        fetches_per_minute: float = math.inf,
        book: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._dollars = dollars
        self._gap_s = MINUTE_S / fetches_per_minute
        self._book = book
        self._clock = clock
        self._lock = Lock()
        self._next: dict[str, float] = {}
        self._costs: dict[str, float] = {}
        self._open: set[str] = set()
        if book is not None and book.exists():
            self._read(book)

    def wait_s(self, host: str) -> float:
        """Take the next turn to fetch from a server; return the seconds until then."""
        if not host or self._gap_s == 0:
            return 0.0
        with self._lock:
            now = self._clock()
            turn = max(self._next.get(host, now), now)
            self._next[host] = turn + self._gap_s
        return turn - now

    def reserve(self, dollars: float) -> str:
        """Set aside the most that a request can cost; an empty string where the budget does not allow it."""
        with self._lock:
            if not dollars >= 0 or math.fsum([*self._costs.values(), dollars]) > self._dollars:
                return ""
            name = str(len(self._costs) + 1)
            self._write(name, dollars, "reserved")
            self._costs[name] = dollars
            self._open.add(name)
        return name

    def settle(self, reservation: str, dollars: float) -> None:
        """Say what a request cost; a reservation is settled once."""
        with self._lock:
            if reservation not in self._open:
                return
            self._open.discard(reservation)
            self._write(reservation, dollars, "settled")
            self._costs[reservation] = dollars

    def spent(self) -> float:
        """Return the dollars that are spent or reserved."""
        with self._lock:
            return math.fsum(self._costs.values())

    def _read(self, book: Path) -> None:
        """Take over what an earlier run spent; its reservations are nobody's any more, and stay spent."""
        for line in book.read_text("utf-8").splitlines():
            try:
                entry = json.loads(line)
            except ValueError:  # torn by a crash: what it reserved was never given away
                continue
            self._costs[entry["reservation"]] = float(entry["dollars"])

    def _write(self, reservation: str, dollars: float, what: str) -> None:
        if self._book is None:
            return
        with self._book.open("a", encoding="utf-8") as file:
            file.write(f"{json.dumps({'reservation': reservation, 'dollars': dollars, 'what': what})}\n")
