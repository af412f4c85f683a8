"""Opens SQLite files that have numbered migrations, and says what SQLite's errors mean to a user. Knows no table."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from noctule.indexer.errors import (
    StoreDamaged,
    StoreEmpty,
    StoreOutdated,
    StoreTooNew,
    StoreUnavailable,
    advise_store,
)

_DAMAGE = (
    "not a database",
    "malformed",
    "disk image",
    "no such table",
    "no such column",
    "has no column",
    "columns but",
)


class Busy(StoreUnavailable):
    """Another process writes to the database."""


class Kind(NamedTuple):
    """One kind of database: its name in messages, the folder of its migrations, and what mends a damaged one."""

    name: str
    schema: Path
    repair: str

    def migrations(self) -> list[Path]:
        """Return the numbered migrations, the first first."""
        # By path rather than `importlib.resources`, whose import takes longer than opening a database.
        return sorted(self.schema.glob("*.sql"))


def connect(path: Path, kind: Kind, *, read_only: bool, busy_s: float) -> sqlite3.Connection:
    """Open a database, making it or bringing it to this version's schema unless it is only to be read. StoreError."""
    is_frozen = read_only and not os.access(path.parent, os.W_OK)
    mode = "rwc" if not read_only else "ro&immutable=1" if is_frozen and not _has(path, "-wal") else "ro"
    target = f"{path.resolve().as_uri()}?mode={mode}"
    with translate_errors(path, kind):
        if is_frozen and _has(path, "-wal") and not _has(path, "-shm"):
            db = _open_copy(path)
        else:
            db = sqlite3.connect(target, uri=True, timeout=busy_s, isolation_level=None)
        try:
            if read_only:
                _check_version(db, path, kind)
            else:
                _migrate(db, path, kind)
        except BaseException:
            db.close()
            raise
        return db


def connect_memory(kind: Kind) -> sqlite3.Connection:
    """Open a database of this version's schema that is kept in memory and is gone when it is closed."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    _migrate(db, Path(":memory:"), kind)
    return db


def _has(path: Path, ending: str) -> bool:
    """Tell whether there is anything in a file beside a database."""
    try:
        return path.with_name(f"{path.name}{ending}").stat().st_size > 0
    except OSError:
        return False


def _open_copy(path: Path) -> sqlite3.Connection:
    """Open a copy of a database with a journal, where SQLite can make no index of the journal beside it.

    Nobody can write there, so that what is copied stands still. The files of the copy go at once; it lives while it is
    open.
    """
    import shutil
    import tempfile

    with tempfile.TemporaryDirectory(prefix="noctule-") as folder:
        for ending in ("", "-wal"):
            shutil.copyfile(path.with_name(f"{path.name}{ending}"), Path(folder, f"{path.name}{ending}"))
        db = sqlite3.connect(Path(folder, path.name), isolation_level=None)
        try:
            db.execute("PRAGMA journal_mode = DELETE")  # the journal is read into the database
            db.execute("PRAGMA query_only = ON")
        except BaseException:
            db.close()
            raise
    return db


def identity(path: Path) -> tuple[int, int] | None:
    """Return what tells one file from another that takes its place; None where there is none."""
    try:
        seen = path.stat()
    except OSError:
        return None
    return seen.st_dev, seen.st_ino


@contextlib.contextmanager
def translate_errors(path: Path, kind: Kind) -> Iterator[None]:
    """Turn what SQLite says into what it means for a user."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        text = str(error)
        if any(sign in text for sign in _DAMAGE):
            raise StoreDamaged(f"the {kind.name} {path} is damaged ({text})", kind.repair) from error
        found = unavailable(path, kind, text)
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
            raise Busy(str(found), found.advice) from error
        raise found from error


def unavailable(path: Path, kind: Kind, why: str) -> StoreUnavailable:
    """Return the error that says why a database cannot be used."""
    return StoreUnavailable(f"the {kind.name} {path} cannot be used: {why}", f"{advise_store(why)}; nothing was lost")


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _check_version(db: sqlite3.Connection, path: Path, kind: Kind) -> None:
    version, known = _version(db), len(kind.migrations())
    if version == 0:
        raise StoreEmpty(f"the {kind.name} {path} is empty", kind.repair)
    if version > known:
        raise _too_new(path, kind, version, known)
    if version < known:
        raise StoreOutdated(
            f"the {kind.name} {path} has schema {version}, but this version of noctule needs {known}",
            "run `noctule sleep` once",
        )


def _migrate(db: sqlite3.Connection, path: Path, kind: Kind) -> None:
    steps = kind.migrations()
    if _version(db) > len(steps):
        raise _too_new(path, kind, _version(db), len(steps))
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA foreign_keys = ON")
    if _version(db) < len(steps):
        db.execute("BEGIN IMMEDIATE")  # one for all steps: who reads meanwhile must not see the schema between two
        for done in range(_version(db), len(steps)):  # none where another process was first
            for statement in _statements(steps[done].read_text("utf-8")):
                db.execute(statement)
        db.execute(f"PRAGMA user_version = {len(steps)}")
        db.execute("COMMIT")


def _statements(script: str) -> Iterator[str]:
    """Part a script into statements: `executescript` would end the transaction that it runs in."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _too_new(path: Path, kind: Kind, version: int, known: int) -> StoreTooNew:
    return StoreTooNew(
        f"the {kind.name} {path} was written by a later version of Noctule (schema {version}, known {known})",
        "upgrade Noctule, or run `noctule forget` to start over",
    )
