"""The words of a task in the texts of a view: BM25 over files and over the functions in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from noctule.indexer.arrays import Floats, Ints
from noctule.indexer.lru import WeightedLru
from noctule.indexer.search.query import ALL_FIELDS, MOST_TERMS, TaskQuery, weigh
from noctule.indexer.search.scores import idf
from noctule.indexer.search.view_columns import ViewColumns
from noctule.indexer.store.postings import decode_units
from noctule.indexer.store.store import Store

K1, B = 1.2, 0.6
UNIT_B = 0.4
MOST_KEPT = 2_000_000
"""So many places of terms of earlier tasks are kept; each takes 12 bytes, and a term about as much as 100 of them."""
UNIT_FIELDS = ("all", "title", "prose", "pairs", "code")


class Said(NamedTuple):
    """A term of the task: its weight in the title, in the whole task, and the units that hold it, with their counts."""

    title: float
    all: float
    units: Ints
    counts: Floats


class Posting(NamedTuple):
    """Where a term stands in a view, and what it is worth there: all that no task changes."""

    units: Ints
    counts: Floats
    unit_gains: Floats
    blobs: Ints
    blob_gains: Floats


class WordSignals:
    """How much of a task's words stands in each file and unit; some postings of earlier tasks are kept."""

    def __init__(self, view: ViewColumns, store: Store) -> None:
        self._view = view
        self._store = store
        self._postings: WeightedLru[str, Posting | None] = WeightedLru(
            MOST_KEPT, lambda posting: 100 if posting is None else len(posting.units) + 100
        )

    def add(self, task: TaskQuery, found: dict[str, Floats]) -> tuple[Floats, tuple[Said, ...]]:
        """Add how well the words fit each file; return the scores of units, and the terms."""
        fields = {
            "all": weigh(task, ALL_FIELDS),
            "title": weigh(task, {"title": 1.0}),
            "prose": weigh(task, {"title": 1.0, "prose": 1.0}),
            "code": weigh(task, {"code": 1.0}),
            "pairs": task.pairs,
        }
        postings = self.postings(list(fields["all"]))
        if len(postings) > MOST_TERMS:
            kept = sorted(postings, key=lambda t: (len(postings[t].units) / fields["all"][t], t))[:MOST_TERMS]
            postings = {t: postings[t] for t in kept}
        joined = [pair for pair in task.pairs if pair not in postings]
        postings |= self.postings(joined)
        for name, weights in fields.items():
            by_file = np.zeros(len(self._view.rows), np.float32)
            for term, posting in postings.items():
                if term in weights:
                    by_file[posting.blobs] += weights[term] * posting.blob_gains
            found[f"words {name}"] = by_file[self._view.blob]
        units = self._by_unit([[fields[name].get(t, 0.0) for t in postings] for name in UNIT_FIELDS], postings)
        for name, scores in zip(UNIT_FIELDS[:-1], units, strict=False):
            found[f"unit {name}"] = self._best_unit(scores)[self._view.blob]
        found["units"] = self._sum_of_best(units[0], 3)[self._view.blob]
        for scores in units:
            _scale(scores)
        words = {t: p for t, p in postings.items() if t in fields["all"]}
        said = (Said(fields["title"].get(t, 0.0), fields["all"][t], p.units, p.counts) for t, p in words.items())
        return units, tuple(said)

    def _by_unit(self, weights: Sequence[Sequence[float]], postings: Mapping[str, Posting]) -> Floats:
        """Sum what the terms add to each unit: one row for each row of `weights`, which has one weight a term."""
        total = np.zeros((len(weights), len(self._view.unit_blob)), np.float32)
        if not postings:
            return total
        where = np.concatenate([p.units for p in postings.values()]).astype(np.intp, copy=False)
        gains = np.concatenate([p.unit_gains for p in postings.values()])
        lengths = [len(p.units) for p in postings.values()]
        for row, mine in enumerate(weights):
            if mine in weights[:row]:
                total[row] = total[weights.index(mine)]
            elif any(mine):
                each = gains * np.repeat(np.array(mine, np.float32), lengths)
                total[row] = np.bincount(where, each, total.shape[1])
        return total

    def postings(self, terms: Sequence[str]) -> dict[str, Posting]:
        """Return where each known term stands in this view. Terms of earlier tasks are kept, up to a bound."""
        found = self._postings.get(terms, self._read)
        return {term: posting for term in terms if (posting := found[term]) is not None}

    def _read(self, terms: Sequence[str]) -> dict[str, Posting | None]:
        read = self._store.postings(terms)
        return {term: self._posting(read[term]) if term in read else None for term in terms}

    def _posting(self, segments: Sequence[tuple[int, bytes, bytes]]) -> Posting | None:
        where = np.concatenate([decode_units(units, len(counts), first) for first, units, counts in segments])
        counts = np.concatenate([np.frombuffer(counts, np.uint8) for _, _, counts in segments]).astype(np.float32)
        inside = where < len(self._view.local)
        units = self._view.local[where[inside]]
        held = units >= 0
        units, counts = units[held], counts[inside][held]
        if not len(units):
            return None
        tf = np.bincount(self._view.unit_blob[units], counts, len(self._view.rows)).astype(np.float32)
        blobs = np.flatnonzero(tf).astype(np.int32)
        tf, norm = tf[blobs], self._norm[blobs]
        gains = idf(len(blobs), len(self._view.rows)) * tf * (K1 + 1) / (tf + norm)
        unit_gains = idf(len(units), len(self._view.unit_blob)) * counts * (K1 + 1) / (counts + self._unit_norm[units])
        return Posting(units, counts, unit_gains.astype(np.float32), blobs, gains)

    @cached_property
    def _norm(self) -> Floats:
        """What BM25 adds to a term's count for the length of each blob, and likewise for each unit."""
        norm: Floats = K1 * (1 - B + B * self._view.blob_length / _mean(self._view.blob_length))
        return norm

    @cached_property
    def _unit_norm(self) -> Floats:
        norm: Floats = K1 * (1 - UNIT_B + UNIT_B * self._view.unit_length / _mean(self._view.unit_length))
        return norm

    def rarity(self, terms: Sequence[str]) -> dict[str, float]:
        """Return how rare terms are among the files' contents, the rarest the highest."""
        found = self.postings(terms)
        return {term: idf(len(found[term].blobs) if term in found else 0, len(self._view.rows)) for term in terms}

    def _best_unit(self, scores: Floats) -> Floats:
        best = np.zeros(len(self._view.rows), np.float32)
        there = np.flatnonzero(np.diff(self._view.unit_start))  # a blob without text has no units
        if len(there):
            best[there] = np.maximum.reduceat(scores, self._view.unit_start[there])
        return best

    def _sum_of_best(self, scores: Floats, most: int) -> Floats:
        left, total = scores.copy(), np.zeros(len(self._view.rows))
        for _ in range(most):
            best = self._best_unit(left)
            total += best
            # Of several that are best, one goes: the first of its blob.
            at = np.flatnonzero((left > 0) & (left == best[self._view.unit_blob]))
            left[at[np.diff(self._view.unit_blob[at], prepend=-1) > 0]] = 0
        return total.astype(np.float32)


def _mean(lengths: Floats) -> float:
    return max(float(lengths.mean()), 1.0) if len(lengths) else 1.0


def _scale(values: Floats) -> None:
    """Divide by the largest, where there is one."""
    top = float(values.max(initial=0.0))
    if top > 0:
        np.divide(values, top, out=values)
