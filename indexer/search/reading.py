"""Likely definitions of a file in, the ranges of its lines that are worth reading out. Numbers only: reads no file.

Who works on a file reads more than the definition that is to be changed: the imports, the type around it, what stands
beside it; and a short file as a whole. docs/decisions/budget.md says what recorded agents read.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import NamedTuple

from noctule.indexer.search.blocks import COMMENTS
from noctule.indexer.symbols import Span

WHOLE_FILE = 400
"""A file with at most this many lines is read as a whole."""
BESIDE = 20
"""So many lines before and after a likely definition are read with it."""
CLOSE = 60
"""Ranges that are no farther apart become one."""
MASS = 0.9
"""The ranges hold this share of the summed probabilities of a file's definitions."""
MOST_LINES = 800
"""The ranges of one file have no more lines than these, but for the likeliest definition."""
MOST_RANGES = 2
NEARLY_ALL = 0.8
"""If the ranges hold this share of a file's lines, the file is read as a whole."""
SHORT_FILE = 120
"""A file that is read for one definition only is read as a whole up to this many lines."""
_ENDS = attrgetter("start", "stop")


class NamedSpan(NamedTuple):
    """A definition that is worth reading: its lines (from zero), its name, and why, or nothing."""

    span: Span
    name: str
    reason: str = ""


class FileReading(NamedTuple):
    """What is worth reading of a file: ranges, in order, and its likely definitions, best first."""

    ranges: tuple[Span, ...]
    likely: tuple[NamedSpan, ...] = ()


class ExistingTest(NamedTuple):
    """An existing test: where it stands (lines from zero), its name, the file with what it expects, if there is.

    `around` are the lines to read with it; `lines` its own, from line `start` on (from zero) with what stands right
    above it, where they are few enough to be quoted.
    """

    path: str
    span: Span
    name: str
    expects: str = ""
    around: Span | None = None
    start: int = 0
    lines: Sequence[str] = ()


class ChangeLog(NamedTuple):
    """A change log that `both` of the `of` latest changes touched, and the lines (from zero) of its newest section.

    Where each change adds a file of its own, `path` is the newest of these, and `folder` where they stand.
    """

    path: str
    section: Span | None
    both: int
    of: int
    folder: str = ""


def choose_ranges(
    lines: int, head: int, likely: Sequence[tuple[int, int, float]], share: float = 1.0
) -> tuple[Span, ...]:
    """Return the ranges to read of a file with this number of lines, in order.

    `head` is how many lines come before the first definition, and counts only where `share` is 1; `likely` are first
    lines, ends and probabilities of definitions, the likeliest first; `share` is how likely the file is beside the
    likeliest one; nothing for one that is read for one thing in it.
    """
    if lines <= (WHOLE_FILE if share else SHORT_FILE):
        return (Span(0, lines),) if lines else ()
    most = max(MOST_LINES * share**0.25, SHORT_FILE)
    wanted = MASS * sum([probability for _, _, probability in likely])
    chosen: list[Span] = []
    held = 0.0
    for first, end, probability in likely:
        if held >= wanted:
            break
        held += probability
        start, stop = first - BESIDE if first > BESIDE else 0, end + BESIDE if end + BESIDE < lines else lines
        if _adds_nothing(start, stop, chosen):
            continue
        grown = join_close([*chosen, Span(start, stop)])
        if not chosen or (len(grown) <= MOST_RANGES and sum(map(len, grown)) <= most):
            chosen = grown
    if chosen and lines - chosen[-1].stop <= CLOSE:
        chosen[-1] = Span(chosen[-1].start, lines)
    if chosen and 0 < head <= CLOSE and share == 1:
        chosen = join_close([Span(0, head), *chosen])
    return (Span(0, lines),) if sum(map(len, chosen)) >= NEARLY_ALL * lines else tuple(chosen)


def _adds_nothing(start: int, stop: int, chosen: Sequence[Span]) -> bool:
    """Tell whether a range is inside a chosen one, or would be one too many: true for nearly all."""
    beside = 0
    for one in chosen:
        if one.start <= start and stop <= one.stop:
            return True
        beside += start - one.stop > CLOSE or one.start - stop > CLOSE
    return beside >= MOST_RANGES


def choose_around(lines: int, definition: Span, at: int) -> Span:
    """Return the range to read for one line of a file: the definition around it, or all of a short file."""
    if lines <= SHORT_FILE:
        return Span(0, lines)
    if len(definition) <= SHORT_FILE:
        return definition
    return Span(max(at - BESIDE, definition.start), min(at + BESIDE + 1, definition.stop))


def find_with_comments(lines: Sequence[str], definition: Span) -> Span:
    """Return a definition with the comment and the attributes above it."""
    start = definition.start
    while start > 0 and start > definition.start - SHORT_FILE and lines[start - 1].lstrip().startswith(COMMENTS):
        start -= 1
    return Span(start, definition.stop)


def count_lines(lines: Sequence[str]) -> int:
    """Return how many lines a text has; after its last line end stands none."""
    return len(lines) - (1 if len(lines) and not lines[-1] else 0)


def join_close(spans: Sequence[Span]) -> list[Span]:
    """Return ranges in order, those that overlap or stand close as one."""
    joined: list[Span] = []
    for span in sorted(spans, key=_ENDS):
        if joined and span.start - joined[-1].stop <= CLOSE:
            joined[-1] = Span(joined[-1].start, max(joined[-1].stop, span.stop))
        else:
            joined.append(span)
    return joined
