"""Pairs of files that keep changing together. History in, pairs out; knows nothing of who refers to whom."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from noctule.indexer.arrays import Array, Ints
from noctule.indexer.history.counts import telling
from noctule.indexer.history.history import History

LOOK_BACK = 10_000
LARGEST = 8
"""Files of a commit: of two that changed with many others, little is known."""
FEWEST = 6
LEAST_SHARE = 0.6
MOST = 400


@dataclass(frozen=True, slots=True)
class Coupling:
    """Two files, by path, that changed together `both` times; `of` is how often the one that changes more did."""

    one: str
    other: str
    both: int
    of: int
    commits: tuple[int, ...]

    @classmethod
    def decode(cls, data: bytes) -> tuple[Coupling, ...]:
        """Return the couplings that `encode` wrote."""
        return tuple(cls(c["one"], c["other"], c["both"], c["of"], tuple(c["commits"])) for c in json.loads(data))


def encode(couplings: Iterable[Coupling]) -> bytes:
    """Return couplings as bytes to store."""
    return json.dumps([asdict(c) for c in couplings], separators=(",", ":")).encode()


def mine(history: History, paths: Sequence[str]) -> tuple[Coupling, ...]:
    """Find today's files that nearly always change together, those with most commits in common first."""
    if not len(history) or not len(history.path_ids):
        return ()
    position = {path: i for i, path in enumerate(paths)}
    file_of = np.array([position.get(p, -1) for p in history.paths], np.int64)[history.files]
    sizes = np.diff(history.offsets)
    taken = np.zeros(len(history), bool)
    taken[np.flatnonzero(telling(history.flags, sizes, largest=LARGEST))[-LOOK_BACK:]] = True
    entries = taken[history.rows] & (file_of >= 0)
    keys = np.unique(history.rows[entries].astype(np.int64) * len(paths) + file_of[entries])
    rows, files = keys // len(paths), keys % len(paths)
    changed = np.bincount(files, minlength=len(paths))
    left, right, commits = _pairs(rows, files)
    order = np.argsort(left * len(paths) + right, kind="stable")
    pairs, first, both = np.unique((left * len(paths) + right)[order], return_index=True, return_counts=True)
    of = np.maximum(changed[pairs // len(paths)], changed[pairs % len(paths)])
    kept = np.flatnonzero((both >= FEWEST) & (both >= LEAST_SHARE * of))
    kept = kept[np.lexsort((pairs[kept], -both[kept] * both[kept] / of[kept]))][:MOST]
    return tuple(
        Coupling(
            paths[int(pairs[k]) // len(paths)],
            paths[int(pairs[k]) % len(paths)],
            int(both[k]),
            int(of[k]),
            tuple(commits[order[first[k] : first[k] + both[k]]][-3:].tolist()),
        )
        for k in kept
    )


def _pairs(rows: Ints, files: Ints) -> tuple[Array, Array, Array]:
    """Return all (lower file, higher file, commit); `rows` ascends, and files ascend within a row."""
    lefts, rights, owners = [np.empty(0, np.int64)], [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    commits, starts, sizes = np.unique(rows, return_index=True, return_counts=True)
    for size in range(2, LARGEST + 1):
        here = sizes == size
        block = files[starts[here][:, None] + np.arange(size)]
        a, b = np.triu_indices(size, 1)
        lefts.append(block[:, a].ravel())
        rights.append(block[:, b].ravel())
        owners.append(np.repeat(commits[here], len(a)))
    return np.concatenate(lefts), np.concatenate(rights), np.concatenate(owners)
