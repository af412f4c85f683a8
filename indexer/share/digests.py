"""Digests of blobs to bytes and back: equal digests give equal bytes on every machine. No store, no files, no clock.

Names and terms are sorted, and so is all that refers to them. Hashes of lines are not part of it: whoever reads it has
the lines, and a hash of a line that holds a password could be guessed.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from noctule.indexer.arrays import Array, pack, pack_texts, unpack, unpack_texts
from noctule.indexer.parse.facts.model import SETTING
from noctule.indexer.parse.facts.packing import from_plain, to_plain
from noctule.indexer.parse.pool import PackedDigest, Vocabulary
from noctule.indexer.share.plain_data import from_columns, to_columns

Key = tuple[str, str]
"""The id of a blob, and the language that its path promises."""


class BadChunk(ValueError):
    """The bytes are not what `encode` makes."""


@dataclass(frozen=True, slots=True)
class SharedBlob:
    """What is known of one blob; its digest has no hashes of lines."""

    key: Key
    size: int
    digest: PackedDigest


_KINDS: Mapping[str, type] = {
    "used_counts": np.uint32,
    "used_lines": np.uint16,
    "unit_definitions": np.int32,
    "lengths": np.uint16,
    "units": np.uint32,
    "counts": np.uint8,
}
"""The types of what a digest holds as bytes."""


def encode(blobs: Sequence[SharedBlob]) -> bytes:
    """Lay blobs out, in the order given."""
    digests = [sort_digest(blob.digest) for blob in blobs]
    rows = [row for digest in digests for row in digest.definitions]
    defined, qualnames, kinds, starts, stops, signatures, docs, parents = zip(*rows, strict=True) if rows else [()] * 8
    used = [name for digest in digests for name in digest.used_names]
    names = {name: number for number, name in enumerate(sorted({*used, *defined}))}
    terms = {term: number for number, term in enumerate(sorted({term for d in digests for term in _terms_of(d)}))}
    columns: dict[str, Array] = {"oids": np.frombuffer(b"".join(bytes.fromhex(b.key[0]) for b in blobs), np.uint8)}
    columns |= _text_columns(
        names=names,
        terms=terms,
        hints=(blob.key[1] for blob in blobs),
        languages=(d.language for d in digests),
        packages=(d.package for d in digests),
        imports=(json.dumps(d.imports, separators=(",", ":")) for d in digests),
        qualnames=qualnames,
        kinds=kinds,
        signatures=signatures,
        docs=docs,
    )
    facts = [to_plain(d.facts, is_setting=d.package == SETTING) if d.facts else None for d in digests]
    columns |= {f"facts.{name}": column for name, column in to_columns(facts).items()}
    columns |= _number_columns(
        sizes=[blob.size for blob in blobs],
        flags=[d.text | d.generated << 1 | d.broken << 2 for d in digests],
        definition_counts=[len(d.definitions) for d in digests],
        definition_names=[names[name] for name in defined],
        starts=starts,
        stops=stops,
        parents=parents,
        used_name_counts=[len(d.used_names) for d in digests],
        used_names=[names[name] for name in used],
        unit_counts=[len(d.lengths) // 2 for d in digests],
        term_counts=[len(d.counts) for d in digests],
    )
    columns |= {name: _join(digests, name) for name in ("used_counts", "used_lines", "unit_definitions", "lengths")}
    columns["term_numbers"] = np.concatenate([np.empty(0, np.uint32), *(_renumber(d, terms) for d in digests)])
    columns |= {name: _join(digests, name) for name in ("units", "counts")}
    return pack(columns)


def _text_columns(**texts: Iterable[str]) -> dict[str, Array]:
    found: dict[str, Array] = {}
    for name, values in texts.items():
        packed = pack_texts([text.encode("utf-8", "surrogatepass") for text in values])
        found |= {f"{name}.{part}": column for part, column in packed.items()}
    return found


def _number_columns(**numbers: Sequence[int]) -> dict[str, Array]:
    return {name: np.array(values, np.int64) for name, values in numbers.items()}


def _join(digests: Iterable[PackedDigest], name: str) -> Array:
    return np.frombuffer(b"".join(getattr(digest, name) for digest in digests), _KINDS[name])


def decode(data: bytes, width: int) -> list[SharedBlob]:
    """Return the blobs that `encode` laid out, whose ids have `width` bytes. BadChunk."""
    try:
        return _decode(unpack_safely(data), width)
    except (ValueError, KeyError, IndexError, TypeError, OverflowError, RecursionError) as error:
        raise BadChunk(str(error)) from error


_TYPES = frozenset({"|u1", "|i1", "<u2", "<i2", "<u4", "<i4", "<u8", "<i8"})


def unpack_safely(data: bytes) -> dict[str, Array]:
    """Return columns that somebody else packed, if they are numbers. ValueError, KeyError, TypeError."""
    length = int.from_bytes(data[:4], "little")
    for _, *types in json.loads(data[4 : 4 + length]):
        sizes = [types[1], *types[3:]]
        if not {types[0], types[2]} <= _TYPES or not all(isinstance(size, int) and size >= 0 for size in sizes):
            raise BadChunk("a column of another type")
    try:
        return unpack(data)
    except IndexError as error:
        raise BadChunk("a place that is not there") from error


def _decode(columns: dict[str, Array], width: int) -> list[SharedBlob]:
    def texts(name: str) -> list[str]:
        return [raw.decode("utf-8", "surrogatepass") for raw in raw_texts(name)]

    def raw_texts(name: str) -> list[bytes]:
        return unpack_texts(columns[f"{name}.text"], columns[f"{name}.ends"])

    def cut(name: str, counts: Array) -> _Cut:
        return _bytes_cut(counts, columns[name], _KINDS[name])

    count = len(columns["sizes"])
    oids = columns["oids"].tobytes()
    names, vocabulary = texts("names"), Vocabulary(texts("terms"))
    hints, languages, packages, imports = (texts(name) for name in ("hints", "languages", "packages", "imports"))
    used_names = _names(names, columns["used_names"])
    rows = list(
        zip(
            _names(names, columns["definition_names"]),
            *(texts(name) for name in ("qualnames", "kinds")),
            *(columns[name].tolist() for name in ("starts", "stops")),
            *(texts(name) for name in ("signatures", "docs")),
            columns["parents"].tolist(),
            strict=True,
        )
    )
    term_numbers = columns["term_numbers"].astype(np.uint32)
    if len(term_numbers) and int(term_numbers.max()) >= len(vocabulary):
        raise BadChunk("a term that is not there")
    definitions = _Cut(columns["definition_counts"], rows.__getitem__, len(rows))
    used = _Cut(columns["used_name_counts"], used_names.__getitem__, len(used_names))
    used_counts = cut("used_counts", columns["used_name_counts"])
    lines_each = [int(np.frombuffer(raw, np.uint32).sum()) for raw in used_counts.values]
    used_lines = cut("used_lines", np.array(lines_each, np.int64))
    unit_definitions, lengths = (cut(name, columns["unit_counts"]) for name in ("unit_definitions", "lengths"))
    terms = _bytes_cut(columns["term_counts"], term_numbers, np.uint32)
    units, counts = (cut(name, columns["term_counts"]) for name in ("units", "counts"))
    facts = from_columns({k.removeprefix("facts."): v for k, v in columns.items() if k.startswith("facts.")})
    flags, sizes = columns["flags"].tolist(), columns["sizes"].tolist()
    if len(oids) != width * count or not all(len(v) == count for v in (hints, languages, packages, imports, facts)):
        raise BadChunk("columns of different lengths")
    return [
        SharedBlob(
            (oids[width * at : width * (at + 1)].hex(), hints[at]),
            sizes[at],
            PackedDigest(
                vocabulary,
                languages[at],
                bool(flags[at] & 1),
                bool(flags[at] & 2),
                bool(flags[at] & 4),
                b"",
                definitions.values[at],
                used.values[at],
                used_counts.values[at],
                used_lines.values[at],
                [(module, tuple(said), line) for module, said, line in json.loads(imports[at])],
                unit_definitions.values[at],
                lengths.values[at],
                terms.values[at],
                units.values[at],
                counts.values[at],
                packages[at],
                from_plain(facts[at]) if facts[at] is not None else b"",
            ),
        )
        for at in range(count)
    ]


class _Cut:
    """A column of all blobs, cut into those of each; they have to use it up."""

    def __init__(self, counts: Array, take: Callable[[slice], Any], length: int) -> None:
        ends = np.cumsum(counts, dtype=np.int64).tolist()
        if (len(counts) and int(counts.min()) < 0) or (ends[-1] if ends else 0) != length:
            raise BadChunk("a column of another length")
        self.values = [take(slice(start, end)) for start, end in zip([0, *ends[:-1]], ends, strict=True)]


def _bytes_cut(counts: Array, column: Array, kind: type) -> _Cut:
    typed: Array = column.astype(kind, copy=False)
    return _Cut(counts, lambda part: typed[part].tobytes(), len(typed))


def _names(names: list[str], numbers: Array) -> list[str]:
    if len(numbers) and int(numbers.min()) < 0:
        raise BadChunk("a name that is not there")
    return [names[number] for number in numbers.tolist()]


def sort_digest(digest: PackedDigest) -> PackedDigest:
    """Return a digest without hashes of lines, its used names sorted and its terms by unit and text."""
    order = sorted(range(len(digest.used_names)), key=digest.used_names.__getitem__)
    each = np.frombuffer(digest.used_counts, np.uint32)
    ends = np.cumsum(each, dtype=np.int64).tolist()
    lines = digest.used_lines
    spans = [lines[2 * (ends[at] - int(each[at])) : 2 * ends[at]] for at in order]
    terms, units = np.frombuffer(digest.terms, np.uint32), np.frombuffer(digest.units, np.uint32)
    present, place = np.unique(terms, return_inverse=True)
    vocabulary = digest.vocabulary
    ranked = sorted(range(len(present)), key=[vocabulary[n] for n in present.tolist()].__getitem__)
    rank = np.empty(len(present), np.int64)
    rank[ranked] = np.arange(len(present))
    by_term = np.lexsort((rank[place.reshape(-1)], units))
    return replace(
        digest,
        line_hashes=b"",
        used_names=[digest.used_names[at] for at in order],
        used_counts=each[order].tobytes(),
        used_lines=b"".join(spans),
        terms=terms[by_term].tobytes(),
        units=units[by_term].tobytes(),
        counts=np.frombuffer(digest.counts, np.uint8)[by_term].tobytes(),
    )


def _terms_of(digest: PackedDigest) -> Iterable[str]:
    vocabulary = digest.vocabulary
    return (vocabulary[number] for number in set(array("I", digest.terms)))


def _renumber(digest: PackedDigest, numbers: dict[str, int]) -> Array:
    terms = np.frombuffer(digest.terms, np.uint32)
    present, place = np.unique(terms, return_inverse=True)
    vocabulary = digest.vocabulary
    return np.array([numbers[vocabulary[n]] for n in present.tolist()], np.uint32)[place.reshape(-1)]
