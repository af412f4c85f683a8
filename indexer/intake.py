"""Blobs that were never seen, digested by children and committed to the store every few seconds. Knows no history."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from itertools import groupby, pairwise
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np

from indexer.answers import Progress
from indexer.columns import Array
from indexer.languages import language_of
from indexer.parse import Job, Parsed, Parsers
from indexer.segments import References, Segment, units_from, units_of
from indexer.snapshot import Snapshot
from indexer.store import BlobRow, Store
from indexer.work import Work

COMMIT_EVERY_S = 8.0
COMMIT_EVERY_POSTINGS = 4_000_000
ROWS_EVERY_BLOBS = 64
MOST_SEGMENTS = 16
LARGE_SEGMENT_UNITS = 20_000
"""Segments of so many units are not worth joining."""
PROCESSES = 2


def hint_of(path: str) -> str:
    """Return the language that a path promises, or an empty string."""
    language = language_of(path)
    return language.name if language is not None else ""


def blobs(store: Store, snapshot: Snapshot, place: Path, work: Work) -> dict[tuple[str, str], int]:
    """Digest the blobs that the store has never seen; return the row ids of all blobs of the snapshot."""
    keys = {(f.blob, hint_of(p)): p for p, f in snapshot.files.items()}
    known = store.blob_ids(keys)
    work.known = len(known)
    unseen = [(key, path) for key, path in keys.items() if key not in known]
    if not unseen:
        return known
    jobs = [Job(i, path, key[0], snapshot.files[path].size) for i, (key, path) in enumerate(unseen)]
    intake = _Intake(store)
    started = last = time.monotonic()
    with Parsers(place, revision=snapshot.objects is not None, processes=PROCESSES) as parsers, store.unfinished():
        try:
            for parsed in parsers.digest(jobs):
                key, path = unseen[parsed.job.position]
                if parsed.failure:
                    work.failed[path] = parsed.failure
                work.unsettled |= parsed.changed
                if intake.add(key, parsed):
                    work.parsed += 1
                work.report(Progress("reading", work.parsed, len(jobs)))
                if time.monotonic() - last > COMMIT_EVERY_S or intake.segment.size > COMMIT_EVERY_POSTINGS:
                    intake.commit()
                    last = time.monotonic()
                work.check()
        finally:
            work.child_memory = max(work.child_memory, sum(map(_peak_memory, parsers.process_ids)))
            intake.commit()
    join_segments(store)
    work.timed("reading", started)
    return {**known, **intake.ids}


class _Intake:
    """Blobs on their way into the store: rows go there as they come, and count from the next commit on."""

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
        """Take what a child sent back; whether there is anything to store."""
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
        """Close the segment, and commit all that was taken since the last commit."""
        self._write_rows()
        if self.segment.empty:
            return
        self._store.add_references(self._references.rows())
        self._store.add_segment(self.segment.first_unit, self.segment.rows())
        self._store.commit()
        self._clear()

    def _write_rows(self) -> None:
        if not self._digests:
            return
        self._store.begin()
        number = self._numbered()
        rows: list[tuple[int, BlobRow]] = []
        definitions: list[tuple[object, ...]] = []
        for blob, unit, key, parsed in self._digests:
            d = parsed.packed
            for position, (name, qualname, kind, start, stop, signature, doc, parent) in enumerate(d.definitions):
                definitions.append((blob, position, number[name], qualname, kind, start, stop, signature, doc, parent))
            used = np.array([number[n] for n in d.used_names], np.uint32)
            self._references.add(blob, used, d)
            rows.append((blob, _blob_row(key, parsed, unit, number, used)))
        self._store.add_blobs(rows, definitions)
        self._digests = []

    def _numbered(self) -> dict[str, int]:
        names: set[str] = set()
        for *_, parsed in self._digests:
            names.update(parsed.packed.used_names)
            names.update(d[0] for d in parsed.packed.definitions)
        self._numbers |= self._store.intern(names - self._numbers.keys())
        return self._numbers


def join_segments(store: Store) -> None:
    """Make one segment of all small ones where there are many: each costs a question a row for each of its words."""
    segments = store.segments()
    if len(segments) <= MOST_SEGMENTS:
        return
    starts = [first for _, first in segments] + [store.next_unit()]
    small = [n for n, (start, stop) in enumerate(pairwise(starts)) if stop - start < LARGE_SEGMENT_UNITS]
    joined = [segments[n] for n in small]
    first = dict(joined)
    numbers = [number for number, _ in joined]
    base = joined[0][1]
    postings = [
        (
            term,
            units_from(np.concatenate([units_of(u, len(c), first[n]) for _, n, u, c in rows]), base),
            _all_of(rows, 3),
        )
        for term, rows in _grouped(store.postings_of(numbers))
    ]
    references = [
        (name, _all_of(rows, 2), _all_of(rows, 3), _all_of(rows, 4))
        for name, rows in _grouped(store.references_of(numbers))
    ]
    with store.transaction():
        store.drop_segments(numbers)
        store.add_references(references)
        store.add_segment(base, postings)


def _grouped(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, list[tuple[Any, ...]]]]:
    for key, group in groupby(rows, key=itemgetter(0)):
        yield key, list(group)


def _all_of(rows: list[tuple[Any, ...]], column: int) -> bytes:
    return b"".join(row[column] for row in rows)


def _blob_row(key: tuple[str, str], parsed: Parsed, unit: int, number: dict[str, int], used: Array) -> BlobRow:
    d = parsed.packed
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
        defined_names=np.array(sorted({number[x[0]] for x in d.definitions}), np.uint32).tobytes(),
        used_names=np.sort(used).tobytes(),
        imports=json.dumps(d.imports, separators=(",", ":")),
    )


def _peak_memory(process: int) -> int:
    """Return the peak resident bytes of a live process, 0 where the platform does not tell."""
    try:
        text = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("VmHWM")), 0)
