"""The blobs of a store as digests again: postings and references turned round, from terms and names to blobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import itemgetter

import numpy as np

from noctule.indexer.arrays import Array
from noctule.indexer.parse.pool import PackedDigest, Vocabulary
from noctule.indexer.share.digests import Key, SharedBlob
from noctule.indexer.store.postings import decode_units
from noctule.indexer.store.rows import decode_imports
from noctule.indexer.store.store import Store

WHOLE = frozenset({"text", "binary"})
"""What a blob is called that was read as it should be; whether another one is may depend on the machine."""
_COLUMNS = (
    "language, size, status, generated, broken, first_unit, length(unit_lengths) / 2, unit_definitions, unit_lengths, "
    "imports"
)


class BlobContents:
    """Reads blobs of a store as digests; what lies by term or name is read once, for all of them."""

    def __init__(self, store: Store, rows: Mapping[Key, int]) -> None:
        self._store = store
        known = store.blobs(sorted(set(rows.values())), _COLUMNS)
        self._rows = {key: row for key, row in rows.items() if known[row][2] in WHOLE}
        self._heads = {row: known[row] for row in self._rows.values()}
        self._packages = store.packages(sorted(self._heads))
        self._read_postings()
        self._read_references()

    def __contains__(self, key: Key) -> bool:
        return key in self._rows

    def blobs(self, keys: Sequence[Key]) -> list[SharedBlob]:
        """Return what is known of some blobs, in this order, without those that were not read as they should be."""
        rows = [self._rows[key] for key in keys if key in self._rows]
        definitions: dict[int, list[tuple[str, str, str, int, int, str, str, int]]] = {row: [] for row in rows}
        for row, *definition in self._store.read_definitions(sorted(set(rows))):
            definitions[row].append(tuple(definition))
        return [self._blob(key, self._rows[key], definitions) for key in keys if key in self._rows]

    def _blob(
        self, key: Key, row: int, definitions: Mapping[int, list[tuple[str, str, str, int, int, str, str, int]]]
    ) -> SharedBlob:
        language, size, status, generated, broken, first, units, unit_definitions, lengths, imports = self._heads[row]
        low, high = np.searchsorted(self._units, [first, first + units])
        start, stop = np.searchsorted(self._users, [row, row + 1])
        used = self._uses[start:stop]
        lines = [self._lines[begin:end] for begin, end in self._spans[start:stop].tolist()]
        return SharedBlob(
            key,
            size,
            PackedDigest(
                self._vocabulary,
                language,
                status == "text",
                bool(generated),
                bool(broken),
                b"",
                definitions[row],
                [self._names[name] for name in used.tolist()],
                np.array([len(each) for each in lines], np.uint32).tobytes(),
                b"".join(each.tobytes() for each in lines),
                decode_imports(imports),
                bytes(unit_definitions),
                bytes(lengths),
                self._terms[low:high].tobytes(),
                (self._units[low:high] - first).astype(np.uint32).tobytes(),
                self._counts[low:high].tobytes(),
                self._packages.get(row, ""),
                self._store.load_facts(row) if row in self._packages else b"",
            ),
        )

    def _read_postings(self) -> None:
        first = dict(self._store.segments())
        self._vocabulary = Vocabulary()
        terms: list[Array] = []
        units: list[Array] = []
        counts: list[Array] = []
        for term, rows in groupby(self._store.read_postings(sorted(first)), key=itemgetter(0)):
            for _, segment, packed, counted in rows:
                of = decode_units(packed, len(counted), first[segment]).astype(np.int64)
                units.append(of)
                counts.append(np.frombuffer(counted, np.uint8))
                terms.append(np.full(len(of), len(self._vocabulary), np.uint32))
            self._vocabulary.append(term)
        every = _join(units, np.int64)
        order = np.argsort(every, kind="stable")
        self._units, self._terms = every[order], _join(terms, np.uint32)[order]
        self._counts = _join(counts, np.uint8)[order]

    def _read_references(self) -> None:
        segments = [segment for segment, _ in self._store.segments()]
        names: list[Array] = []
        blobs: list[Array] = []
        counts: list[Array] = []
        lines: list[Array] = []
        for name, _, of, counted, at in self._store.read_references(segments):
            blobs.append(np.frombuffer(of, np.uint32))
            counts.append(np.frombuffer(counted, np.uint32))
            lines.append(np.frombuffer(at, np.uint16))
            names.append(np.full(len(blobs[-1]), name, np.int64))
        users, sizes = _join(blobs, np.uint32), _join(counts, np.uint32).astype(np.int64)
        ends = np.cumsum(sizes)
        order = np.argsort(users, kind="stable")
        self._users, self._uses = users[order], _join(names, np.int64)[order]
        self._spans = np.stack([ends - sizes, ends], axis=1)[order]
        self._lines = _join(lines, np.uint16)
        self._names = self._store.names(np.unique(self._uses).tolist())


def _join(parts: list[Array], kind: type) -> Array:
    return np.concatenate([np.empty(0, kind), *parts])
