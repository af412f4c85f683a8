"""Numbers, lists and spans of time as people write them. Knows no claim."""

from __future__ import annotations

from collections.abc import Sequence

YEAR_S = 31_557_600
_MONTH_S = YEAR_S / 12


def counted(number: int, noun: str) -> str:
    """Return `1 file`, `3 files`, `1,204 commits`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def listed(items: Sequence[str], most: int = 3) -> str:
    """Return `a`, `a and b`, `a, b and 4 more`."""
    if len(items) > most:
        return f"{', '.join(items[:most])} and {len(items) - most:,} more"
    return " and ".join(filter(None, (", ".join(items[:-1]), items[-1]))) if items else ""


def span_of_time(seconds: float) -> str:
    """Return `4 years` or `7 months`, rounded down; empty for less than a month."""
    if seconds >= YEAR_S:
        return counted(int(seconds // YEAR_S), "year")
    months = int(seconds // _MONTH_S)
    return counted(months, "month") if months >= 1 else ""


def share(both: int, of: int) -> str:
    """Return `9 of its last 11 commits`."""
    return f"{both} of its last {of} commits"
