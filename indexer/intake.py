"""Blobs that were never seen, digested by children and committed to the store every few seconds. Knows no history."""

from __future__ import annotations

import time
from pathlib import Path

from indexer.answers import Progress
from indexer.languages import language_of
from indexer.parse import Job, Parsers
from indexer.snapshot import Snapshot
from indexer.store import Store
from indexer.work import TooMuch, Work

COMMIT_EVERY_S = 8.0
COMMIT_EVERY_POSTINGS = 4_000_000
FEW = 20
"""So few blobs are read before anybody could notice: the children need not make way for other processes."""


def hint_of(path: str) -> str:
    """Return the language that a path promises, or an empty string."""
    language = language_of(path)
    return language.name if language is not None else ""


class Intake:
    """The blobs of a snapshot that the store has never seen: children start at once, `run` takes the results.

    TooMuch where they are more than the pace allows.
    """

    def __init__(self, store: Store, snapshot: Snapshot, place: Path, work: Work) -> None:
        self._store = store
        self._work = work
        keys = {(f.blob, hint_of(p)): p for p, f in snapshot.files.items()}
        self._known = store.blob_ids(keys)
        work.known = len(self._known)
        self._unseen = [(key, path) for key, path in keys.items() if key not in self._known]
        pace = work.pace
        if pace.most_unseen is not None and len(self._unseen) > pace.most_unseen:
            raise TooMuch(len(self._unseen))
        jobs = [Job(i, path, key[0], snapshot.files[path].size) for i, (key, path) in enumerate(self._unseen)]
        nice = 0 if len(jobs) <= FEW else 10
        self._lent = pace.parsers is not None
        self._parsers = pace.parsers or Parsers(
            place,
            revision=snapshot.objects is not None,
            processes=pace.processes,
            nice=nice,
            own_sessions=pace.own_sessions,
        )
        self._jobs = jobs

    def __enter__(self) -> Intake:
        self._parsers.begin(self._jobs)
        return self

    def __exit__(self, *_: object) -> None:
        self._end_children()

    def _end_children(self) -> None:
        if not self._lent:
            self._parsers.close()

    def run(self) -> dict[tuple[str, str], int]:
        """Take in what the children send; return the row ids of all blobs of the snapshot. OutOfTime."""
        if not self._unseen:
            return self._known
        from indexer.rows import Rows, join_segments  # numpy is imported while the children start

        work, rows = self._work, Rows(self._store)
        started = last = time.monotonic()
        with self._store.unfinished():
            try:
                for parsed in self._parsers.results():
                    key, path = self._unseen[parsed.job.position]
                    if parsed.failure:
                        work.failed[path] = parsed.failure
                    work.unsettled |= parsed.changed
                    if rows.add(key, parsed):
                        work.parsed += 1
                    work.report(Progress("reading", work.parsed, len(self._unseen)))
                    if time.monotonic() - last > COMMIT_EVERY_S or rows.segment.size > COMMIT_EVERY_POSTINGS:
                        rows.commit()
                        last = time.monotonic()
                    work.check()
            finally:
                work.child_memory = max(work.child_memory, sum(map(_peak_memory, self._parsers.process_ids)))
                # The children go first: closing a segment takes twice its memory for a moment.
                self._end_children()
                rows.commit()
        join_segments(self._store)
        work.timed("reading", started)
        return {**self._known, **rows.ids}


def _peak_memory(process: int) -> int:
    """Return the peak resident bytes of a live process, 0 where the platform does not tell."""
    try:
        text = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("VmHWM")), 0)
