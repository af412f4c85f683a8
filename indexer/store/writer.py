"""Digests on their way into the store: rows as they come, a segment of the index when all are there. Reads no file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any

import numpy as np

from noctule.indexer.arrays import Array, pack, unpack
from noctule.indexer.parse.pool import PackedDigest, Parsed
from noctule.indexer.store.postings import References, Segment, decode_units, encode_units
from noctule.indexer.store.rows import VALUE_MEMBERS, BlobRow
from noctule.indexer.store.store import Store

ROWS_EVERY_BLOBS = 64
MOST_SEGMENTS = 16
LARGE_SEGMENT_UNITS = 20_000
"""Segments with this many units are not worth joining."""
LOOK_EVERY = 500
"""After so many words it is looked whether something else is waited for: some milliseconds."""


class Rows:
    """Adds digests to the store; they count from the next commit on. Call `close_pending` first."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.ids: dict[tuple[str, str], int] = {}
        self._numbers: dict[str, int] = {}
        self._next_blob = store.next_blob()
        self._next_unit = store.next_unit()
        self._digests: list[tuple[int, int, tuple[str, str], Parsed]] = []
        self._clear()

    def _clear(self) -> None:
        self.segment = Segment()
        self._references = References()

    def add(self, key: tuple[str, str], parsed: Parsed) -> bool:
        """Add the result of a parser process; return whether there is anything to store."""
        if parsed.digest is None:
            return False
        blob, unit = self._next_blob, self._next_unit
        self._next_blob += 1
        self._next_unit += len(parsed.digest.lengths) // 2
        self.segment.add(parsed.digest, unit)
        self._digests.append((blob, unit, key, parsed))
        self.ids[key] = blob
        if len(self._digests) >= ROWS_EVERY_BLOBS:
            self._write_rows()
        return True

    def commit(self) -> None:
        """Commit all that was taken since the last commit; it can be searched after `close`."""
        self._write_rows()
        if self.segment.empty:
            return
        self._store.add_pending(pack({**self.segment.take(), **self._references.take()}))
        self._store.commit()

    def close(self) -> None:
        """Make one segment of all that was taken, and commit it."""
        self._write_rows()
        if self.segment.first_unit >= 0:
            _close_segment(self._store, self.segment, self._references)
        self._clear()

    def _write_rows(self) -> None:
        if not self._digests:
            return
        self._store.begin()
        number = self._number()
        rows: list[tuple[int, BlobRow]] = []
        definitions: list[tuple[object, ...]] = []
        self._store.add_facts(
            (blob, parsed.digest_or_raise.package, parsed.digest_or_raise.facts)
            for blob, _, _, parsed in self._digests
            if parsed.digest_or_raise.facts
        )
        for blob, unit, key, parsed in self._digests:
            d = parsed.digest_or_raise
            for position, (name, qualname, kind, start, stop, signature, doc, parent) in enumerate(d.definitions):
                definitions.append((blob, position, number[name], qualname, kind, start, stop, signature, doc, parent))
            used = np.array([number[n] for n in d.used_names], np.uint32)
            self._references.add(blob, used, d)
            rows.append((blob, _blob_row(key, parsed, unit, number, used)))
        self._store.add_blobs(rows, definitions)
        self._digests = []

    def _number(self) -> dict[str, int]:
        names: set[str] = set()
        for *_, parsed in self._digests:
            names.update(parsed.digest_or_raise.used_names)
            names.update(d[0] for d in parsed.digest_or_raise.definitions)
        self._numbers |= self._store.intern(names - self._numbers.keys())
        return self._numbers


def close_pending(store: Store) -> None:
    """Make a segment of the data that a killed sleep had committed."""
    if store.has_pending():
        with store.roll_back():
            _close_segment(store, Segment(), References())


def _close_segment(store: Store, segment: Segment, references: References) -> None:
    store.begin()
    pending = [unpack(data) for data in store.take_pending()]
    segment.put(pending)
    references.put(pending)
    del pending
    store.add_references(references.rows())
    store.add_segment(segment.first_unit, segment.rows())
    store.commit()


def join_segments(store: Store, is_wanted: Callable[[], bool] | None = None) -> None:
    """Make one segment of all small ones where there are many: each costs a question a row for each of its words.

    It can wait where `is_wanted` says that something else is waited for, until there are twice as many.
    """
    segments = store.segments()
    if len(segments) <= MOST_SEGMENTS:
        return
    stops = is_wanted if is_wanted is not None and len(segments) <= 2 * MOST_SEGMENTS else _never
    starts = [first for _, first in segments] + [store.next_unit()]
    small = [n for n, (start, stop) in enumerate(pairwise(starts)) if stop - start < LARGE_SEGMENT_UNITS]
    joined = [segments[n] for n in small]
    first = dict(joined)
    numbers = [number for number, _ in joined]
    base = joined[0][1]
    postings: list[tuple[str, bytes, bytes]] = []
    for term, rows in _group_rows(store.read_postings(numbers)):
        if len(postings) % LOOK_EVERY == 0 and stops():
            return
        units = np.concatenate([decode_units(u, len(c), first[n]) for _, n, u, c in rows])
        postings.append((term, encode_units(units, base), _join_column(rows, 3)))
    references = [
        (name, _join_column(rows, 2), _join_column(rows, 3), _join_column(rows, 4))
        for name, rows in _group_rows(store.read_references(numbers))
    ]
    if stops():
        return
    with store.transaction():
        store.drop_segments(numbers)
        store.add_references(references)
        store.add_segment(base, postings)


def _never() -> bool:
    return False


def _group_rows(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, list[tuple[Any, ...]]]]:
    for key, group in groupby(rows, key=itemgetter(0)):
        yield key, list(group)


def _join_column(rows: list[tuple[Any, ...]], column: int) -> bytes:
    return b"".join(row[column] for row in rows)


def _find_names(digest: PackedDigest) -> set[str]:
    """Return the names that a blob defines and that are looked for in a task."""
    kinds = VALUE_MEMBERS.get(digest.language, ())
    return {name for name, _, kind, *_, parent in digest.definitions if parent < 0 or kind not in kinds}


def _blob_row(key: tuple[str, str], parsed: Parsed, unit: int, number: dict[str, int], used: Array) -> BlobRow:
    d = parsed.digest_or_raise
    return BlobRow(
        oid=key[0],
        hint=key[1],
        language=d.language,
        size=parsed.job.size,
        status=parsed.failure or ("text" if d.text else "binary"),
        generated=d.generated,
        broken=d.broken,
        line_hashes=d.line_hashes,
        first_unit=unit,
        unit_definitions=d.unit_definitions,
        unit_lengths=d.lengths,
        defined_names=np.array(sorted(number[name] for name in _find_names(d)), np.uint32).tobytes(),
        used_names=np.sort(used).tobytes(),
        imports=json.dumps(d.imports, separators=(",", ":")),
    )
