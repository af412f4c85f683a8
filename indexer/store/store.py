"""What was learned about a repository, in one SQLite file of the user's cache folder.

Blobs, names, postings and commits are shared by all snapshots of a repository; a view holds what was worked out for one
work tree or one revision. One process writes at a time (`Lease`), any number read. Knows no git and no ranking.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import sqlite3
import time
import zlib
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

from noctule.indexer.errors import StoreDamaged, StoreEmpty
from noctule.indexer.files.snapshot import Stat
from noctule.indexer.runtime.database import Kind, connect, identity, translate_errors, unavailable
from noctule.indexer.runtime.private_folder import make_private_folder, refuse_foreign_folder, refuse_links
from noctule.indexer.store import sums

BUSY_S = 30.0
PARTIAL = "partial:"
"""What the snapshot key of an unfinished view begins with."""
BEHIND = "behind:"
"""What the snapshot key of a view begins with whose texts are up to date and whose history is not."""
SUSPECT = "suspect"
"""The file that says that damage was met."""
MOST_REVISION_VIEWS = 400
KIND = Kind("store", Path(__file__).parent / "schema", "run `noctule sleep` to rebuild it")
_CHUNK = 800  # SQLite allows 999 parameters in its older builds


def cache_folder() -> Path:
    """Return the folder that holds all stores: NOCTULE_CACHE_DIR, or the platform's cache folder."""
    chosen = os.environ.get("NOCTULE_CACHE_DIR")
    return Path(chosen) if chosen else Path(platformdirs.user_cache_dir("noctule", appauthor=False))


def store_folder(common_dir: Path, cache: Path | None = None) -> Path:
    """Return the folder of one repository's store; all worktrees of a repository share it."""
    real = os.path.realpath(common_dir)
    digest = hashlib.blake2b(os.fsencode(real), digest_size=6).hexdigest()
    parts = [p for p in Path(real).parts if p != ".git"]
    name = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "_" for c in parts[-1][:40])
    return (cache or cache_folder()) / f"{name.strip('.') or 'repository'}-{digest}"


@dataclass(frozen=True, slots=True)
class BlobRow:
    """One blob as it is stored; names are numbers of `Store.intern`, arrays are packed."""

    oid: str
    hint: str
    language: str
    size: int
    status: str
    generated: bool
    broken: bool
    line_hashes: bytes
    first_unit: int
    unit_definitions: bytes
    unit_lengths: bytes
    defined_names: bytes
    used_names: bytes
    imports: str


@dataclass(frozen=True, slots=True)
class DefinitionRow:
    """One stored definition; lines are counted from zero, `stop` is exclusive."""

    blob: int
    position: int
    qualname: str
    kind: str
    start: int
    stop: int
    signature: str
    doc: str
    parent: int

    @property
    def name(self) -> str:
        """The last part of the qualified name."""
        return self.qualname.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class ViewRow:
    """The head of a view: which snapshot it was worked out for, and when; its history goes up to `revision`."""

    id: int
    name: str
    snapshot: str
    revision: str | None
    dirty: bool
    learned_at: float

    @property
    def partial(self) -> bool:
        """Whether sleep ended before it had read all of the snapshot."""
        return self.snapshot.startswith(PARTIAL)

    @property
    def behind(self) -> bool:
        """Whether what rests on history was laid out for an earlier list of files, or up to an earlier commit."""
        return self.snapshot.startswith(BEHIND)

    @property
    def texts(self) -> str:
        """The key of the snapshot whose texts are known."""
        return self.snapshot.removeprefix(BEHIND)


