"""Which files changed together with some given ones, and how often. Knows no model, no message and no file's name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from noctule.indexer.history.counts import co_changes, gather
from noctule.indexer.history.dates import Longs
from noctule.indexer.history.history import Ints

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Postings:
    """For each key, the ascending numbers of what it stands in (CSR)."""

    offsets: Longs
    values: Ints

    def row(self, key: int) -> Ints:
        """The numbers of one key."""
        return self.values[self.offsets[key] : self.offsets[key + 1]]

    def before(self, key: int, time: int, most: int) -> Ints:
        """The latest `most` numbers of one key that are below `time`."""
        row = self.row(key)
        stop = int(row.searchsorted(np.int32(time)))  # for a number of Python all of them would be copied
        return row[max(stop - most, 0) : stop]

    def gather(self, keys: NDArray[np.signedinteger]) -> tuple[Ints, Longs]:
        """The values of several keys, one after the other, and for each value the position of its key."""
        return gather(self.offsets, self.values, keys)

    @classmethod
    def of(cls, keys: NDArray[np.integer], values: NDArray[np.integer], width: int) -> Postings:
        """Group values by key; the values of one key keep their order."""
        order = np.argsort(keys, kind="stable")
        offsets = np.concatenate(([0], np.cumsum(np.bincount(keys, minlength=width)))).astype(np.int64)
        return cls(offsets, values[order].astype(np.int32))


class CoChanges:
    """What changed in the latest commits of some given files."""

    def __init__(self, commits: Postings, files: Postings, given: Sequence[int], time: int, most: int) -> None:
        self._given = given
        self._width = len(files.offsets) - 1
        self.latest = [files.before(file, time, most) for file in given]
        """The numbers of the latest `most` commits of each given file before `time`."""
        touched, self._owners = commits.gather(np.concatenate(self.latest))
        row = np.repeat(np.arange(len(given)), [len(rows) for rows in self.latest])
        self._places = row[self._owners] * self._width + touched

    def shares(self, half_life: int, prior: float) -> Floats:
        """For each given file (row), in which share of its latest commits each file (column) changed too.

        A commit counts half when the given file has changed `half_life` times since; `prior` commits without any
        partner are added, so that one commit in common is no certainty.
        """
        width, count = self._width, len(self._given)
        weights = [_decay(len(rows), half_life) for rows in self.latest]
        both = co_changes(self._places, self._owners, np.concatenate(weights), count * width)
        shares = both.reshape(count, width) / np.array([w.sum() + prior for w in weights])[:, None]
        shares[np.arange(count), list(self._given)] = 0
        return np.asarray(shares, np.float32)


@lru_cache(maxsize=1 << 10)
def _decay(count: int, half_life: int) -> NDArray[np.float64]:
    """Return what the latest commits of a file count, the last one 1."""
    return np.asarray(np.exp2(np.arange(1 - count, 1) / half_life))
