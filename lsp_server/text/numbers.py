"""Numbers as people read them. No clock, no output."""

from __future__ import annotations


def count(number: int, noun: str) -> str:
    """Return "1 file", "2,300 files", "4 searches"."""
    if number == 1:
        return f"1 {noun}"
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}es" if noun.endswith(("s", "ch")) else f"{noun}s"
    return f"{number:,} {plural}"


def size(number: float) -> str:
    """Return a number of bytes with a decimal unit."""
    for unit in ("B", "kB", "MB", "GB"):
        if abs(number) < 999.5:
            return f"{number:.0f} {unit}" if unit == "B" or number >= 99.95 else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} TB"


def duration(seconds: float) -> str:
    """Return "35 ms", "1.2 s", "3 min 20 s" or "2 h 5 min"."""
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def age(seconds: float) -> str:
    """Return how long ago something was: "just now", "5 min ago", "3 days ago"."""
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{seconds // 60:.0f} min ago"
    if seconds < 2 * 86400:
        return f"{seconds // 3600:.0f} h ago"
    return f"{seconds // 86400:,.0f} days ago"


def percent(share: float) -> str:
    """Return a share as a percentage; a chance that is not nothing never reads as nothing."""
    if 0 < share < 0.005:
        return "<1%"
    return f"{share:.0%}"


def short(revision: str | None) -> str:
    """Return a revision as people quote it."""
    return revision[:10] if revision else "no commit"