class Store:
    """An open store. Reading needs no lock; writing is done in `transaction` under a `Lease`."""

    def __init__(self, folder: Path, *, read_only: bool = False, fold: bool = True) -> None:
        self.folder = folder
        self.path = folder / "store.db"
        self._read_only = read_only
        self._db = _connect(self.path, read_only=read_only)
        self._identity = identity(self.path)
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
        """Commit all that is written inside, or none of it."""
        with self.roll_back():
            self.begin()
            yield
            self.commit()

    def begin(self) -> None:
        """Begin a transaction, unless one is open."""
        if not self._db.in_transaction:
            sums.forget(self.path)
            with _translate_errors(self.path):
                self._db.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Commit what was written since `begin`."""
        with _translate_errors(self.path):
            self._db.execute("COMMIT")

    @contextlib.contextmanager
    def roll_back(self) -> Iterator[None]:
        """Take back what was begun inside and not committed."""
        try:
            yield
        finally:
            if self._db.in_transaction:
                with contextlib.suppress(sqlite3.Error):
                    self._db.execute("ROLLBACK")

    def _all(self, sql: str, parameters: Sequence[object] = ()) -> list[Any]:
        with _translate_errors(self.path):
            return self._db.execute(sql, parameters).fetchall()

    def _many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        with _translate_errors(self.path):
            self._db.executemany(sql, rows)

    def _in(self, sql: str, keys: Sequence[object], *before: object) -> Iterator[Any]:
        """Run `sql`, whose `{}` stands for the placeholders of a part of `keys`, for all of them."""
        for start in range(0, len(keys), _CHUNK):
            part = keys[start : start + _CHUNK]
            with _translate_errors(self.path):
                yield from self._db.execute(sql.format(",".join("?" * len(part))), (*before, *part)).fetchall()

    # Blobs

    def blob_ids(self, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
        """Return the row ids of the (oid, hint) pairs that are known."""
        wanted = set(keys)
        oids = [bytes.fromhex(oid) for oid in {oid for oid, _ in wanted}]
        if len(oids) > 5000:
            rows: Iterable[Any] = self._all("SELECT id, oid, hint FROM blob")
        else:
            rows = self._in("SELECT id, oid, hint FROM blob WHERE oid IN ({})", oids)
        found = {(oid.hex(), hint): row for row, oid, hint in rows}
        return {key: found[key] for key in wanted if key in found}

    def next_unit(self) -> int:
        """Return the first number that no stored unit has."""
        rows = self._all(
            "SELECT first_unit + length(unit_lengths) / 2 FROM blob ORDER BY first_unit DESC, id DESC LIMIT 1"
        )
        return int(rows[0][0]) if rows else 0

    def next_blob(self) -> int:
        """Return the row id that the next stored blob gets."""
        return int(self._all("SELECT coalesce(max(id), 0) + 1 FROM blob")[0][0])

    def intern(self, names: Iterable[str]) -> dict[str, int]:
        """Return the numbers of names, giving each one that is not known a number."""
        wanted = list(set(names))
        known = {text: row for row, text in self._in("SELECT id, text FROM name WHERE text IN ({})", wanted)}
        fresh = sorted(set(wanted) - known.keys())
        first = int(self._all("SELECT coalesce(max(id), 0) + 1 FROM name")[0][0])
        self._many("INSERT INTO name VALUES (?, ?)", enumerate(fresh, first))
        known.update({text: row for row, text in enumerate(fresh, first)})
        return known

    def add_blobs(
        self,
        blobs: Sequence[tuple[int, BlobRow]],
        definitions: Iterable[tuple[object, ...]],
    ) -> None:
        """Store blobs under the row ids given, with their definitions."""
        self._many(
            "INSERT INTO blob VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            (
                (
                    row,
                    bytes.fromhex(b.oid),
                    b.hint,
                    b.language,
                    b.size,
                    b.status,
                    int(b.generated),
                    int(b.broken),
                    b.line_hashes,
                    b.first_unit,
                    b.unit_definitions,
                    b.unit_lengths,
                    b.defined_names,
                    b.used_names,
                    b.imports,
                )
                for row, b in blobs
            ),
        )
        self._many("INSERT INTO definition VALUES (?,?,?,?,?,?,?,?,?,?)", definitions)

    def add_references(self, references: Iterable[tuple[int, bytes, bytes, bytes]]) -> None:
        """Store the (name, blobs, counts, lines) references of the segment that is to be closed next."""
        segment = self._number("segment", 0)
        self._many("INSERT INTO reference VALUES (?,?,?,?,?)", ((n, segment, b, c, x) for n, b, c, x in references))

    def add_facts(self, facts: Iterable[tuple[int, str, bytes]]) -> None:
        """Store what relations are resolved from: (blob, package, facts)."""
        self._many("INSERT INTO facts VALUES (?,?,?)", facts)

    def packages(self, blobs: Sequence[int]) -> dict[int, str]:
        """Return what blobs say they belong to, of those that have facts."""
        if len(blobs) > 5000:
            wanted = set(blobs)
            return {r[0]: r[1] for r in self._all("SELECT blob, package FROM facts") if r[0] in wanted}
        return dict(self._in("SELECT blob, package FROM facts WHERE blob IN ({})", blobs))

    def load_facts(self, blob: int) -> bytes:
        """Return the facts of a blob that has some."""
        rows = self._all("SELECT data FROM facts WHERE blob = ?", (blob,))
        return bytes(rows[0][0]) if rows else b""

    def blobs(self, ids: Sequence[int], columns: str) -> dict[int, Any]:
        """Return the named columns of some blobs, by row id."""
        if len(ids) > 5000:
            wanted = set(ids)
            return {r[0]: r[1:] for r in self._all(f"SELECT id, {columns} FROM blob") if r[0] in wanted}
        return {r[0]: r[1:] for r in self._in(f"SELECT id, {columns} FROM blob WHERE id IN ({{}})", ids)}

    def find_partly_read(self, most_prose: int) -> tuple[set[str], set[str]]:
        """Return the ids of the blobs that their grammar does not follow, and of those without one that are longer."""
        rows = self._all(
            "SELECT oid, broken FROM blob WHERE status = 'text' AND (broken OR (language = '' AND size > ?))",
            (most_prose,),
        )
        return {oid.hex() for oid, broken in rows if broken}, {oid.hex() for oid, broken in rows if not broken}

    def definitions(self, blobs: Sequence[int]) -> dict[int, list[DefinitionRow]]:
        """Return the definitions of some blobs in source order."""
        found: dict[int, list[DefinitionRow]] = {blob: [] for blob in blobs}
        sql = (
            "SELECT blob, position, qualname, kind, start, stop, signature, doc, parent FROM definition "
            "WHERE blob IN ({}) ORDER BY blob, position"
        )
        for row in self._in(sql, blobs):
            found[row[0]].append(DefinitionRow(*row))
        return found

    def find_definitions(self, names: Sequence[str]) -> Iterator[tuple[str, int, int]]:
        """Yield (name, blob, position) for all definitions of some names, in all blobs ever seen."""
        yield from self._in(
            "SELECT name.text, blob, position FROM name JOIN definition ON definition.name = name.id "
            "WHERE name.text IN ({})",
            names,
        )

    def defined_names(self, start: str) -> list[str]:
        """Return all names with a definition that begin with `start`, in all blobs ever seen."""
        rows = self._all(
            "SELECT DISTINCT text FROM name JOIN definition ON definition.name = name.id WHERE text >= ? AND text < ?",
            (start, start + "\U0010ffff"),
        )
        return [text for (text,) in rows]

    def find_uses(self, name: str) -> list[tuple[int, array[int]]]:
        """Return (blob, lines) for all blobs ever seen that use a name."""
        rows = self._all(
            "SELECT blobs, counts, lines FROM name JOIN reference ON reference.name = name.id WHERE name.text = ?",
            (name,),
        )
        found: list[tuple[int, array[int]]] = []
        for blobs, counts, lines in rows:
            every, start = array("H", lines), 0
            for blob, count in zip(array("I", blobs), array("I", counts), strict=True):
                found.append((blob, every[start : start + count]))
                start += count
        return found

    def names(self, ids: Sequence[int]) -> dict[int, str]:
        """Return the texts of interned names."""
        return dict(self._in("SELECT id, text FROM name WHERE id IN ({})", ids))

    # Postings

    def add_segment(self, first_unit: int, rows: Iterable[tuple[str, bytes, bytes]]) -> None:
        """Close a segment with its postings: (term, units, counts), by ascending term."""
        segment = self._number("segment", 0)
        self._many("INSERT INTO segment VALUES (?, ?)", [(segment, first_unit)])
        self._many("INSERT INTO posting VALUES (?,?,?,?)", ((t, segment, u, c) for t, u, c in rows))
        self._many("INSERT OR REPLACE INTO meta VALUES ('segment', ?)", [(str(segment + 1),)])

    def _number(self, key: str, default: int) -> int:
        rows = self._all("SELECT value FROM meta WHERE key = ?", (key,))
        return int(rows[0][0]) if rows else default

    def postings(self, terms: Sequence[str]) -> dict[str, list[tuple[int, bytes, bytes]]]:
        """Return for each term that is known its (first unit, units, counts) in all segments."""
        found: dict[str, list[tuple[int, bytes, bytes]]] = {}
        # One statement, so that segments which another process joins meanwhile are seen all before or all after that.
        sql = (
            "SELECT term, first_unit, units, counts FROM posting JOIN segment ON segment.id = posting.segment "
            "WHERE term IN ({})"
        )
        for term, first, units, counts in self._in(sql, terms):
            found.setdefault(term, []).append((first, units, counts))
        return found

    def segments(self) -> list[tuple[int, int]]:
        """Return (segment, its first unit) of all segments, in the order in which they were written."""
        return self._all("SELECT id, first_unit FROM segment ORDER BY id")

    def read_postings(self, segments: Sequence[int]) -> Iterator[tuple[str, int, bytes, bytes]]:
        """Yield (term, segment, units, counts) of some segments, by ascending term and segment."""
        yield from self._in(
            "SELECT term, segment, units, counts FROM posting WHERE segment IN ({}) ORDER BY term, segment", segments
        )

    def read_references(self, segments: Sequence[int]) -> Iterator[tuple[int, int, bytes, bytes, bytes]]:
        """Yield (name, segment, blobs, counts, lines) of some segments, by ascending name and segment."""
        yield from self._in(
            "SELECT name, segment, blobs, counts, lines FROM reference WHERE segment IN ({}) ORDER BY name, segment",
            segments,
        )

    def drop_segments(self, segments: Sequence[int]) -> None:
        """Remove segments with all that is in them."""
        for table, column in (("posting", "segment"), ("reference", "segment"), ("segment", "id")):
            self._many(f"DELETE FROM {table} WHERE {column} = ?", ((segment,) for segment in segments))

    # What all revisions share

    def shared(self, name: str) -> bytes | None:
        """Return one of the packed columns that all revisions share."""
        rows = self._all("SELECT data FROM shared WHERE name = ?", (name,))
        return zlib.decompress(rows[0][0]) if rows else None

    def set_shared(self, name: str, data: bytes) -> None:
        """Replace one of the packed columns that all revisions share; only sleep reads them, so they are squeezed."""
        self._many("INSERT OR REPLACE INTO shared VALUES (?, ?)", [(name, zlib.compress(data, 1))])

    # Views

    def view(self, name: str) -> ViewRow | None:
        """Return the head of a view."""
        rows = self._all("SELECT id, name, snapshot, revision, dirty, learned_at FROM view WHERE name = ?", (name,))
        return ViewRow(*rows[0]) if rows else None

    def parts(self, view: int, names: Sequence[str]) -> dict[str, bytes]:
        """Return the named parts of a view."""
        return dict(self._in("SELECT name, data FROM part WHERE view = ? AND name IN ({})", names, view))

    def facts(self, view: ViewRow) -> dict[str, Any]:
        """Return what was counted when a view was laid out, for `status`."""
        found: dict[str, Any] = {}
        for data in self.parts(view.id, ("facts", "past_facts")).values():
            found.update(json.loads(data))
        return found

    def put_view(self, name: str, snapshot: str, revision: str | None, dirty: bool, parts: Mapping[str, bytes]) -> None:
        """Replace a view's head and the parts given; the parts not given stay."""
        now = time.time()
        self._many(
            "INSERT INTO view (name, snapshot, revision, dirty, learned_at, used_at) VALUES (?,?,?,?,?,?) "
            "ON CONFLICT (name) DO UPDATE SET snapshot = excluded.snapshot, revision = excluded.revision, "
            "dirty = excluded.dirty, learned_at = excluded.learned_at, used_at = excluded.used_at",
            [(name, snapshot, revision, int(dirty), now, now)],
        )
        view = self._all("SELECT id FROM view WHERE name = ?", (name,))[0][0]
        self._many("INSERT OR REPLACE INTO part VALUES (?,?,?)", ((view, part, data) for part, data in parts.items()))
        self._many(
            "DELETE FROM view WHERE id IN (SELECT id FROM view WHERE name LIKE 'revision:%' "
            "ORDER BY used_at DESC LIMIT -1 OFFSET ?)",
            [(MOST_REVISION_VIEWS,)],
        )

    def put_part(self, view: int, name: str, data: bytes) -> None:
        """Replace one part of a view, which is not learned anew by that."""
        self._many("INSERT OR REPLACE INTO part VALUES (?,?,?)", [(view, name, data)])

    # The stat cache, small facts, and costs

    def stats(self, root: str) -> dict[str, Stat]:
        """Return the stat cache of a work tree."""
        rows = self._all(
            "SELECT path, size, mtime_ns, ctime_ns, inode, oid, taken_ns FROM stat WHERE root = ?", (root,)
        )
        return {os.fsdecode(r[0]): Stat(*r[1:]) for r in rows}

    def put_stats(self, root: str, stats: Mapping[str, Stat], known: Mapping[str, Stat]) -> None:
        """Bring the stat cache of a work tree from `known` to `stats`."""
        gone = known.keys() - stats.keys()
        self._many("DELETE FROM stat WHERE root = ? AND path = ?", ((root, os.fsencode(p)) for p in gone))
        self._many(
            "INSERT OR REPLACE INTO stat VALUES (?,?,?,?,?,?,?,?)",
            (
                (root, os.fsencode(p), s.size, s.mtime_ns, s.ctime_ns, s.inode, s.blob, s.taken_ns)
                for p, s in stats.items()
                if known.get(p) != s
            ),
        )

    def add_cost(self, kind: str, seconds: float, cpu_seconds: float, items: int) -> None:
        """Record what a piece of sleep cost."""
        self._many("INSERT INTO cost VALUES (?,?,?,?,?)", [(time.time(), kind, seconds, cpu_seconds, items)])

    def costs(self) -> dict[str, float]:
        """Return the number of sleeps and their seconds, over all time."""
        row = self._all(
            "SELECT count(*), coalesce(sum(seconds), 0), coalesce(sum(cpu_seconds), 0) FROM cost WHERE kind = 'sleep'"
        )[0]
        return {"sleeps": float(row[0]), "seconds": float(row[1]), "cpu_seconds": float(row[2])}

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


