"""Counts, while nobody waits, the tokens of the files that packs replaced, so that the ledger can report the saving.

A content is looked for among git's objects and then in the work tree, and counted once; one that is nowhere any more is
written down as such, and its request is left out of what was spared.
"""

from __future__ import annotations

import contextlib
import time

from noctule.indexer.background.totals import sums_by_day
from noctule.indexer.errors import GitError, StoreError
from noctule.indexer.files.git import Git
from noctule.indexer.files.snapshot import ChangedMeanwhile
from noctule.indexer.files.text import as_utf8
from noctule.indexer.model_notes.store import NoteStore
from noctule.indexer.runtime import state
from noctule.indexer.runtime.ledger import Counted, Ledger
from noctule.indexer.serve.repository import Repository
from noctule.indexer.store.lease import lease
from noctule.indexer.tokens import count

LONGEST_S = 5.0
MOST_AT_ONCE = 50
GONE = -1


def settle(repository: Repository) -> None:
    """Tidy the ledger while nobody waits: count what is not counted yet, and fold old records into sums.

    For a few seconds at most; what fails is done the next time, and whoever sleeps elsewhere folds instead.
    """
    with contextlib.suppress(GitError):
        count_replaced_tokens(repository)
    ledger, now = Ledger(repository.folder), time.time()
    if ledger.is_due(now):
        with lease(repository.folder) as offered:
            if offered.acquire():
                ledger.fold(sums_by_day, now)
    with contextlib.suppress(StoreError):
        NoteStore(repository.folder).update_index()
    state.fold_journal(repository.folder)


def count_replaced_tokens(repository: Repository, longest_s: float = LONGEST_S) -> int:
    """Count tokens of contents not counted yet, for about this long; return how many contents are left. GitError."""
    ledger = Ledger(repository.folder)
    records = ledger.records()
    todo = list(dict.fromkeys(blob for s in records.served for blob in s.stood_for if blob not in records.counted))
    ends = time.monotonic() + longest_s
    while todo and time.monotonic() < ends:
        batch, todo = todo[:MOST_AT_ONCE], todo[MOST_AT_ONCE:]
        if not ledger.add(Counted(_count(repository, batch))):
            return len(batch) + len(todo)
    return len(todo)


def _count(repository: Repository, blobs: list[str]) -> dict[str, int]:
    texts: dict[str, bytes | None] = dict.fromkeys(blobs)
    if repository.place is not None:
        texts.update(Git(repository.place).blobs(blobs))
    lacking = {blob for blob, text in texts.items() if text is None}
    if lacking:
        snapshot = repository.look()
        for path, file in snapshot.files.items():
            if file.blob in lacking:
                try:
                    texts[file.blob] = snapshot.read(path)
                except ChangedMeanwhile:
                    continue
    return {blob: _tokens(text) for blob, text in texts.items()}


def _tokens(text: bytes | None) -> int:
    decoded = as_utf8(text) if text is not None else None
    return GONE if decoded is None else count(decoded.decode("utf-8", "replace"))
