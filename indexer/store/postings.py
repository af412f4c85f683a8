"""Term counts of many blobs in, one segment of the inverted index out; and small lookup tables of the same kind.

Pure: arrays and strings, no store and no files.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from noctule.indexer.arrays import Array, Ints, pack_texts, unpack_texts

if TYPE_CHECKING:
    from noctule.indexer.parse.pool import PackedDigest, Vocabulary


class Segment:
    """Collects the postings of digests, and gives them back by term."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._maps: dict[Vocabulary, Array] = {}
        self._terms: list[Array] = []
        self._units: list[Array] = []
        self._counts: list[Array] = []
        self._told = 0
        self.first_unit = -1
        self.size = 0

    @property
    def empty(self) -> bool:
        """Whether no blob was added since the last `take`."""
        return not self._terms

    def add(self, digest: PackedDigest, first_unit: int) -> None:
        """Add one blob whose units are numbered from `first_unit`, which grows from call to call."""
        if self.first_unit < 0:
            self.first_unit = first_unit
        local = np.frombuffer(digest.terms, np.uint32)
        self._terms.append(self._renumber(digest.vocabulary)[local])
        self._units.append(np.frombuffer(digest.units, np.uint32) + np.uint32(first_unit))
        self._counts.append(np.frombuffer(digest.counts, np.uint8))
        self.size += len(local)

    def take(self) -> dict[str, Array]:
        """Remove and return, as columns, everything that was added since the last `take`; `put` puts it back."""
        terms = list(self._numbers)[self._told :]
        self._told = len(self._numbers)
        columns = {
            **pack_texts([term.encode("utf-8", "surrogatepass") for term in terms]),
            "first": np.array([self.first_unit], np.int64),
            "terms": _join(self._terms, np.uint32),
            "units": _join(self._units, np.uint32),
            "counts": _join(self._counts, np.uint8),
        }
        self._terms, self._units, self._counts = [], [], []
        return columns

    def put(self, taken: Iterable[Mapping[str, Array]]) -> None:
        """Put back everything that was taken, in order, before what was added since."""
        terms, units, counts = self._terms, self._units, self._counts
        self._terms, self._units, self._counts = [], [], []
        numbers = self._numbers
        for columns in taken:
            for term in unpack_texts(columns["text"], columns["ends"]):
                numbers.setdefault(term.decode("utf-8", "surrogatepass"), len(numbers))
            self.first_unit = int(columns["first"][0])
            self._terms.append(columns["terms"])
            self._units.append(columns["units"])
            self._counts.append(columns["counts"])
        self._terms += terms
        self._units += units
        self._counts += counts

    def rows(self) -> Iterator[tuple[str, bytes, bytes]]:
        """Yield (term, units, counts) by ascending term; units ascend within a term, counted from `first_unit`."""
        if not any(map(len, self._terms)):
            return
        terms = np.concatenate(self._terms)
        order = np.argsort(terms, kind="stable")
        units, counts = np.concatenate(self._units)[order], np.concatenate(self._counts)[order]
        width = 2 if int(units.max()) - self.first_unit < 1 << 16 else 4
        units_text = (units - self.first_unit).astype(np.uint16 if width == 2 else np.uint32).tobytes()
        counts_text = counts.tobytes()
        ends = np.cumsum(np.bincount(terms, minlength=len(self._numbers))).tolist()
        for term, number in sorted(self._numbers.items()):
            start, stop = ends[number - 1] if number else 0, ends[number]
            if start < stop:
                yield term, units_text[width * start : width * stop], counts_text[start:stop]

    def _renumber(self, vocabulary: Vocabulary) -> Array:
        known = self._maps.get(vocabulary, np.empty(0, np.uint32))
        if len(known) < len(vocabulary):
            numbers = self._numbers
            fresh = [numbers.setdefault(term, len(numbers)) for term in vocabulary[len(known) :]]
            known = np.concatenate([known, np.array(fresh, np.uint32)])
            self._maps[vocabulary] = known
        return known


def _join(parts: Sequence[Array], kind: type) -> Array:
    return np.concatenate([np.empty(0, kind), *parts])


class References:
    """Collects the lines of blobs that use a name, and returns them by name."""

    def __init__(self) -> None:
        self._names: list[Array] = []
        self._blobs: list[Array] = []
        self._counts: list[Array] = []
        self._lines: list[Array] = []

    def add(self, blob: int, names: Array, digest: PackedDigest) -> None:
        """Add a blob whose used names have these numbers; blobs come in ascending order."""
        self._names.append(names)
        self._blobs.append(np.full(len(names), blob, np.uint32))
        self._counts.append(np.frombuffer(digest.used_counts, np.uint32))
        self._lines.append(np.frombuffer(digest.used_lines, np.uint16))

    def take(self) -> dict[str, Array]:
        """Remove and return, as columns, everything that was added since the last `take`."""
        columns = {
            "used": _join(self._names, np.uint32),
            "users": _join(self._blobs, np.uint32),
            "uses": _join(self._counts, np.uint32),
            "lines": _join(self._lines, np.uint16),
        }
        self._names, self._blobs, self._counts, self._lines = [], [], [], []
        return columns

    def put(self, taken: Iterable[Mapping[str, Array]]) -> None:
        """Put back everything that was taken, in order, before what was added since."""
        parts = (self._names, self._blobs, self._counts, self._lines)
        every = list(taken)
        for part, name in zip(parts, ("used", "users", "uses", "lines"), strict=True):
            part[:0] = [columns[name] for columns in every]

    def rows(self) -> Iterator[tuple[int, bytes, bytes, bytes]]:
        """Yield (name, blobs, counts, lines) by ascending name."""
        if not self._names:
            return
        names, blobs, counts = (np.concatenate(x) for x in (self._names, self._blobs, self._counts))
        lines = np.concatenate(self._lines)
        order = np.argsort(names, kind="stable")
        first = (np.cumsum(counts, dtype=np.int64) - counts)[order]
        names, blobs, counts = names[order], blobs[order], counts[order]
        ends = np.cumsum(counts, dtype=np.int64)
        lines = lines[np.repeat(first - (ends - counts), counts) + np.arange(len(lines))]
        starts = np.flatnonzero(np.diff(names, prepend=names[:1] + 1)) if len(names) else np.empty(0, np.int64)
        names_list, ends_list = names.tolist(), [0, *ends.tolist()]
        blobs_text, counts_text, lines_text = blobs.tobytes(), counts.tobytes(), lines.tobytes()
        for start, stop in pairwise([*starts.tolist(), len(names)]):
            yield (
                names_list[start],
                blobs_text[4 * start : 4 * stop],
                counts_text[4 * start : 4 * stop],
                lines_text[2 * ends_list[start] : 2 * ends_list[stop]],
            )


