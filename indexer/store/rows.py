"""What the store holds, as rows: blobs, definitions, and the heads of views."""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

PARTIAL = "partial:"
"""What the snapshot key of an unfinished view begins with."""
BEHIND = "behind:"
"""What the snapshot key of a view begins with whose texts are up to date and whose history is not."""


VALUE_MEMBERS = {"javascript": ("field",), "python": ("field", "constant"), "ruby": ("field",)}
"""Kinds of members that are found by assignments: their names are too common to be searched in a task."""


class BlobRow(NamedTuple):
    """One blob as it is stored; names are numbers of `Store.intern`, arrays are packed."""

    oid: str
    hint: str
    language: str
    size: int
    status: str
    generated: bool
    broken: bool
    line_hashes: bytes
    first_unit: int
    unit_definitions: bytes
    unit_lengths: bytes
    defined_names: bytes
    used_names: bytes
    imports: str


class DefinitionRow(NamedTuple):
    """One stored definition; lines are counted from zero, `stop` is exclusive. An answer makes thousands of them."""

    blob: int
    position: int
    qualname: str
    kind: str
    start: int
    stop: int
    signature: str
    doc: str
    parent: int

    @property
    def name(self) -> str:
        """The last part of the qualified name."""
        return self.qualname.rpartition(".")[2]


class ViewRow(NamedTuple):
    """The head of a view: which snapshot it was worked out for, and when; its history goes up to `revision`."""

    id: int
    name: str
    snapshot: str
    revision: str | None
    dirty: bool
    learned_at: float

    @property
    def partial(self) -> bool:
        """Whether sleep ended before it had read all of the snapshot."""
        return self.snapshot.startswith(PARTIAL)

    @property
    def is_first_part(self) -> bool:
        """Whether a repository is being read for the first time: a part of its files is known, no history."""
        return self.partial and self.revision is None

    @property
    def behind(self) -> bool:
        """Whether what rests on history was laid out for an earlier list of files, or up to an earlier commit."""
        return self.snapshot.startswith(BEHIND)

    @property
    def texts(self) -> str:
        """The key of the snapshot whose texts are known."""
        return self.snapshot.removeprefix(BEHIND)


MOST_IN_ROW = 480
"""Bytes of postings or references in one row: from twice as many on, SQLite puts the rest into pages of its own, of
which half stays empty."""


def number_rows(
    segment: int, rows: Iterable[tuple[Any, ...]], cut: Callable[..., Iterable[tuple[bytes, ...]]]
) -> Iterator[tuple[Any, ...]]:
    """Yield each of some rows (key, columns) of a segment as parts of it, with their numbers."""
    for key, *whole in rows:
        for part, columns in enumerate(cut(*whole)):
            yield (key, segment, part, *columns)


def cut_postings(units: bytes, counts: bytes) -> Sequence[tuple[bytes, bytes]]:
    """Part the postings of a term into rows."""
    if len(units) + len(counts) <= MOST_IN_ROW:
        return ((units, counts),)
    width = len(units) // len(counts)
    most = MOST_IN_ROW // (width + 1)
    return [
        (units[width * start : width * (start + most)], counts[start : start + most])
        for start in range(0, len(counts), most)
    ]


def cut_references(blobs: bytes, counts: bytes, lines: bytes) -> Sequence[tuple[bytes, bytes, bytes]]:
    """Part the uses of a name into rows, each with all lines of its blobs, and these as narrow as may be."""
    users, each = array("I", blobs), array("I", counts)
    if 3 * len(each) + len(lines) <= MOST_IN_ROW:
        return ((*_narrow(users, each), lines),)
    found = []
    first = start = stop = 0
    for at, count in enumerate(each, 1):
        stop += 2 * count
        if at == len(each) or 3 * (at - first) + stop - start >= MOST_IN_ROW:
            found.append((*_narrow(users[first:at], each[first:at]), lines[start:stop]))
            first, start = at, stop
    return found


def _narrow(users: array[int], counts: array[int]) -> tuple[bytes, bytes]:
    narrow = array("H", users) if max(users) < 1 << 16 else users
    return narrow.tobytes(), bytes(counts) if max(counts) < 1 << 8 else counts.tobytes()


_WIDTHS = {0.5: ("H", "I"), 1.0: ("I", "I"), 2.0: ("H", "B"), 4.0: ("I", "B")}


def widen(users: bytes, counts: bytes) -> tuple[array[int], array[int]]:
    """Return the blobs of a row of references, and how many lines of each use the name."""
    widths = _WIDTHS[len(users) / len(counts)]
    return array("I", array(widths[0], users)), array("I", array(widths[1], counts))


def decode_imports(text: str) -> list[tuple[str, tuple[str, ...], int]]:
    """Return the imports of a blob row."""
    return [(module, tuple(names), line) for module, names, line in json.loads(text)]
