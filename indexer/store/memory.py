"""A store in memory, which is gone when it is closed: for the files that one question needs."""

from __future__ import annotations

from pathlib import Path

from noctule.indexer.runtime.database import connect_memory
from noctule.indexer.store.connection import KIND
from noctule.indexer.store.store import Store


class MemoryStore(Store):
    """A store of its own for one process; nothing of it touches the disk, nor the store of the repository."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = Path(":memory:")
        self._db = connect_memory(KIND)

    def close(self) -> None:
        """Drop everything in it."""
        self._db.close()

    def is_in_place(self) -> bool:
        """Tell that no other store has taken its place."""
        return True

    def begin(self) -> None:
        """Begin a transaction, unless one is open."""
        if not self._db.in_transaction:
            self._db.execute("BEGIN")
