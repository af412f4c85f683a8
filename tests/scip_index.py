"""Writes small SCIP indexes, as an indexer would."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

DEFINITION = 1

Occurrence = tuple[int, int, int, str, int]
"""(line, first column, end column, symbol, roles), from zero."""


def varint(value: int) -> bytes:
    """A number as protobuf writes it."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def number(field: int, value: int) -> bytes:
    """A field that holds a number."""
    return varint(field << 3) + varint(value)


def holding(field: int, body: bytes) -> bytes:
    """A field that holds bytes."""
    return varint(field << 3 | 2) + varint(len(body)) + body


def occurrence(line: int, start: int, end: int, symbol: str, roles: int = 0, *, typed: bool = False) -> bytes:
    """One occurrence; `typed` writes its range as newer indexers do."""
    if typed:
        place = holding(8, number(1, line) + number(2, start) + number(3, end))
    else:
        place = holding(1, varint(line) + varint(start) + varint(end))
    return place + holding(2, symbol.encode()) + (number(3, roles) if roles else b"")


def index(documents: Mapping[str, Iterable[bytes]], encoding: int = 0) -> bytes:
    """An index of documents with these occurrences."""
    metadata = holding(2, holding(1, b"a test")) + holding(3, b"file:///nowhere") + number(4, 1)
    out = holding(1, metadata)
    for path, occurrences in documents.items():
        body = holding(1, path.encode()) + b"".join(holding(2, o) for o in occurrences)
        out += holding(2, body + (number(6, encoding) if encoding else b""))
    return out


def index_words(root: Path, symbols: Mapping[str, str], paths: Sequence[str], *, typed: bool = False) -> bytes:
    """An index in which each occurrence of a word in some files is one of its symbol.

    The first line of a file that has the word behind `def` or `class` defines it.
    """
    documents: dict[str, list[bytes]] = {}
    for path in paths:
        found = documents.setdefault(path, [])
        for at, line in enumerate((root / path).read_text().split("\n")):
            for word, symbol in symbols.items():
                start = line.find(word)
                if start >= 0:
                    defines = line[:start].endswith(("def ", "class "))
                    roles = DEFINITION if defines else 0
                    found.append(occurrence(at, start, start + len(word), symbol, roles, typed=typed))
    return index(documents)
