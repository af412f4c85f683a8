"""Commits from git into the store and back: all that were ever seen, as one row of packed columns. Ranks nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from noctule.indexer.arrays import Array, pack, pack_texts, unpack, unpack_texts
from noctule.indexer.files.git import Git, RepositoryPlace
from noctule.indexer.history.history import History
from noctule.indexer.history.log import Commit, read
from noctule.indexer.progress import Work
from noctule.indexer.store.store import ROOTS, Store

MOST_TIPS = 500
"""Commits whose ancestors git is told to leave out: what it is not told, `History` recognises."""


def keep(store: Store, history: History, cut: str) -> None:
    """Put a history into the store in place of the one that is there; `cut` says where it was cut when it was read."""
    with store.transaction():
        store.set_shared("history", to_bytes(history, cut))
        store.set_shared(ROOTS, "\n".join(_find_roots(history)).encode())


def grow(known: History, place: RepositoryPlace | None, head: str | None, work: Work) -> History:
    """Read the commits up to `head` that are not known yet. OutOfTime, GitError."""
    work.commits_known = len(known)
    if place is None or head is None or head in set(known.oids):
        return known
    started = time.monotonic()
    parents = set(known.parent_ids.tolist())
    tips = [oid for i, oid in enumerate(known.oids) if i not in parents]

    def count() -> Iterator[Commit]:
        for n, commit in enumerate(read(Git(place), head, tips[:MOST_TIPS], exact_renames=place.partial), 1):
            if n % 500 == 0:
                work.check()
            work.commits_read = n
            yield commit

    history = known.extend(count())
    work.commits_read = len(history) - len(known)
    work.add_time("history", started)
    return history


def _find_roots(history: History) -> list[str]:
    """Return the ids of the commits without parents."""
    return [history.oids[at] for at in np.flatnonzero(np.diff(history.parent_offsets) == 0)]


_CUT = "cut"
_TEXTS = ("paths", "terms", "author_names", "subjects")


def to_bytes(history: History, cut: str = "") -> bytes:
    """Lay a history out as one byte string."""
    columns: dict[str, Array] = {"oids": np.frombuffer("".join(history.oids).encode(), np.uint8)}
    columns[_CUT] = np.frombuffer(cut.encode(), np.uint8)
    columns["oid_count"] = np.array([len(history)], np.int64)
    for name in History.__dataclass_fields__:
        value = getattr(history, name)
        if name in _TEXTS:
            texts = pack_texts([t.encode("utf-8", "surrogateescape") for t in value])
            columns |= {f"{name}.{k}": v for k, v in texts.items()}
        elif name == "renames":
            columns[name] = value.reshape(-1)
        elif name != "oids":
            columns[name] = value
    return pack(columns)


def insert_cut(data: bytes) -> str:
    """Return where the history that `to_bytes` laid out had been cut."""
    columns = unpack(data)
    return columns[_CUT].tobytes().decode() if _CUT in columns else ""


def from_bytes(data: bytes) -> History:
    """Return the history that `to_bytes` laid out."""
    columns = unpack(data)
    columns.pop(_CUT, None)
    count = int(columns.pop("oid_count")[0])
    text = columns.pop("oids").tobytes().decode()
    width = len(text) // count if count else 1
    values: dict[str, Any] = {"oids": [text[i : i + width] for i in range(0, len(text), width)]}
    for name in _TEXTS:
        if f"{name}.text" in columns:
            raw = unpack_texts(columns.pop(f"{name}.text"), columns.pop(f"{name}.ends"))
            values[name] = [t.decode("utf-8", "surrogateescape") for t in raw]
    columns["renames"] = columns["renames"].reshape(-1, 2)
    values |= columns
    return History(**values)
