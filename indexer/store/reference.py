"""Which repository is meant: its place, the revision to look at, and where its store lies. Keeps nothing open."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import NamedTuple

from noctule.indexer.errors import StoreOutdated, UnknownRevision
from noctule.indexer.files.git import Git, RepositoryPlace, begin_discovery, discover
from noctule.indexer.files.listing_runs import ListingRuns, begin_listing
from noctule.indexer.files.scan import File, Stat
from noctule.indexer.files.snapshot import Snapshot, of_folder, of_revision, of_work_tree
from noctule.indexer.runtime.private_folder import refuse_foreign_folder
from noctule.indexer.store.location import store_folder
from noctule.indexer.store.store import Store

MISSING = 1
"""How `git cat-file -e` ends where there is no such object; a repository that cannot be read ends it with 128."""


class RepositoryRef(NamedTuple):
    """A git repository, a bare one, or a plain folder; `at` is the commit that is served, None for the work tree.

    `folder` holds its store. Any thread may call these methods.
    """

    root: Path
    place: RepositoryPlace | None
    at: str | None
    folder: Path

    @classmethod
    def find(cls, path: Path, at: str | None = None, cache: Path | None = None) -> RepositoryRef:
        """Find the repository that `path` lies in. NotADirectory, UnknownRevision; nothing is read or written yet."""
        return cls._at_place(path, discover(path), at, cache)

    @classmethod
    @contextmanager
    def begin_find(cls, path: Path, cache: Path | None = None) -> Iterator[Callable[[], RepositoryRef]]:
        """Have git begin with what `find` asks it, and give what waits for the rest of it."""
        with begin_discovery(path) as begun:
            yield lambda: cls._at_place(path, begun.place() if begun is not None else None, None, cache)

    @classmethod
    def _at_place(cls, path: Path, place: RepositoryPlace | None, at: str | None, cache: Path | None) -> RepositoryRef:
        root = place.root if place is not None else Path(os.path.realpath(path))
        if at is not None:
            if place is None:
                raise UnknownRevision(f"{root} is not a git repository, so it has no revisions", "leave out --at")
            at = Git(place).resolve(at)
        elif place is not None and place.bare:
            at = place.head
        return cls(root, place, at, store_folder(place.common_dir if place is not None else root, cache))

    def look_up_head(self) -> RepositoryRef:
        """Return the same work tree with the commit that is checked out now. NotADirectory, RepositoryError."""
        if self.at is not None or self.place is None:
            return self
        return self._replace(place=discover(self.root) or self.place)

    @property
    def view_name(self) -> str:
        """The name of the view of this work tree or revision in the store."""
        return f"revision:{self.at}" if self.at is not None else f"work:{self.stat_root}"

    @property
    def stat_root(self) -> str:
        """The name under which the store holds the sizes and times of this work tree's files."""
        return os.fsencode(self.root).hex()

    def open_store(self) -> Store | None:
        """Open the store for reading. StoreError.

        None where this version has stored nothing yet, or only of a repository that was here before this one.
        """
        refuse_foreign_folder(self.folder)
        try:
            store = Store(self.folder, read_only=True) if (self.folder / "store.db").exists() else None
        except StoreOutdated:
            return None
        if store is None or not self._has_replaced(store):
            return store
        store.close()
        return None

    def _has_replaced(self, store: Store) -> bool:
        """Tell whether what was learned here last is history of another repository, or none of this one any more."""
        if self.at is not None or self.place is None:
            return False
        view = store.view(self.view_name)
        if view is None or view.revision is None or view.revision == self.place.head:
            return False
        return Git(self.place).try_run("cat-file", "-e", view.revision).returncode == MISSING

    def snapshot(self, known: Store | None = None) -> Snapshot:
        """Look at the files as they are, hashing only those that the store does not know from their size and times."""
        return self.scan(known.stats(self.stat_root) if known is not None and self.at is None else {})

    def begin_listing(self) -> AbstractContextManager[ListingRuns | None]:
        """Have git begin with what `scan` wants to know."""
        return nullcontext() if self.at is not None or self.place is None else begin_listing(self.place)

    def scan(
        self, stats: dict[str, Stat], before: dict[str, File] | None = None, begun: ListingRuns | None = None
    ) -> Snapshot:
        """Look at the files as they are, hashing only those that these stats do not have; `before` is how they were.

        `begun` is what `begin_listing` has begun.
        """
        if self.at is not None and self.place is not None:
            return of_revision(self.place, self.at)
        return of_folder(self.root, stats) if self.place is None else of_work_tree(self.place, stats, before, begun)

    def look(self) -> Snapshot:
        """Look at the files as they are, with the help of the store. StoreError."""
        store = self.open_store()
        try:
            return self.snapshot(store)
        finally:
            if store is not None:
                store.close()
