"""A history to bytes that grow at their end: what two commits of one line share is the same pieces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from noctule.indexer.arrays import Array, pack, unpack
from noctule.indexer.history.codec import from_bytes, to_bytes
from noctule.indexer.history.history import History
from noctule.indexer.share.digests import BadChunk

PIECE_BYTES = 1 << 18


def to_pieces(history: History) -> Iterator[tuple[str, list[bytes]]]:
    """Yield each column with its bytes in pieces; all but the last have one length."""
    for name, column in unpack(to_bytes(history)).items():
        data = column.astype(column.dtype.newbyteorder("<")).tobytes()
        yield name, [data[at : at + PIECE_BYTES] for at in range(0, len(data), PIECE_BYTES)]


def from_pieces(columns: Mapping[str, bytes]) -> History:
    """Return the history that `to_pieces` laid out, each column in one. BadChunk."""
    kinds = {name: column.dtype for name, column in unpack(to_bytes(History.empty())).items()}
    try:
        typed = {name: np.frombuffer(columns.get(name, b""), kind) for name, kind in kinds.items()}
        _check(typed)
        return from_bytes(pack(typed))
    except (ValueError, IndexError, KeyError, OverflowError) as error:
        raise BadChunk(str(error)) from error


def _check(columns: Mapping[str, Array]) -> None:
    """Raise where a column refers to what is not there."""
    count = int(columns["oid_count"][0])
    if count < 1 or len(columns["oids"]) % count:
        raise BadChunk("no commits")
    for name in ("keys", "times", "authors", "flags"):
        _need(len(columns[name]) == count)
    changes, terms = len(columns["path_ids"]), len(columns["term_ids"])
    for name, end in (("offsets", changes), ("term_offsets", terms), ("parent_offsets", len(columns["parent_ids"]))):
        ends = columns[name]
        _need(len(ends) == count + 1 and ends[0] == 0 and ends[-1] == end and bool((np.diff(ends) >= 0).all()))
    _need(len(columns["statuses"]) == changes and len(columns["renames"]) % 2 == 0)
    paths, known_terms, authors = (len(columns[f"{name}.ends"]) for name in ("paths", "terms", "author_names"))
    _refer("path_ids", columns["path_ids"], paths)
    _refer("term_ids", columns["term_ids"], known_terms)
    _refer("authors", columns["authors"], authors)
    _refer("renames", columns["renames"][0::2], changes)
    _refer("renames", columns["renames"][1::2], paths)
    # A parent stands before its child.
    children = np.repeat(np.arange(count), np.diff(columns["parent_offsets"]))
    _need(not len(children) or bool(((columns["parent_ids"] >= 0) & (columns["parent_ids"] < children)).all()))
    for name in ("paths", "terms", "author_names"):
        ends = columns[f"{name}.ends"]
        _need(
            not len(ends) or (ends[-1] == len(columns[f"{name}.text"]) and bool((np.diff(ends, prepend=0) >= 0).all()))
        )


def _refer(name: str, numbers: Array, length: int) -> None:
    if len(numbers) and not 0 <= int(numbers.min()) <= int(numbers.max()) < length:
        raise BadChunk(f"{name} refers to what is not there")


def _need(holds: bool) -> None:
    if not holds:
        raise BadChunk("columns of different lengths")
