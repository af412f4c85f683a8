"""Pairs of files that keep changing together. History in, pairs out; knows nothing of who refers to whom."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from noctule.indexer.arrays import Array, Ints, unique
from noctule.indexer.history.counts import describe_rule, telling
from noctule.indexer.history.history import MERGE, History
from noctule.indexer.notes.phrases import share

LOOK_BACK = 10_000
LARGEST = 8
"""Files of a commit: of two that changed with many others, little is known."""
FEWEST = 6
LEAST_SHARE = 0.6
MOST = 400


@dataclass(frozen=True, slots=True)
class Coupling:
    """Two files, by path, that changed together `both` times; `of` is how often `busier`, the one of more, did.

    `rule` says what these commits leave out, or is empty.
    """

    one: str
    other: str
    both: int
    of: int
    commits: tuple[int, ...]
    busier: str
    rule: str

    @property
    def share(self) -> str:
        """In how many of which commits they changed together, in words."""
        return share(self.both, self.of, self.rule, self.busier)

    @classmethod
    def decode(cls, data: bytes) -> tuple[Coupling, ...]:
        """Return the couplings that `encode` wrote."""
        return tuple(cls(**{**c, "commits": tuple(c["commits"])}) for c in json.loads(data))


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
    keys = unique(history.rows[entries].astype(np.int64) * len(paths) + file_of[entries])
    rows, files = keys // len(paths), keys % len(paths)
    changed = np.bincount(files, minlength=len(paths))
    left, right, commits = _pairs(rows, files)
    order = np.argsort(left * len(paths) + right, kind="stable")
    pairs, first, both = np.unique((left * len(paths) + right)[order], return_index=True, return_counts=True)
    of = np.maximum(changed[pairs // len(paths)], changed[pairs % len(paths)])
    kept = np.flatnonzero((both >= FEWEST) & (both >= LEAST_SHARE * of))
    kept = kept[np.lexsort((pairs[kept], -both[kept] * both[kept] / of[kept]))][:MOST]
    counted = _Counted(history, file_of, taken)
    found = []
    for k in kept.tolist():
        one, other = divmod(int(pairs[k]), len(paths))
        busier = one if changed[one] >= changed[other] else other
        latest = tuple(commits[order[first[k] : first[k] + both[k]]][-3:].tolist())
        rule = counted.describe_left_out(busier)
        found.append(Coupling(paths[one], paths[other], int(both[k]), int(of[k]), latest, paths[busier], rule))
    return tuple(found)


class _Counted:
    """Which commits to a file were counted and which were left out."""

    def __init__(self, history: History, file_of: Ints, taken: Array) -> None:
        self._sizes, self._flags = np.diff(history.offsets), history.flags
        self._taken = taken
        self._order = np.argsort(file_of, kind="stable")
        self._files, self._rows = file_of[self._order], history.rows[self._order]

    def describe_left_out(self, file: int) -> str:
        low, high = np.searchsorted(self._files, [file, file + 1])
        rows = self._rows[low:high]
        # Before the first that was counted, none was left out: they are not among the last.
        first = rows[self._taken[rows]].min(initial=len(self._flags))
        passed = rows[~self._taken[rows] & (rows >= first) & ((self._flags[rows] & MERGE) == 0)]
        return describe_rule(self._flags[passed], self._sizes[passed], largest=LARGEST)


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
