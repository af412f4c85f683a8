"""Numbers, lists and spans of time as people write them. Knows no claim."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

YEAR_S = 31_557_600
TOP = "the repository root"


def count_phrase(number: int, noun: str) -> str:
    """Return `1 file`, `3 files`, `1,204 commits`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def list_phrase(items: Sequence[str], most: int = 3) -> str:
    """Return `a`, `a and b`, `a, b and 4 more`."""
    if len(items) > most:
        return f"{', '.join(items[:most])} and {len(items) - most:,} more"
    return " and ".join(filter(None, (", ".join(items[:-1]), items[-1]))) if items else ""


def share(both: int, of: int, rule: str = "", of_what: str = "this file") -> str:
    """Return `9 of the last 11 commits to this file`, and what these commits leave out."""
    return f"{both} of the last {count_phrase(of, 'commit')} to {of_what}{bracket(rule)}"


def bracket(rule: str) -> str:
    """Return what follows a count that leaves something out: ` (without bots)`."""
    return f" ({rule})" if rule else ""


def day(seconds: int) -> str:
    """Return the day of a time since the epoch in UTC, such as `25 Jul 2026`."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment.day} {moment:%b %Y}"


def where(folders: Counter[str], *, least: int = 2) -> list[str]:
    """Return the folders that are counted most, such as `src/app (4)`; the empty one is the top."""
    return [f"{folder or TOP} ({n})" for folder, n in folders.most_common(3) if n >= least]


def share_by_folder(folders: Counter[str], *, least: int = 2) -> str:
    """Return `, mostly in src/app (4) and src (2)`, or `, all in src`; nothing where no folder has many.

    Where those hold no more than half, it is `, some in src/app (2) and src (2)`.
    """
    if len(folders) == 1:
        return f", all in {next(iter(folders)) or TOP}"
    most = where(folders, least=least)
    named = sum(number for _, number in folders.most_common(len(most)))
    return f", {'mostly' if 2 * named > folders.total() else 'some'} in {list_phrase(most)}" if most else ""
