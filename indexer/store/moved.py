"""The store of a repository that was moved follows it to its new place. Knows no git."""

from __future__ import annotations

import os
from contextlib import suppress
from itertools import islice
from pathlib import Path

from noctule.indexer.errors import StoreError
from noctule.indexer.store.lease import lease
from noctule.indexer.store.store import Store

MOST_STORES = 20
"""So many stores are looked at, those of repositories with the same name first: to open one takes 5 ms."""


def adopt_moved_store(folder: Path, head: str) -> bool:
    """Make the store of a repository that is no longer where it was, and was learned at `head`, that of `folder`.

    Only where `folder` has no store yet. What may come back, as a disk that is not mounted, keeps its store: the folder
    that held the repository must still be there. StoreUnavailable.
    """
    if not head or folder.exists():
        return False
    name = folder.name.rpartition("-")[0]
    others = sorted(folder.parent.glob("*/store.db"), key=lambda file: file.parent.name.rpartition("-")[0] != name)
    for other in islice((file.parent for file in others), MOST_STORES):
        if not _has_moved(other, head):
            continue
        with lease(other) as offered, suppress(OSError):
            if offered.acquire():
                other.rename(folder)
                return True
    return False


def _has_moved(folder: Path, head: str) -> bool:
    """Tell whether a store knows a commit, and none of its work trees is there any more."""
    try:
        store = Store(folder, read_only=True)
    except StoreError:
        return False
    try:
        roots = store.work_trees()
        return bool(roots) and all(map(_is_gone, roots)) and store.find_revision_view(head) is not None
    except StoreError:
        return False
    finally:
        store.close()


def _is_gone(root: bytes) -> bool:
    return not os.path.lexists(root) and Path(os.fsdecode(root)).parent.is_dir()
