"""Learned lines held against live ones: still there, moved, or changed. Pure: hashes in, a place or nothing out."""

from __future__ import annotations

import hashlib
from array import array

from noctule.indexer.symbols import Span


def hash_span(lines: array[int]) -> str:
    """Return the hash of a span from the hashes of its lines, as evidence quotes it."""
    return hashlib.blake2b(lines.tobytes(), digest_size=8).hexdigest()


def follow(span: Span, learned: array[int], live: array[int]) -> Span | None:
    """Return where the text of a learned span stands in the live file: the nearest such place, or None.

    `learned` and `live` hold the hash of each line of the file, as it was learned and as it is.
    """
    wanted = learned[span.start : span.stop]
    if not wanted or span.stop > len(learned):
        return None
    if live[span.start : span.stop] == wanted:
        return span
    return find(wanted, span.start, live)


def find(wanted: array[int], start: int, live: array[int]) -> Span | None:
    """Return where lines of these hashes stand in the live file: the place nearest to where they began, or None."""
    if not wanted:
        return None
    needle, hay, width = wanted.tobytes(), live.tobytes(), live.itemsize
    found: list[int] = []
    at = hay.find(needle)
    while at >= 0:
        if at % width == 0:
            found.append(at // width)
        at = hay.find(needle, at + 1)
    if not found:
        return None
    nearest = min(found, key=lambda line: (abs(line - start), line))
    return Span(nearest, nearest + len(wanted))
