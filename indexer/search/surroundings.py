"""Which lines are worth reading beside those that a pack shows, so that none is told twice. Writes no text."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from noctule.indexer.search.excerpts import Excerpt
from noctule.indexer.search.reading import ReadingRange
from noctule.indexer.symbols import Span

LEAST_PIECE = 4
"""What is left of a range beside the lines that are shown is named where it has so many lines."""
LEAST_CUT = 12
"""Within a range, fewer lines are read again at less cost than two ranges one after the other."""
MOST_PIECES = 2


class Surrounding(NamedTuple):
    """A range of a file to read, and the likely definitions within it."""

    path: str
    part: ReadingRange
    inside: tuple[Excerpt, ...] = ()

    def add(self, excerpt: Excerpt) -> Surrounding:
        """Return the range with one more definition, whose lines may reach beyond it."""
        lines = find_lines(excerpt)
        span = Span(min(self.part.span.start, lines.start), max(self.part.span.stop, lines.stop))
        return self._replace(part=self.part._replace(span=span), inside=(*self.inside, excerpt))


def find_lines(excerpt: Excerpt) -> Span:
    """Return the lines of a definition, counted from zero."""
    return Span(excerpt.start_line - 1, excerpt.start_line - 1 + len(excerpt.lines))


def find_surroundings(
    paths: Iterable[str], reading: Mapping[str, Sequence[ReadingRange]], shown: Sequence[Excerpt]
) -> list[Surrounding]:
    """Return what to read of some files beside the definitions that are shown."""
    found: list[Surrounding] = []
    for path in dict.fromkeys(paths):
        mine = [find_lines(excerpt) for excerpt in shown if excerpt.path == path]
        said = {excerpt.symbol for excerpt in shown if excerpt.path == path}
        for part in reading.get(path, ()):
            found += [Surrounding(path, piece) for piece in subtract(part, mine, said)]
    return found


def subtract(part: ReadingRange, taken: Sequence[Span], said: Collection[str]) -> list[ReadingRange]:
    """Return what is left of a range without some spans and names: pieces of a few lines at least."""
    pieces = [part.span]
    for span in sorted(taken, key=len, reverse=True):
        pieces = [left for piece in pieces for left in _cut(piece, span, len(pieces) < MOST_PIECES)]
    names = [name for name in part.names if name not in said]
    if not part.starts:
        return [ReadingRange(piece, tuple(names)) for piece in pieces]
    starts = dict(zip(part.names, part.starts, strict=True))
    return [ReadingRange(piece, tuple(n for n in names if piece.start <= starts[n] < piece.stop)) for piece in pieces]


def _cut(piece: Span, taken: Span, may_split: bool) -> list[Span]:
    """Return what is left of a range: less at an end, or two where enough is taken from amid it."""
    if taken.stop <= piece.start or piece.stop <= taken.start:
        return [piece]
    ends = [Span(piece.start, max(taken.start, piece.start)), Span(min(taken.stop, piece.stop), piece.stop)]
    left = [end for end in ends if len(end) >= LEAST_PIECE]
    return left if len(left) < MOST_PIECES or (may_split and len(taken) >= LEAST_CUT) else [piece]


def include(excerpt: Excerpt, around: list[Surrounding]) -> int | None:
    """Put a definition into the range that has lines of it, if there is one; return which."""
    lines = find_lines(excerpt)
    for at, one in enumerate(around):
        span = one.part.span
        if one.path == excerpt.path and lines.start < span.stop and span.start < lines.stop:
            around[at] = one.add(excerpt)
            return at
    return None
