"""The words of a task in the texts of a view: BM25 over files and over the functions in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from noctule.indexer.arrays import Floats, Ints
from noctule.indexer.lru import WeightedLru
from noctule.indexer.search.query import ALL_FIELDS, MOST_TERMS, TaskQuery, weigh
from noctule.indexer.search.scores import add_each, idf
from noctule.indexer.search.view_columns import ViewColumns
from noctule.indexer.store.postings import decode_units
from noctule.indexer.store.store import Store

K1, B = 1.2, 0.6
UNIT_B = 0.4
MOST_KEPT = 2_000_000
"""So many places of terms of earlier tasks are kept; each takes 12 bytes, and a term about as much as 100 of them."""
MOST_AT_ONCE = 300_000
"""So many places of terms, and files for each term, are weighed at once; each takes about 60 bytes meanwhile."""
UNIT_FIELDS = ("all", "title", "prose", "pairs", "code")


class Said(NamedTuple):
    """A term of the task: its weight in the title, in the whole task, and the units that hold it, with their counts."""

    title: float
    all: float
    units: Ints
    counts: Floats


class Posting(NamedTuple):
    """Where a term occurs in a view, and its weight there: the part that no task changes."""

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
            found[f"words {name}"] = self._by_blob(weights, postings)[self._view.blob]
        units = self._by_unit([[fields[name].get(t, 0.0) for t in postings] for name in UNIT_FIELDS], postings)
        best = self._best_units(units[: len(UNIT_FIELDS) - 1])[:, self._view.blob]
        found.update((f"unit {name}", scores) for name, scores in zip(UNIT_FIELDS, best, strict=False))
        found["units"] = self._sum_of_best(units[0], 3)[self._view.blob]
        for scores in units:
            _scale(scores)
        words = {t: p for t, p in postings.items() if t in fields["all"]}
        said = (Said(fields["title"].get(t, 0.0), fields["all"][t], p.units, p.counts) for t, p in words.items())
        return units, tuple(said)

    def _by_blob(self, weights: Mapping[str, float], postings: Mapping[str, Posting]) -> Floats:
        """Sum what the terms add to each blob."""
        total = np.zeros(len(self._view.rows), np.float32)
        some = [term for term in postings if term in weights]
        gains = [postings[term].blob_gains for term in some]
        add_each(total, [postings[term].blobs for term in some], [weights[term] for term in some], gains)
        return total

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
        found: dict[str, Posting | None] = dict.fromkeys(terms)
        some: dict[str, Sequence[tuple[int, bytes, bytes]]] = {}
        places = 0
        for term, segments in read.items():
            some[term] = segments
            places += sum(len(counts) for _, _, counts in segments) + len(self._view.rows)
            if places > MOST_AT_ONCE:
                found |= self._weigh(some)
                some, places = {}, 0
        return found | self._weigh(some)

    def _weigh(self, read: Mapping[str, Sequence[tuple[int, bytes, bytes]]]) -> dict[str, Posting]:
        """Return the weights of some terms where this view has them.

        All terms at once: a call of numpy costs more than its work for one term.
        """
        parts = [(n, *segment) for n, segments in enumerate(read.values()) for segment in segments]
        if not parts:
            return {}
        lengths = [len(counts) for *_, counts in parts]
        where = np.concatenate([decode_units(units, len(counts), first) for _, first, units, counts in parts])
        counts = np.frombuffer(b"".join(counts for *_, counts in parts), np.uint8).astype(np.float32)
        owners = np.repeat([n for n, *_ in parts], lengths)
        known = np.flatnonzero(where < len(self._view.local))
        known = known[self._view.local[where[known]] >= 0]
        units, counts, owners = self._view.local[where[known]], counts[known], owners[known]
        size = len(self._view.rows)
        places = owners * size + self._view.unit_blob[units]
        in_all = np.bincount(places, counts, len(read) * size)
        held = np.flatnonzero(in_all)
        owners_of_blobs, blobs = np.divmod(held, max(size, 1))
        tf, blobs = in_all[held].astype(np.float32), blobs.astype(np.int32)
        ends = np.searchsorted(owners, np.arange(len(read) + 1)).tolist()
        blob_ends = np.searchsorted(owners_of_blobs, np.arange(len(read) + 1)).tolist()
        rarity = np.array([idf(stop - start, size) for start, stop in pairwise(blob_ends)], np.float32)
        unit_rarity = [idf(stop - start, len(self._view.unit_blob)) for start, stop in pairwise(ends)]
        gains = rarity[owners_of_blobs] * tf * (K1 + 1) / (tf + self._norm[blobs])
        unit_gains = np.array(unit_rarity, np.float32)[owners] * counts * (K1 + 1) / (counts + self._unit_norm[units])
        # Copies: a part of what was made at once would keep all of it.
        return {
            term: Posting(
                units[start:stop].copy(),
                counts[start:stop].copy(),
                unit_gains[start:stop].copy(),
                blobs[first:last].copy(),
                gains[first:last].copy(),
            )
            for term, (start, stop), (first, last) in zip(read, pairwise(ends), pairwise(blob_ends), strict=True)
            if start < stop
        }

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

    def _best_units(self, scores: Floats) -> Floats:
        """Return the best score in each blob, for each row of scores of units."""
        best = np.zeros((len(scores), len(self._view.rows)), np.float32)
        there = self._with_units
        if len(there):
            best[:, there] = np.maximum.reduceat(scores, self._view.unit_start[there], axis=1)
        return best

    @cached_property
    def _with_units(self) -> Ints:
        """The blobs that have units: one without text has none."""
        return np.flatnonzero(np.diff(self._view.unit_start))

    def _sum_of_best(self, scores: Floats, most: int) -> Floats:
        total = np.zeros(len(self._view.rows))
        there = np.flatnonzero(scores > 0)
        if not len(there):
            return total.astype(np.float32)
        left, blobs = scores[there], self._view.unit_blob[there]
        starts = np.flatnonzero(blobs[1:] != blobs[:-1]) + 1
        starts = np.concatenate([[0], starts])
        group = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(left)))
        for _ in range(most):
            best = np.maximum.reduceat(left, starts)
            total[blobs[starts]] += best
            # Of several that are best, one goes: the first of its blob.
            at = np.flatnonzero(left == best[group])
            left[at[np.diff(group[at], prepend=-1) > 0]] = 0
        return total.astype(np.float32)


def _mean(lengths: Floats) -> float:
    return max(float(lengths.mean()), 1.0) if len(lengths) else 1.0


def _scale(values: Floats) -> None:
    """Divide by the largest, where there is one."""
    top = float(values.max(initial=0.0))
    if top > 0:
        np.divide(values, top, out=values)
