"""A repository that was moved gets a copy of the store of its former place. Knows no git."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from noctule.indexer.errors import StoreError
from noctule.indexer.store.lease import lease
from noctule.indexer.store.store import Store

MOST_STORES = 20
"""So many stores are looked at, those of repositories with the same name first: to open one takes 5 ms."""


def adopt_moved_store(folder: Path, head: str | None) -> bool:
    """Copy the store of a repository that is no longer where it was, and was learned at `head`, to `folder`.

    Only where `folder` has no store yet. The folder that held the repository must still be there, as it is not where a
    disk is not mounted. The store itself stays: the repository may be out of sight for this machine alone.
    StoreUnavailable.
    """
    if head is None or folder.exists():
        return False
    for other, _ in _find_former_stores(folder, head):
        with lease(other) as offered:
            if offered.acquire():
                return _copy(other, folder)
    return False


def list_others(folder: Path) -> Iterator[Path]:
    """Yield the folders of the other stores: those of repositories with the same name first."""
    name = folder.name.rpartition("-")[0]
    files = sorted(folder.parent.glob("*/store.db"), key=lambda file: file.parent.name.rpartition("-")[0] != name)
    return (file.parent for file in files if file.parent != folder)


def find_former_place(folder: Path, head: str | None) -> Path | None:
    """Return where a repository was learned whose store `adopt_moved_store` would copy to `folder`; None for none."""
    if head is None or folder.exists():
        return None
    return next((Path(os.fsdecode(root)) for _, root in _find_former_stores(folder, head)), None)


def _find_former_stores(folder: Path, head: str) -> Iterator[tuple[Path, bytes]]:
    """Yield the stores beside `folder` that know a commit and whose work trees are gone, each with one of these."""
    for other in islice(list_others(folder), MOST_STORES):
        root = _former_root(other, head)
        if root is not None:
            yield other, root


def _copy(other: Path, folder: Path) -> bool:
    """Copy the files of a folder, all or none; without locks, and without what SQLite shares between processes."""
    begun = folder.with_name(f"{folder.name}.{os.getpid()}")
    try:
        begun.mkdir(0o700)
        for file in other.iterdir():
            if file.suffix not in {".lock", ".db-shm"} and file.is_file() and not file.is_symlink():
                shutil.copyfile(file, begun / file.name)
                (begun / file.name).chmod(0o600)
        begun.rename(folder)
    except OSError:
        shutil.rmtree(begun, ignore_errors=True)
        return False
    return True


def _former_root(folder: Path, head: str) -> bytes | None:
    """Return a work tree of a store that knows a commit, where none of its work trees is there any more."""
    try:
        store = Store(folder, read_only=True)
    except StoreError:
        return None
    try:
        roots = store.work_trees()
        is_moved = all(map(_is_gone, roots)) and store.find_revision_view(head) is not None
        return next(iter(roots), None) if is_moved else None
    except StoreError:
        return None
    finally:
        store.close()


def _is_gone(root: bytes) -> bool:
    return not os.path.lexists(root) and Path(os.fsdecode(root)).parent.is_dir()
