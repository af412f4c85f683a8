"""When a request is sent again, and how long is waited before: longer each time, and as long as the other side asks."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from noctule.indexer.llm.fault import Fault

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a request is sent, and how long is waited between."""

    attempts: int = 5
    unusable_attempts: int = 2
    first_s: float = 1.0
    longest_s: float = 30.0
    longest_asked_s: float = 60.0

    def pause_s(self, attempt: int, fault: Fault, share: float) -> float | None:
        """Return how long to wait after an attempt, from 1; None to give up. `share`, 0 to 1, spreads callers out."""
        most = self.unusable_attempts if fault.is_unusable else self.attempts
        if not fault.passing or attempt >= most or (fault.asked_s or 0.0) > self.longest_asked_s:
            return None
        backed_off: float = min(self.first_s * 2 ** (attempt - 1), self.longest_s)
        if fault.asked_s is not None:
            return fault.asked_s + 0.1 * backed_off * share
        return backed_off * (0.5 + 0.5 * share)


def retry(
    send: Callable[[int], T],
    policy: RetryPolicy,
    wait: Callable[[float], None],
    mend: Callable[[Fault], bool] = lambda _fault: False,
) -> T:
    """Send with the number of the attempt, from 1, until there is an answer. The error of the last Fault.

    Where `mend` says that it changed the request, that is sent at once. `wait` takes seconds, and may raise.
    """
    attempt = 0
    while True:
        attempt += 1
        try:
            return send(attempt)
        except Fault as fault:
            if mend(fault):
                continue
            pause_s = policy.pause_s(attempt, fault, random.random())
            if pause_s is None:
                raise fault.error from fault
        wait(pause_s)