class Lease:
    """The right to write to a store: one process at a time, taken over at once from one that died."""

    def __init__(self, folder: Path) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        self._file = os.open(folder / "sleeper.lock", flags, 0o600)

    def acquire(self) -> bool:
        """Take the right if nobody has it; the operating system gives it back when its owner dies."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)
        return True

    def owner(self) -> str:
        """Return the process id that the lock file names."""
        return os.pread(self._file, 20, 0).decode("ascii", "replace").strip()

    def release(self) -> None:
        """Give the right back."""
        os.close(self._file)


@contextlib.contextmanager
def lease(folder: Path) -> Iterator[Lease]:
    """Make the folder of a store and offer the lease on it, which ends with the block. StoreUnavailable."""
    try:
        make_private_folder(folder)
        offered = Lease(folder)
    except OSError as error:
        raise unavailable(folder, KIND, error.strerror or str(error)) from error
    try:
        yield offered
    finally:
        offered.release()


def open_for_sleep(folder: Path, *, fold: bool = True) -> Store:
    """Open a store to write to it, making it where it is absent and rebuilding it where it is damaged.

    Without `fold` no commit waits until the journal is written back to the disk: that is left to `fold_journal`.
    """
    if is_suspect(folder):
        set_aside(folder)
    try:
        return Store(folder, fold=fold)
    except StoreDamaged:
        set_aside(folder)
        return Store(folder, fold=fold)


def set_aside(folder: Path) -> None:
    """Move a damaged database away, keeping the newest one for whoever wants to look at it."""
    for suffix in ("", "-wal", "-shm"):
        file = folder / f"store.db{suffix}"
        with contextlib.suppress(FileNotFoundError):
            file.replace(folder / f"damaged.db{suffix}")
    (folder / sums.FILE).unlink(missing_ok=True)
    (folder / SUSPECT).unlink(missing_ok=True)


def is_suspect(folder: Path) -> bool:
    """Tell whether someone met damage in a store that has not been rebuilt since."""
    return (folder / SUSPECT).exists()


def find_damage(folder: Path) -> bool:
    """Compare every page of a store with what was written, and leave word of damage; whether there is any."""
    damaged = not sums.is_sound(folder / "store.db", anew=True)
    if damaged:
        _suspect(folder)
    return damaged


def _suspect(folder: Path) -> None:
    """Leave word for the next sleep, which may read sound pages only; a folder that cannot be written is left alone."""
    with contextlib.suppress(OSError):
        flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        os.close(os.open(folder / SUSPECT, flags, 0o600))


def remove(folder: Path) -> int:
    """Delete a store with all that lies beside it; return the bytes freed."""
    size = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(FileNotFoundError):
            size += path.stat().st_size if path.is_file() else 0
    while True:
        try:
            shutil.rmtree(folder)
        except FileNotFoundError:
            # Another process removed a file of its own meanwhile: SQLite deletes its journal when it closes.
            if not folder.exists():
                return size
        except OSError as error:
            raise unavailable(folder, KIND, error.strerror or str(error)) from error
        else:
            return size


def _connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    refuse_foreign_folder(path.parent)
    refuse_links(*(path.with_name(f"{path.name}{ending}") for ending in ("", "-wal", "-shm", "-journal")))
    if not sums.is_sound(path):
        _suspect(path.parent)
        raise StoreDamaged(f"the store {path} is damaged (a page is not what was written)", KIND.repair)
    with _translate_errors(path):
        db = connect(path, KIND, read_only=read_only, busy_s=BUSY_S)
        try:
            db.execute("PRAGMA cache_size = -6000")
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
    """Turn what SQLite says into what it means for a user, and leave word of damage."""
    try:
        with translate_errors(path, KIND):
            yield
    except StoreEmpty:
        raise  # it may be on its way to being filled: a rebuild would throw that away
    except StoreDamaged:
        _suspect(path.parent)
        raise


def decode_imports(text: str) -> list[tuple[str, tuple[str, ...], int]]:
    """Return the imports of a blob row."""
    return [(module, tuple(names), line) for module, names, line in json.loads(text)]
