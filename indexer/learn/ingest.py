"""Blobs that were never seen, digested by children and committed to the store every few seconds. Knows no history."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from noctule.indexer.errors import GitError, StoreError
from noctule.indexer.files.git import Git, RepositoryPlace
from noctule.indexer.files.secret_paths import may_hold_secrets
from noctule.indexer.files.snapshot import Snapshot
from noctule.indexer.parse.languages import detect_language
from noctule.indexer.parse.pool import Parsed, ParseJob, Parsers
from noctule.indexer.progress import TooMuch, Work
from noctule.indexer.results import Progress
from noctule.indexer.store.store import Store

COMMIT_EVERY_S = 8.0
MOST_POSTINGS = 4_000_000
"""More than this make a segment of their own, since all of one are held in memory when it is closed."""
FEW = 20
"""So few blobs are read before anybody could notice: the children need not make way for other processes."""
SECRETS = "secrets"
"""Equal bytes that lie under another name as well are learned there."""
LONG_BYTES = 6_000_000
"""More than this takes some seconds to read."""


@lru_cache(maxsize=1 << 16)
def language_hint(path: str) -> str:
    """Return the language that a path promises, or an empty string; of a file of secrets nothing is learned."""
    if may_hold_secrets(path):
        return SECRETS
    language = detect_language(path)
    return language.name if language is not None else ""


def worth_first(jobs: Sequence[ParseJob], past: RepositoryPlace | None, revision: str | None) -> list[ParseJob] | None:
    """Put jobs in the order of `indexer.history.quick_churn`; None where there is no past to glance at."""
    if past is None or revision is None:
        return None
    from noctule.indexer.history import (
        quick_churn as glance,  # with numpy, which others import while the children start
    )

    sizes = {job.path: job.size for job in jobs}
    try:
        commits = glance.latest_changes(Git(past), revision, glance.commits_worth(sum(sizes.values())))
    except GitError:
        return None  # a clone may lack what this needs; the files can be read all the same
    place = {path: at for at, path in enumerate(glance.order(sizes, glance.expected_touches(sizes, commits)))}
    return sorted(jobs, key=lambda job: place[job.path])


class Intake:
    """The blobs of a snapshot that the store has never seen: children start at once, `run` takes the results.

    TooMuch where they are more than the pace allows.
    """

    def __init__(
        self, store: Store, snapshot: Snapshot, place: Path, work: Work, past: RepositoryPlace | None = None
    ) -> None:
        self._store = store
        self._work = work
        keys = {(f.blob, language_hint(p)): p for p, f in snapshot.files.items()}
        self._known = store.blob_ids(keys)
        work.known = len(self._known)
        pace = work.pace
        wanted = (
            keys
            if pace.only is None
            else {(snapshot.files[p].blob, language_hint(p)): p for p in pace.only & snapshot.files.keys()}
        )
        self._unseen = [(key, path) for key, path in wanted.items() if key not in self._known]
        self.left_unread = len(keys) - len(self._known) - len(self._unseen)
        """How many blobs stay unread because the pace leaves them out."""
        # One part of many goes on where those before it ended, so that a percentage never falls.
        is_part = pace.only is not None
        self._read_before, self._to_read = (len(self._known), len(keys)) if is_part else (0, len(self._unseen))
        if pace.most_unseen is not None and len(self._unseen) > pace.most_unseen:
            raise TooMuch(len(self._unseen))
        jobs = [ParseJob(i, path, key[0], snapshot.files[path].size) for i, (key, path) in enumerate(self._unseen)]
        nice = 0 if len(jobs) <= FEW else 10
        self._own: Parsers | None = None
        parsers = pace.parsers
        if parsers is None:
            parsers = self._own = Parsers(
                place,
                revision=snapshot.objects is not None,
                processes=pace.processes,
                nice=nice,
                own_sessions=pace.own_sessions,
            )
        self._parsers = parsers
        # Who may be cut short reads what matters most first; who is not is done soonest with the largest first.
        cut_short = work.deadline is not None and sum(job.size for job in jobs) > LONG_BYTES
        if cut_short:
            self._parsers.start_early()
        by_worth = worth_first(jobs, past, snapshot.revision) if cut_short else None
        self._jobs = jobs if by_worth is None else by_worth
        self._as_given = by_worth is not None

    def __enter__(self) -> Intake:
        self._parsers.begin(self._jobs, as_given=self._as_given)
        return self

    def __exit__(self, *_: object) -> None:
        self._end_children()

    def _end_children(self) -> None:
        if self._own is not None:
            self._own.close()

    def run(self) -> dict[tuple[str, str], int]:
        """Take in what the children send; return the row ids of all blobs of the snapshot. OutOfTime."""
        if not self._unseen and not self._store.has_pending():
            return self._known
        # numpy is imported while the children start
        from noctule.indexer.store.writer import Rows, close_pending, join_segments

        close_pending(self._store)
        work, rows = self._work, Rows(self._store)
        started = last = time.monotonic()
        parsed: Parsed
        is_written = True
        with self._store.roll_back():
            try:
                for parsed in self._parsers.results():
                    key, path = self._unseen[parsed.job.position]
                    if parsed.failure:
                        work.failed[path] = parsed.failure
                    work.unsettled |= parsed.changed
                    if rows.add(key, parsed):
                        work.parsed += 1
                    work.report(Progress("reading", self._read_before + work.parsed, self._to_read))
                    now = time.monotonic()
                    if rows.segment.size > MOST_POSTINGS:
                        rows.close()
                    if now - last > COMMIT_EVERY_S:
                        rows.commit()
                        last = time.monotonic()
                    work.check()
            except StoreError:
                # On a full disk SQLite takes the whole transaction back, and what is left here would be a part of it.
                is_written = False
                raise
            finally:
                work.child_memory = max(work.child_memory, sum(map(_peak_memory, self._parsers.process_ids)))
                # The children go first: closing a segment takes twice its memory for a moment.
                self._end_children()
                if is_written:
                    rows.close()
        if work.pace.fold:
            join_segments(self._store)
        work.add_time("reading", started)
        return {**self._known, **rows.ids}


def _peak_memory(process: int) -> int:
    """Return the peak resident bytes of a live process, 0 where the platform does not tell."""
    try:
        text = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("VmHWM")), 0)
