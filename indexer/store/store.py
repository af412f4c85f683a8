"""What was learned about a repository, in one SQLite file of the user's cache folder.

Blobs, names, postings and commits are shared by all snapshots of a repository; a view holds what was worked out for one
work tree or one revision. One process writes at a time (`Lease`), any number read. Knows no git and no ranking.
"""

from __future__ import annotations

import contextlib
import os
import time
import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from noctule.indexer.errors import StoreDamaged
from noctule.indexer.files.scan import Stat
from noctule.indexer.runtime.database import unavailable
from noctule.indexer.runtime.notify import pipes_folder
from noctule.indexer.store import sums
from noctule.indexer.store.connection import KIND, SUSPECT, is_suspect
from noctule.indexer.store.reading import StoreReader
from noctule.indexer.store.rows import BlobRow, cut_postings, cut_references, number_rows

MOST_REVISION_VIEWS = 400

ROOTS = "roots"
"""The row that names the commits without parents, one a line: read alone, it tells clones of one repository."""


class Store(StoreReader):
    """An open store, to be read and written."""

    def intern(self, names: Iterable[str]) -> dict[str, int]:
        """Return the numbers of names; an unknown name gets one."""
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
                    zlib.compress(b.line_hashes, 1),
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

    def add_facts(self, facts: Iterable[tuple[int, str, bytes]]) -> None:
        """Store what relations are resolved from: (blob, package, facts)."""
        self._many("INSERT INTO facts VALUES (?,?,?)", facts)

    def add_references(self, references: Iterable[tuple[int, bytes, bytes, bytes]]) -> None:
        """Store (name, blobs, counts, lines) references for the next segment."""
        segment = self._number("segment", 0)
        self._many(
            "INSERT INTO reference VALUES (?,?,?,?,?,?)",
            number_rows(segment, references, cut_references),
        )

    def add_segment(self, first_unit: int, rows: Iterable[tuple[str, bytes, bytes]]) -> None:
        """Close a segment with its postings: (term, units, counts), by ascending term."""
        segment = self._number("segment", 0)
        self._many("INSERT INTO segment VALUES (?, ?)", [(segment, first_unit)])
        self._many(
            "INSERT INTO posting VALUES (?,?,?,?,?)",
            number_rows(segment, rows, cut_postings),
        )
        self._many("INSERT OR REPLACE INTO meta VALUES ('segment', ?)", [(str(segment + 1),)])

    def add_pending(self, data: bytes) -> None:
        """Store data for the next segment."""
        self._many("INSERT INTO pending (data) VALUES (?)", [(data,)])

    def take_pending(self) -> list[bytes]:
        """Remove the data for the next segment, and return it in the order in which it came."""
        found = [data for (data,) in self._all("SELECT data FROM pending ORDER BY id")]
        if found:
            self._many("DELETE FROM pending WHERE id > ?", [(0,)])
        return found

    def drop_segments(self, segments: Sequence[int]) -> None:
        """Remove segments with everything in them."""
        for table, column in (("posting", "segment"), ("reference", "segment"), ("segment", "id")):
            self._many(f"DELETE FROM {table} WHERE {column} = ?", ((segment,) for segment in segments))

    def set_shared(self, name: str, data: bytes) -> None:
        """Replace one of the packed columns that all revisions share; only sleep reads them, so they are squeezed."""
        self._many("INSERT OR REPLACE INTO shared VALUES (?, ?)", [(name, zlib.compress(data, 1))])

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

    def drop_views(self, start: str) -> None:
        """Remove the views whose names begin so."""
        names = [(name,) for (name,) in self._all("SELECT name FROM view") if name.startswith(start)]
        self._many("DELETE FROM view WHERE name = ?", names)

    def put_part(self, view: int, name: str, data: bytes) -> None:
        """Replace one part of a view; the time of its last sleep stays."""
        self._many("INSERT OR REPLACE INTO part VALUES (?,?,?)", [(view, name, data)])

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

    def adopt(self, other: StoreReader, work_tree: str | None, revision: str) -> None:
        """Hold all that another store holds, without what belongs to its work trees alone.

        The state of one of them becomes that of the view `work_tree`, which grows from there: the one whose history
        goes up to `revision`, else the newest one that is whole. StoreUnavailable.
        """
        other.overwrite(self)
        with self.transaction():
            if work_tree is not None:
                self._many(
                    "UPDATE view SET name = ? WHERE id = (SELECT id FROM view WHERE name LIKE 'work:%' "
                    "AND snapshot NOT LIKE 'partial:%' AND snapshot NOT LIKE 'behind:%' "
                    "ORDER BY revision IS ? DESC, learned_at DESC LIMIT 1)",
                    [(work_tree, revision)],
                )
            self._many("DELETE FROM view WHERE name LIKE 'work:%' AND name IS NOT ?", [(work_tree,)])
            self._many("DELETE FROM stat", [()])
            self._many("DELETE FROM cost", [()])

    def add_cost(self, kind: str, seconds: float, cpu_seconds: float, items: int) -> None:
        """Record the cost of one piece of a sleep."""
        self._many("INSERT INTO cost VALUES (?,?,?,?,?)", [(time.time(), kind, seconds, cpu_seconds, items)])


def open_for_sleep(folder: Path, *, fold: bool = True) -> Store:
    """Open a store for writing; make it if it does not exist, and rebuild it if it is damaged.

    Without `fold` no commit waits until the journal is written back: `fold_journal` does that later.
    """
    if is_suspect(folder):
        set_aside(folder)
    try:
        return Store(folder, fold=fold)
    except StoreDamaged:
        set_aside(folder)
        return Store(folder, fold=fold)


def set_aside(folder: Path) -> None:
    """Move a damaged database away; the newest one is kept for inspection."""
    for suffix in ("", "-wal", "-shm"):
        file = folder / f"store.db{suffix}"
        with contextlib.suppress(FileNotFoundError):
            file.replace(folder / f"damaged.db{suffix}")
    (folder / sums.FILE).unlink(missing_ok=True)
    (folder / SUSPECT).unlink(missing_ok=True)


def size(folder: Path) -> int:
    """Return the size in bytes of a store with all files beside it."""
    found = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(FileNotFoundError):
            found += path.stat().st_size if path.is_file() else 0
    return found


def remove(folder: Path) -> int:
    """Delete a store with all files beside it; return the bytes freed.

    It goes at once, under another name: whoever writes to it meanwhile finds nothing in its place, or a whole new one.
    """
    import shutil  # with three ways to compress, for this alone

    freed = size(folder)
    shutil.rmtree(pipes_folder(folder), ignore_errors=True)
    going = folder.with_name(f".{folder.name}.going.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        folder.rename(going)
    except FileNotFoundError:
        return freed
    except OSError as error:
        raise unavailable(folder, KIND, error.strerror or str(error)) from error
    for left in folder.parent.glob(f".{folder.name}.going.*"):  # also of one that was killed
        _remove_tree(left)
    return freed


def _remove_tree(folder: Path) -> None:
    import shutil

    while True:
        try:
            shutil.rmtree(folder)
        except FileNotFoundError:
            # Another process removed a file of its own meanwhile: SQLite deletes its journal when it closes.
            if not folder.exists():
                return
        except OSError as error:
            raise unavailable(folder, KIND, error.strerror or str(error)) from error
        else:
            return
