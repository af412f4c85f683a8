"""When to ask a model again, and when to give up. Knows no provider and no clock of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

Value = TypeVar("Value")

LONGEST_TOLD_S = 900.0
"""A provider that asks for more patience than this is not waited for."""


class Fault(Exception):
    """A request failed: `kind` in a word or two, and whether asking again can help."""

    def __init__(self, kind: str, detail: str, *, passing: bool, retry_after_s: float | None = None) -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind = kind
        self.passing = passing
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class Patience:
    """How often to ask, and how long to wait in between: twice as long each time, or as long as the provider says."""

    attempts: int = 6
    first_s: float = 2.0
    most_s: float = 60.0

    def pause_s(self, attempt: int, fault: Fault) -> float | None:
        """Return how long to wait after a failed attempt, counted from one; None to give up."""
        if not fault.passing or attempt >= self.attempts:
            return None
        if fault.retry_after_s is not None:
            return fault.retry_after_s if fault.retry_after_s <= LONGEST_TOLD_S else None
        return min(self.most_s, self.first_s * 2.0 ** (attempt - 1))


def patiently(ask: Callable[[int], Value], patience: Patience, sleep: Callable[[float], None]) -> Value:
    """Ask with the number of the attempt until there is an answer. The last Fault where there is none."""
    attempt = 1
    while True:
        try:
            return ask(attempt)
        except Fault as fault:
            pause = patience.pause_s(attempt, fault)
            if pause is None:
                raise
        sleep(pause)
        attempt += 1


def seconds_of(header: str | None, now: datetime | None = None) -> float | None:
    """Read a Retry-After header (RFC 9110, section 10.2.3): seconds or a date; None where it says neither."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.replace(".", "", 1).isdigit():
        return float(text)
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = when if when.tzinfo is not None else when.replace(tzinfo=UTC)
    return max(0.0, (aware - (now or datetime.now(UTC))).total_seconds())
