"""What must outlive a rebuild of the store, in one SQLite file beside it: notes of models, the ledger, what was sent.

Any number of processes read and write it. `Reader` and `rows` read, `transaction` writes. Knows no table: the modules
that own one say what is in it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

from noctule.indexer.errors import StoreDamaged, StoreError, StoreUnavailable
from noctule.indexer.runtime.database import Busy, Kind, connect, identity, translate_errors, unavailable
from noctule.indexer.runtime.private_folder import make_private_folder, refuse_links

FILE = "state.db"
DAMAGED = "damaged-state.db"
KIND = Kind("state", Path(__file__).parent / "schema", "it is set aside by whoever writes to it next")
WAIT_S = 20.0
"""A process that writes may be stopped in the middle of it, and is killed by its sleeper soon after."""
_TRY_S = 0.05
_READ_BUSY_S = 0.2
"""A reader waits for nobody, except for the moment in which another process recovers the journal after a crash."""
_JOURNAL_BYTES = 1 << 18
"""A longer journal is written back: a new process reads all of it when it opens the database."""


class Cancelled(StoreUnavailable):
    """The caller was told to stop while it waited."""


class StateReader:
    """Reads a state without writing to it; what cannot be read is not there."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._db: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._opened = 0

    def rows(self, sql: str, *parameters: object) -> list[Any]:
        """Return the rows of a query."""
        try:
            db = self._open()
            return [] if db is None else db.execute(sql, parameters).fetchall()
        except (sqlite3.Error, StoreError):
            self.close()
            return []

    def version(self) -> object:
        """Return what is another value after anything was written."""
        return self.rows("PRAGMA data_version"), self._opened

    def close(self) -> None:
        """Close the database; the next query opens it again."""
        if self._db is not None:
            self._db.close()
        self._db = self._identity = None

    def _open(self) -> sqlite3.Connection | None:
        there = identity(self._path)
        if there != self._identity:
            self.close()
            if there is not None:
                self._db = connect(self._path, KIND, read_only=True, busy_s=_READ_BUSY_S)
                self._identity = there
                self._opened += 1
        return self._db


def rows(folder: Path, sql: str, *parameters: object) -> list[Any]:
    """Return the rows of a query."""
    with contextlib.closing(StateReader(folder)) as reader:
        return reader.rows(sql, *parameters)


@contextlib.contextmanager
def transaction(
    folder: Path, *, durable: bool = True, wait_s: float = WAIT_S, stop: Event | None = None, repair: bool = True
) -> Iterator[sqlite3.Connection]:
    """Commit all that is written inside, or none of it; `durable`: it survives a loss of power too. StoreError.

    Busy after `wait_s` seconds, Cancelled once `stop` is set. With `repair` a damaged database is set aside and a new
    one begun.
    """
    path = folder / FILE
    db = _begin(path, durable, wait_s, stop, repair)
    try:
        with translate_errors(path, KIND), _keep_journal(path):
            yield db
            db.execute("COMMIT")
            db.close()
    finally:
        db.close()  # takes back what was not committed


@contextlib.contextmanager
def _keep_journal(path: Path) -> Iterator[None]:
    """Spare who closes a connection inside the wait for the disk, unless the journal is long.

    The last one to close writes the journal back, except where it only reads: so this is the last one.
    """
    if path.with_name(f"{FILE}-wal").stat().st_size > _JOURNAL_BYTES:
        yield
        return
    with contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as last:
        last.execute("PRAGMA user_version").fetchone()
        yield


def fold_journal(folder: Path) -> None:
    """Write the journal back into the database where nobody uses it, so that the next process opens one file."""
    with contextlib.suppress(StoreError, sqlite3.Error):
        if identity(folder / FILE) is not None:
            with contextlib.closing(connect(folder / FILE, KIND, read_only=False, busy_s=_TRY_S)) as db:
                db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def text(value: str) -> str:
    """Return a text as SQLite takes it: names of files may hold what is no character."""
    return value.encode("utf-8", "backslashreplace").decode()


def size(folder: Path) -> int:
    """Return the bytes that the database takes on disk, its journal included."""
    return sum(path.stat().st_size for path in folder.glob(f"{FILE}*"))


def _begin(path: Path, durable: bool, wait_s: float, stop: Event | None, repair: bool) -> sqlite3.Connection:
    ends = time.monotonic() + wait_s
    while True:
        try:
            return _start(path, durable)
        except Busy:
            if stop is not None and stop.is_set():
                raise Cancelled("writing was stopped") from None
            if time.monotonic() > ends:
                raise
        except StoreDamaged:
            if not repair:
                raise
            repair = False
            _set_aside(path)


def _start(path: Path, durable: bool) -> sqlite3.Connection:
    """Open the database and begin to write. StoreError; Busy where another process writes."""
    try:
        make_private_folder(path.parent)
        refuse_links(*(path.with_name(f"{path.name}{ending}") for ending in ("", "-wal", "-shm", "-journal")))
        if not path.exists():
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
        db = connect(path, KIND, read_only=False, busy_s=_TRY_S)
    except OSError as error:
        raise unavailable(path, KIND, error.strerror or str(error)) from error
    try:
        with translate_errors(path, KIND):
            db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            db.execute(f"PRAGMA wal_autocheckpoint = {2 * _JOURNAL_BYTES // 4096}")
            db.execute("PRAGMA secure_delete = ON")
            db.execute("BEGIN IMMEDIATE")
    except BaseException:
        db.close()
        raise
    return db


def _set_aside(path: Path) -> None:
    """Move a damaged database away, unless another process did and began a new one. OSError is as good as that."""
    with contextlib.suppress(OSError):
        damaged = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(damaged, fcntl.LOCK_EX)
            found = os.fstat(damaged)
            if identity(path) == (found.st_dev, found.st_ino):
                # The journal first: it must never be taken for that of the next database.
                for suffix in ("-wal", "-shm", ""):
                    with contextlib.suppress(FileNotFoundError):
                        path.with_name(f"{path.name}{suffix}").replace(path.with_name(f"{DAMAGED}{suffix}"))
        finally:
            os.close(damaged)
