"""What the store of another clone of the same repository knows, copied into one that knows nothing. Parses nothing.

Files are then found by the ids of their blobs, and commits by theirs, as after a switch of branches: what this clone
does not have is never looked at. Notes of models and the views of the other clone's work trees stay there; what was
learned of files that it has not committed is copied too, and stands in no answer, since no view names it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path

from noctule.indexer.errors import StoreError
from noctule.indexer.files.identity import find_identity
from noctule.indexer.store.connection import is_suspect
from noctule.indexer.store.moved import MOST_STORES, list_others
from noctule.indexer.store.reference import RepositoryRef
from noctule.indexer.store.store import ROOTS, Store


def adopt_sibling(store: Store, ref: RepositoryRef) -> bool:
    """Copy the store of another clone into one that knows nothing; tell whether there was one. StoreUnavailable.

    The clone that knows the commit that is checked out goes before others that have the same first commit.
    """
    place = ref.place
    if place is None or place.head is None or store.count("view") or store.count("blob"):
        return False
    others = [folder for folder in islice(list_others(store.folder), MOST_STORES) if not is_suspect(folder)]
    if not others:
        return False
    adopt = partial(store.adopt, work_tree=ref.view_name if ref.at is None else None, revision=place.head)
    if _hand_first(others, partial(_has_learned, head=place.head), adopt):
        return True
    first = (find_identity(place) or "").rpartition("-")[2]
    return _hand_first(others, partial(_has_root, first=first), adopt)


def _hand_first(folders: Sequence[Path], knows: Callable[[Store], bool], adopt: Callable[[Store], None]) -> bool:
    """Hand on the first store that knows what is asked; tell whether there was one."""
    for folder in folders:
        with _open(folder) as other:
            if other is not None and knows(other):
                adopt(other)
                return True
    return False


@contextlib.contextmanager
def _open(folder: Path) -> Iterator[Store | None]:
    """Open a store to read it; None where it is damaged, or of another version."""
    try:
        store = Store(folder, read_only=True)
    except StoreError:
        yield None
        return
    try:
        yield store
    finally:
        store.close()


def _has_learned(store: Store, head: str) -> bool:
    """Tell whether a store was learned at a commit."""
    try:
        return store.find_revision_view(head) is not None
    except StoreError:
        return False


def _has_root(store: Store, first: str) -> bool:
    """Tell whether a store knows a commit without parents."""
    try:
        return first in (store.shared(ROOTS) or b"").decode("ascii", "replace").split()
    except StoreError:
        return False