def encode_units(units: Ints, first_unit: int) -> bytes:
    """Encode units as distances from a segment's first one, in two bytes each if they fit."""
    relative = units - first_unit
    return relative.astype(np.uint16 if int(relative[-1]) < 1 << 16 else np.uint32).tobytes()


def decode_units(units: bytes, count: int, first_unit: int) -> Ints:
    """Return the units that `encode_units` laid out, numbered as the store does."""
    width = np.uint16 if len(units) == 2 * count else np.uint32
    return np.frombuffer(units, width).astype(np.int64) + first_unit


MOST_FOUND = 4_000


class TermTable:
    """A frozen map from terms to ascending document numbers, kept as columns and read without unpacking them all."""

    def __init__(self, columns: Mapping[str, Array]) -> None:
        self._text = columns["text"].tobytes()
        self._starts = columns["starts"].data  # gives numbers of Python, which a search by halves is made of
        self._offsets = columns["offsets"].data
        self._documents = columns["documents"]
        self._rows = range(len(self._starts))
        self._found: dict[str, Ints] = {}

    @staticmethod
    def columns(documents_by_term: Mapping[str, Sequence[int]]) -> dict[str, Array]:
        """Lay out a map as the columns that `TermTable` reads."""
        terms = sorted(documents_by_term)
        return TermTable.encode_columns(terms, [np.asarray(documents_by_term[t], np.int32) for t in terms])

    @staticmethod
    def encode_columns(terms: Sequence[str], documents: Sequence[Array]) -> dict[str, Array]:
        """Lay out sorted terms and their documents as columns."""
        encoded = [b"\n" + t.encode("utf-8", "surrogatepass") for t in terms]
        lengths = np.array([len(e) for e in encoded], np.int64)
        return {
            "text": np.frombuffer(b"".join(encoded) + b"\n", np.uint8),
            "starts": np.cumsum(lengths) - lengths,
            "offsets": np.concatenate([[0], np.cumsum([len(d) for d in documents])]).astype(np.int64),
            "documents": np.concatenate(documents).astype(np.int32) if documents else np.empty(0, np.int32),
        }

    def documents(self, term: str) -> Ints:
        """Return the documents of a term, or none."""
        return self.find([term]).get(term, np.empty(0, np.int32))

    def find(self, terms: Iterable[str]) -> dict[str, Ints]:
        """Return the documents of each term that some have. What was asked for is kept, up to a bound."""
        wanted = list(dict.fromkeys(terms))
        unknown = [term for term in wanted if term not in self._found]
        if unknown:
            if len(self._found) + len(unknown) > MOST_FOUND:
                self._found.clear()
                unknown = wanted
            self._found.update(zip(unknown, self._search(unknown), strict=True))
        found = self._found
        return {term: documents for term in wanted if len(documents := found[term])}

    def _search(self, terms: Sequence[str]) -> Iterator[Ints]:
        """Yield the documents of each term, or none; most absent terms are found by their first bytes, all at once."""
        encoded = [term.encode("utf-8", "surrogatepass") for term in terms]
        begin = np.array([int.from_bytes(one[:8].ljust(8, b"\0"), "big") for one in encoded], np.uint64)
        first, last = (np.searchsorted(self._beginnings, begin, side).tolist() for side in ("left", "right"))
        for one, start, stop in zip(encoded, first, last, strict=True):
            row = bisect_left(self._rows, one, start, stop, key=self._term) if start < stop else stop
            if row < stop and self._term(row) == one:
                yield self._documents[self._offsets[row] : self._offsets[row + 1]].astype(np.int32, copy=False)
            else:
                yield np.empty(0, np.int32)

    @cached_property
    def _beginnings(self) -> Array:
        """The first eight bytes of each term as a number, in the order of the terms; a shorter one ends in zeros."""
        starts = np.array(self._starts, np.int64) + 1
        text = np.frombuffer(self._text + bytes(8), np.uint8)
        lengths = np.diff(starts, append=len(self._text)) - 1
        letters = text[starts[:, np.newaxis] + np.arange(8)] * (np.arange(8) < lengths[:, np.newaxis])
        found: Array = letters.astype(np.uint8).view(">u8")[:, 0].astype(np.uint64)
        return found

    def _term(self, row: int) -> bytes:
        """Return a term; terms ascend by their UTF-8 bytes, which is also the order of their characters."""
        start = self._starts[row] + 1
        return self._text[start : self._text.index(b"\n", start)]


def by_term(rows: Iterable[tuple[int, Iterable[str]]]) -> dict[str, list[int]]:
    """Turn (document, its terms), by ascending document, into documents by term."""
    found: dict[str, list[int]] = {}
    for document, terms in rows:
        for term in set(terms):
            found.setdefault(term, []).append(document)
    return found
