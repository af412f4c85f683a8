"""A definition that a pack may show, and how two of them lie. A value: knows no ranking and reads nothing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

TEST = "test"
"""The kind of an existing test, which is no place of the task but what goes with one."""


class Excerpt(NamedTuple):
    """A definition that may be shown: where it stands (lines from one, both ends included) and its source lines.

    `rank` is that of its file; `probability` that the task's change touches it; `reason` why, in words, or empty.
    `quoted` are those of its lines, from zero, that the task quotes. One that the title names is named in any case.
    `alike` says which others have nearly the same code.
    """

    path: str
    rank: int
    symbol: str
    kind: str
    start_line: int
    lines: Sequence[str]
    probability: float
    reason: str = ""
    quoted: Collection[int] = ()
    is_named: bool = False
    alike: str = ""


def overlaps(excerpt: Excerpt, others: Sequence[Excerpt]) -> bool:
    """Tell whether lines of a definition are shown already: a method stands in its class too."""
    end = excerpt.start_line + len(excerpt.lines)
    return any(
        excerpt.path == other.path
        and excerpt.start_line < other.start_line + len(other.lines)
        and other.start_line < end
        for other in others
    )


def holds(other: Excerpt, excerpt: Excerpt) -> bool:
    """Tell whether a definition stands inside of another one, or is the same."""
    ends = excerpt.start_line + len(excerpt.lines) <= other.start_line + len(other.lines)
    return other.path == excerpt.path and other.start_line <= excerpt.start_line and ends
