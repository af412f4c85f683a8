"""How often a request is sent, and how long is waited between: longer each time, and as long as the other side asks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import parsedate_to_datetime


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a request is sent, and how long is waited between."""

    attempts: int = 5
    unusable_attempts: int = 2
    first_s: float = 1.0
    longest_s: float = 30.0
    longest_asked_s: float = 60.0

    def wait_s(self, attempt: int, asked_s: float | None, share: float) -> float:
        """Return how long to wait after an attempt, from 1; `share`, from 0 to 1, spreads callers out."""
        backed_off: float = min(self.first_s * 2 ** (attempt - 1), self.longest_s)
        if asked_s is not None:
            return asked_s + 0.1 * backed_off * share
        return backed_off * (0.5 + 0.5 * share)


PATIENCE = Patience()


def seconds_of(retry_after: str, now: float) -> float | None:
    """Return how long a Retry-After header asks to wait: seconds, or a date (RFC 9110, section 10.2.3)."""
    text = retry_after.strip()
    if re.fullmatch(r"\d{1,9}(?:\.\d{1,9})?", text):
        return float(text)
    try:
        return max(parsedate_to_datetime(text).timestamp() - now, 0.0) if text else None
    except (ValueError, OverflowError):
        return None
