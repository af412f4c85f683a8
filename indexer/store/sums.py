"""A checksum for each page of a database, in a file beside it, to find damage on the disk. Knows no table.

A writer forgets them before its journal is written back, and works them out after that; what is written to the journal
alone leaves them as they are, so that a process that is killed leaves a database that can be checked. The file is
compared with them when it was touched since. SQLite itself checks how its pages hang together, and not what is in them.

Each transaction is counted in the first page. So where the file was written and the checksums were left behind, the
count differs, and nothing is called damage.
"""

from __future__ import annotations

import contextlib
import struct
import zlib
from array import array
from pathlib import Path
from typing import NamedTuple

from noctule.indexer.runtime.scratch_file import replace_file

FILE = "store.sums"
PAGE = 4096
_HEAD = struct.Struct("<8sQQQQII")
_COUNTER, _VALID_FOR = slice(24, 28), slice(92, 96)
"""Where the first page counts transactions, twice: https://www.sqlite.org/fileformat2.html#the_database_header."""
_MAGIC = b"noctsum1"
_READ = 1 << 20


class _State(NamedTuple):
    """What tells one state of a file from another without reading it."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int

    @classmethod
    def of(cls, path: Path) -> _State:
        seen = path.stat()
        return cls(seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_ino)


class _Record(NamedTuple):
    """A file, read in whole: its state, how many transactions it counts, and a checksum for each page."""

    state: _State
    transactions: int
    sums: array[int]
    is_counted: bool = True
    """Whether both counters say the same."""


def record(database: Path, *, beside_journal: bool = False) -> None:
    """Write the checksums of a database whose journal is written back; nothing where it is not, or cannot be.

    With `beside_journal` of the file as it is: for the one process that may write the journal back.
    """
    with contextlib.suppress(OSError):
        if (beside_journal or not _has_journal(database)) and (found := _read_at_rest(database)) is not None:
            _write(database, found)
            if (_has_journal(database) and not beside_journal) or _State.of(database) != found.state:
                forget(database)  # somebody wrote meanwhile, and had forgotten them before


def forget(database: Path) -> None:
    """Remove the checksums of a database before it is written."""
    with contextlib.suppress(OSError):
        database.with_name(FILE).unlink(missing_ok=True)


def forget_unless_at_rest(database: Path) -> None:
    """Drop the checksums of a database whose journal is going to be written back."""
    with contextlib.suppress(OSError):
        if _has_journal(database):
            forget(database)


def is_recorded(database: Path) -> bool:
    """Tell whether there are checksums of a database."""
    return database.with_name(FILE).exists()


def is_sound(database: Path, *, anew: bool = False) -> bool:
    """Tell whether a database matches its checksums, if it has any; with `anew`, even if its file is untouched."""
    try:
        recorded = _read_record(database)
        if recorded is None:
            return True
        if not anew and recorded.state == _State.of(database):
            return True
        found = _read_at_rest(database)
        if found is None or not is_recorded(database):
            return True  # the journal is being written back
        if found.sums != recorded.sums:
            # Another program may have written to it, and has then counted that.
            return found.is_counted and found.transactions != recorded.transactions
        if not _has_journal(database):
            _write(database, found)
    except OSError:
        pass
    return True


def _read_at_rest(database: Path) -> _Record | None:
    """Read a file in whole; None where somebody wrote to it meanwhile."""
    before = _State.of(database)
    sums, first = array("I"), b""
    with database.open("rb", buffering=0) as file:
        while block := file.read(_READ):
            first = first or block[:PAGE]
            pages = memoryview(block)  # no page is copied
            sums.extend([zlib.crc32(pages[at : at + PAGE]) for at in range(0, len(block), PAGE)])
    at_rest = _State.of(database) == before
    counted = first[_COUNTER] == first[_VALID_FOR]
    return _Record(before, int.from_bytes(first[_COUNTER], "big"), sums, counted) if at_rest else None


def _has_journal(database: Path) -> bool:
    try:
        return database.with_name(f"{database.name}-wal").stat().st_size > 0
    except FileNotFoundError:
        return False


def _read_record(database: Path) -> _Record | None:
    """Return the recorded checksums; None if there are none, or the record itself is damaged."""
    try:
        data = (database.with_name(FILE)).read_bytes()
    except FileNotFoundError:
        return None
    if len(data) < _HEAD.size or (len(data) - _HEAD.size) % 4:
        return None
    magic, *state, transactions, own = _HEAD.unpack_from(data)
    if magic != _MAGIC or own != zlib.crc32(data[_HEAD.size :], zlib.crc32(data[: _HEAD.size - 4])):
        return None
    sums = array("I")
    sums.frombytes(data[_HEAD.size :])
    return _Record(_State(*state), transactions, sums)


def _write(database: Path, found: _Record) -> None:
    body, state = found.sums.tobytes(), found.state
    numbers = state.size, state.mtime_ns, state.ctime_ns, state.inode, found.transactions
    head = _HEAD.pack(_MAGIC, *numbers, 0)[:-4]
    own = zlib.crc32(body, zlib.crc32(head))
    with contextlib.suppress(OSError):
        replace_file(database.with_name(FILE), head + struct.pack("<I", own) + body)
