"""Counts the tokens of files that packs stood in for, while nobody waits, so that the ledger can say what it spared.

A content is looked for among git's objects and then in the work tree, and counted once; one that is nowhere any more is
written down as such, and its request is left out of what was spared.
"""

from __future__ import annotations

import time

from indexer.digest import as_utf8
from indexer.git import Git
from indexer.repository import Repository
from indexer.sleep.ledger import Counted, Ledger
from indexer.snapshot import Changed
from indexer.tokens import count

MOST_AT_ONCE = 50
GONE = -1


def count_stood_for(repository: Repository, longest_s: float = 5.0) -> int:
    """Count what is not counted yet, for about so long at most; return how many contents are left. GitError."""
    ledger = Ledger(repository.folder)
    records = ledger.records()
    todo = list(dict.fromkeys(blob for s in records.served for blob in s.stood_for if blob not in records.counted))
    ends = time.monotonic() + longest_s
    while todo and time.monotonic() < ends:
        batch, todo = todo[:MOST_AT_ONCE], todo[MOST_AT_ONCE:]
        if not ledger.add(Counted(_counted(repository, batch))):
            return len(batch) + len(todo)
    return len(todo)


def _counted(repository: Repository, blobs: list[str]) -> dict[str, int]:
    texts: dict[str, bytes | None] = dict.fromkeys(blobs)
    if repository.place is not None:
        texts.update(Git(repository.place).blobs(blobs))
    lacking = {blob for blob, text in texts.items() if text is None}
    if lacking:
        snapshot = repository.snapshot()
        for path, file in snapshot.files.items():
            if file.blob in lacking:
                try:
                    texts[file.blob] = snapshot.read(path)
                except Changed:
                    continue
    return {blob: _tokens(text) for blob, text in texts.items()}


def _tokens(text: bytes | None) -> int:
    decoded = as_utf8(text) if text is not None else None
    return GONE if decoded is None else count(decoded.decode("utf-8", "replace"))
