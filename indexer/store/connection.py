"""The open database of a store: transactions, and statements over many keys. Knows no table but by name."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from noctule.indexer.errors import StoreDamaged, StoreEmpty, StoreError
from noctule.indexer.runtime.database import Kind, connect, identity, translate_errors
from noctule.indexer.runtime.private_folder import refuse_foreign_folder, refuse_links
from noctule.indexer.store import sums

BUSY_S = 30.0
SUSPECT = "suspect"
"""The file that says that damage was met."""
KIND = Kind("store", Path(__file__).parent / "schema", "run `noctule sleep` to rebuild it")
_CHUNK = 800  # SQLite allows 999 parameters in its older builds


class StoreConnection:
    """An open database. Reading needs no lock; writing is done in `transaction` under a `Lease`."""

    def __init__(self, folder: Path, *, read_only: bool = False, fold: bool = True) -> None:
        self.folder = folder
        self.path = folder / "store.db"
        self._read_only = read_only
        self._db = _connect(self.path, read_only=read_only)
        self._identity = identity(self.path)
        self._folds = fold
        if not fold:
            self._db.execute("PRAGMA wal_autocheckpoint = 0")

    def close(self) -> None:
        """Close the database file; a writer then writes the checksums of its pages."""
        if self._read_only:
            self._db.close()
            return
        if self._db.total_changes:
            sums.forget(self.path)  # the last one that closes writes the journal back
        self._db.close()
        if not sums.is_recorded(self.path):
            sums.record(self.path)

    def is_in_place(self) -> bool:
        """Tell whether the file that was opened is the one that lies there: it was neither forgotten nor set aside."""
        return self._identity == identity(self.path)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit everything that is written inside the block, or nothing of it."""
        with self.roll_back():
            self.begin()
            yield
            self.commit()

    def begin(self) -> None:
        """Begin a transaction, unless one is open."""
        if not self._db.in_transaction:
            if self._folds:
                sums.forget(self.path)  # a commit may write the journal back
            with _translate_errors(self.path):
                self._db.execute("BEGIN IMMEDIATE")
                self._db.execute(f"PRAGMA user_version = {self.version}")  # has the first page count the transaction

    def commit(self) -> None:
        """Commit everything that was written since `begin`."""
        with _translate_errors(self.path):
            self._db.execute("COMMIT")

    @contextlib.contextmanager
    def roll_back(self) -> Iterator[None]:
        """Roll back what was begun inside the block and not committed."""
        try:
            yield
        finally:
            if self._db.in_transaction:
                with contextlib.suppress(sqlite3.Error):
                    self._db.execute("ROLLBACK")

    def overwrite(self, other: StoreConnection) -> None:
        """Copy the whole database as it is at this moment over that of another store, in one step. StoreUnavailable."""
        sums.forget(other.path)
        with _translate_errors(other.path):
            self._db.backup(other._db)

    def _all(self, sql: str, parameters: Sequence[object] = ()) -> list[Any]:
        with _translate_errors(self.path):
            try:
                return self._db.execute(sql, parameters).fetchall()
            except UnicodeEncodeError:  # part of a path that is no UTF-8, or half of a character: no text is so
                return []

    def _many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        with _translate_errors(self.path):
            self._db.executemany(sql, rows)

    def _in(self, sql: str, keys: Sequence[object], *before: object) -> Iterator[Any]:
        """Run `sql`, whose `{}` stands for the placeholders of a part of `keys`, for all of them."""
        for start in range(0, len(keys), _CHUNK):
            part = keys[start : start + _CHUNK]
            with _translate_errors(self.path):
                try:
                    rows = self._db.execute(sql.format(",".join("?" * len(part))), (*before, *part)).fetchall()
                except UnicodeEncodeError:  # the same
                    part = [key for key in part if not isinstance(key, str) or _is_text(key)]
                    rows = self._db.execute(sql.format(",".join("?" * len(part))), (*before, *part)).fetchall()
            yield from rows

    def _number(self, key: str, default: int) -> int:
        rows = self._all("SELECT value FROM meta WHERE key = ?", (key,))
        return int(rows[0][0]) if rows else default

    def count(self, table: str) -> int:
        """Return the number of rows of a table of the schema."""
        return int(self._all(f"SELECT count(*) FROM {table}")[0][0])

    def size(self) -> int:
        """Return the bytes that the store takes on disk, journals included."""
        return sum(p.stat().st_size for p in self.folder.glob("store.db*"))

    @property
    def version(self) -> int:
        """The number of the newest migration that was applied."""
        return int(self._all("PRAGMA user_version")[0][0])

    def fold_journal(self, *, wait: bool = True) -> None:
        """Write the journal back into the database file, so that a reader opens one file.

        Without `wait` as much of it as no reader needs.
        """
        sums.forget(self.path)
        with _translate_errors(self.path):
            self._db.execute(f"PRAGMA wal_checkpoint({'TRUNCATE' if wait else 'PASSIVE'})")


def _is_text(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def is_suspect(folder: Path) -> bool:
    """Tell whether someone met damage in a store that has not been rebuilt since."""
    return (folder / SUSPECT).exists()


def find_damage(folder: Path) -> bool:
    """Compare all pages of a store with what was written, leave a mark if any is damaged, and return whether one is.

    Where nothing is written down, as after a power cut amid a write, at least the pages have to hang together.
    """
    damaged = not sums.is_sound(folder / "store.db", anew=True) or not _hangs_together(folder / "store.db")
    if damaged:
        _suspect(folder)
    return damaged


def _hangs_together(path: Path) -> bool:
    if not path.exists():
        return True
    try:
        with translate_errors(path, KIND), contextlib.closing(connect(path, KIND, read_only=True, busy_s=BUSY_S)) as db:
            return bool(db.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
    except StoreDamaged:
        return False
    except StoreError:
        return True  # it cannot be opened at all, which has an answer of its own


def _suspect(folder: Path) -> None:
    """Leave a mark for the next sleep, which might read sound pages only; a read-only folder is left alone."""
    with contextlib.suppress(OSError):
        flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        os.close(os.open(folder / SUSPECT, flags, 0o600))


def _connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    refuse_foreign_folder(path.parent)
    refuse_links(*(path.with_name(f"{path.name}{ending}") for ending in ("", "-wal", "-shm", "-journal")))
    if not sums.is_sound(path):
        _suspect(path.parent)
        raise StoreDamaged(f"the store {path} is damaged (a page is not what was written)", KIND.repair)
    with _translate_errors(path):
        db = connect(path, KIND, read_only=read_only, busy_s=BUSY_S)
        try:
            db.execute("PRAGMA cache_size = -3000")
            if not read_only:
                sums.forget_unless_at_rest(path)
                db.execute("PRAGMA synchronous = NORMAL")
                db.execute("SELECT count(*) FROM meta").fetchone()
        except BaseException:
            db.close()
            raise
        return db


@contextlib.contextmanager
def _translate_errors(path: Path) -> Iterator[None]:
    """Translate SQLite's errors into those of `indexer.errors`, and leave a mark if the store is damaged."""
    try:
        with translate_errors(path, KIND):
            yield
    except StoreEmpty:
        raise  # it may be on its way to being filled: a rebuild would throw that away
    except StoreDamaged:
        _suspect(path.parent)
        raise
