"""Which lines are worth reading beside those that a pack shows, so that none is told twice. Writes no text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from noctule.indexer.search.blocks import Run
from noctule.indexer.search.excerpts import Excerpt
from noctule.indexer.search.reading import FileReading, NamedSpan
from noctule.indexer.symbols import Span

LEAST_PIECE = 4
"""What is left of a range beside the lines that are shown is named where it has so many lines."""
LEAST_CUT = 12
"""Within a range, fewer lines are read again at less cost than two ranges one after the other."""
MOST_PIECES = 2
MOST_INSIDE = (4, 3, 2)
"""So many definitions are named of the likeliest file, of the second and of the third."""
OVERLOADS_APART = 8
"""So few lines stand between definitions of one name that are named as one."""
LONGEST_INSIDE = 400
"""A longer definition is read for something in it, which has lines of its own."""
Shown = Sequence[tuple[Excerpt, Sequence[Run]]]
"""The excerpts of a pack, each with the runs of its lines that are shown."""


class Surrounding(NamedTuple):
    """What to read of a file: definitions with their exact lines, and the ranges around them and what is shown.

    Without such a definition, what is shown is cut out of the ranges.
    """

    path: str
    inside: tuple[NamedSpan, ...] = ()
    ranges: tuple[Span, ...] = ()


def find_lines(excerpt: Excerpt) -> Span:
    """Return the lines of a definition, counted from zero."""
    return Span(excerpt.start_line - 1, excerpt.start_line - 1 + len(excerpt.lines))


def find_surroundings(paths: Iterable[str], reading: Mapping[str, FileReading], shown: Shown) -> dict[str, Surrounding]:
    """Return what to read of some files beside the lines that are shown, by path."""
    found: dict[str, Surrounding] = {}
    for path in dict.fromkeys(paths):
        if path not in reading:
            continue
        most = MOST_INSIDE[min(len(found), len(MOST_INSIDE) - 1)]
        mine = [(excerpt, runs) for excerpt, runs in shown if excerpt.path == path]
        inside = choose_definitions(reading[path].likely, mine, most)
        ranges = reading[path].ranges
        if not inside:
            ranges = tuple(_cut_all(ranges, [find_lines(excerpt) for excerpt, _ in mine]))
        if inside or ranges:
            found[path] = Surrounding(path, inside, ranges)
    return found


def choose_definitions(likely: Sequence[NamedSpan], shown: Shown, most: int) -> tuple[NamedSpan, ...]:
    """Return the likeliest definitions of a file that are not shown; none stands within another one."""
    chosen: list[NamedSpan] = []
    for one in likely:
        if _join_overload(one, chosen):
            continue
        if len(chosen) == most:
            break
        if len(one.span) > LONGEST_INSIDE or any(one.span.meets(other.span) for other in chosen):
            continue
        if not is_shown(one.span, shown):
            chosen.append(one)
    return tuple(chosen)


def _join_overload(one: NamedSpan, chosen: list[NamedSpan]) -> bool:
    """Let a chosen definition of the same name that stands close by hold this one too; tell whether one does.

    They are overloads, or a getter beside its setter.
    """
    for at, other in enumerate(chosen):
        joined = Span(min(one.span.start, other.span.start), max(one.span.stop, other.span.stop))
        if one.name != other.name or len(joined) > len(one.span) + len(other.span) + OVERLOADS_APART:
            continue
        if not any(joined.meets(third.span) for third in chosen if third is not other):
            chosen[at] = other._replace(span=joined)
            return True
    return False


def is_shown(span: Span, shown: Shown) -> bool:
    """Tell whether most of some lines are shown, or all of what holds them, or a part of just these."""
    for excerpt, runs in shown:
        lines = find_lines(excerpt)
        if lines == span or (lines.meets(span) and len(lines) < len(span)):
            return True
        held = sum(
            max(min(span.stop, lines.start + stop) - max(span.start, lines.start + start), 0) for start, stop in runs
        )
        if 2 * held > len(span):
            return True
    return False


def include(place: NamedSpan, around: dict[str, Surrounding], path: str) -> bool:
    """Name a definition before the others of its file, if that is one of those to read; tell whether it is."""
    if path not in around:
        return False
    others = [one for one in around[path].inside if not one.span.meets(place.span)]
    around[path] = around[path]._replace(inside=(place, *others))
    return True


def _cut_all(ranges: Sequence[Span], taken: Sequence[Span]) -> list[Span]:
    """Return what is left of ranges without some lines: pieces of a few lines at least."""
    return [piece for one in ranges for piece in subtract(one, taken)]


def subtract(part: Span, taken: Sequence[Span]) -> list[Span]:
    """Return what is left of a range without some lines."""
    pieces = [part]
    for span in sorted(taken, key=len, reverse=True):
        pieces = [left for piece in pieces for left in _cut(piece, span, len(pieces) < MOST_PIECES)]
    return pieces


def _cut(piece: Span, taken: Span, may_split: bool) -> list[Span]:
    """Return what is left of a range: less at an end, or two where enough is taken from amid it."""
    if taken.stop <= piece.start or piece.stop <= taken.start:
        return [piece]
    ends = [Span(piece.start, max(taken.start, piece.start)), Span(min(taken.stop, piece.stop), piece.stop)]
    left = [end for end in ends if len(end) >= LEAST_PIECE]
    return left if len(left) < MOST_PIECES or (may_split and len(taken) >= LEAST_CUT) else [piece]
