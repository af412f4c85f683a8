"""A SCIP index read: bytes in, occurrences of symbols by document out. Opens no file and trusts nothing in it.

SCIP (github.com/scip-code/scip) is how indexers built on compilers write down which name means which definition. Of
its protobuf four messages are read: Index, Metadata, Document and Occurrence, with an occurrence's older `range` or its
newer typed one. All else is stepped over.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

from noctule.indexer.errors import NoctuleError

LARGEST_BYTES = 128 << 20
MOST_DOCUMENTS = 200_000
MOST_OCCURRENCES = 2_000_000
MOST_FIELDS = 12_000_000
"""Each takes a step; without a limit a file of small ones would take minutes."""
LONGEST_TEXT = 4096
"""In bytes: of a path or symbol. A longer one is stepped over."""
LONGEST_LINE = 20_000

DEFINITION = 1
_FORWARD_DEFINITION = 0x40
_VARINT_BYTES = 10
_LARGEST_NUMBER = (1 << 31) - 1
_ENCODINGS = {1: ("utf-8",), 2: ("utf-16-le",), 3: ("utf-32-le",)}
_EVERY_ENCODING = ("utf-32-le", "utf-16-le", "utf-8")
_IDENTIFIER = re.compile(r"[\w$]+")

Row = tuple[int, int, int, int, int]
"""(line, first column, end column, symbol, roles), counted from zero."""


class BadIndex(NoctuleError):
    """The index cannot be used; what was known without it stays."""


@dataclass(slots=True)
class Document:
    """The occurrences of one file, five numbers each; `encoding` says what columns count, 0 where nobody said."""

    path: str = ""
    encoding: int = 0
    numbers: array[int] = field(default_factory=lambda: array("i"))

    def rows(self) -> Iterator[Row]:
        """Yield the occurrences."""
        each = iter(self.numbers)
        yield from zip(each, each, each, each, each, strict=True)


@dataclass(slots=True)
class ScipIndex:
    """All documents of an index, and the symbols that their occurrences count."""

    documents: list[Document] = field(default_factory=list)
    symbols: list[str] = field(default_factory=list)


def read_index(data: bytes) -> ScipIndex:
    """Read an index. BadIndex where it is none, is damaged or is too large."""
    if len(data) > LARGEST_BYTES:
        raise BadIndex(f"it has {len(data) >> 20} MB, and at most {LARGEST_BYTES >> 20} MB are read")
    reader = _Reader(data)
    try:
        return reader.read()
    except (IndexError, UnicodeDecodeError) as error:
        raise BadIndex("it is damaged, or not a SCIP index") from error


class _Reader:
    """Walks the bytes once."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._left = MOST_FIELDS
        self._occurrences = 0
        self._numbers: dict[str, int] = {}

    def read(self) -> ScipIndex:
        index = ScipIndex()
        is_index = False
        for number, value, end in self._fields(0, len(self._data)):
            if number == 1 and end >= 0:
                is_index = is_index or self._is_metadata(value, end)
            elif number == 2 and end >= 0:
                if len(index.documents) >= MOST_DOCUMENTS:
                    raise BadIndex(f"it has more than {MOST_DOCUMENTS:,} documents")
                index.documents.append(self._document(value, end))
        if not is_index and not index.documents:
            raise BadIndex("it is damaged, or not a SCIP index")
        index.symbols = list(self._numbers)
        return index

    def _is_metadata(self, start: int, stop: int) -> bool:
        return any(number in (1, 2, 3, 4) for number, _, _ in self._fields(start, stop))

    def _document(self, start: int, stop: int) -> Document:
        document = Document()
        for number, value, end in self._fields(start, stop):
            if number == 1 and end >= 0:
                document.path = self._text(value, end)
            elif number == 2 and end >= 0:
                self._occurrences += 1
                if self._occurrences > MOST_OCCURRENCES:
                    raise BadIndex(f"it has more than {MOST_OCCURRENCES:,} occurrences")
                self._occurrence(value, end, document.numbers)
            elif number == 6 and end < 0:
                document.encoding = value
        return document

    def _occurrence(self, start: int, stop: int, into: array[int]) -> None:
        place: list[int] = []
        symbol, roles = "", 0
        for number, value, end in self._fields(start, stop):
            if number == 1:
                place += self._read_packed(value, end) if end >= 0 else [value]
            elif number == 2 and end >= 0:
                symbol = self._text(value, end)
            elif number == 3 and end < 0:
                roles = value
            elif number in (8, 9) and end >= 0:
                place = self._read_range(value, end, 3 if number == 8 else 4)
        if len(place) == 4 and place[0] == place[2]:
            place = [place[0], place[1], place[3]]
        if len(place) == 3 and symbol and not symbol.startswith("local ") and max(*place, roles) <= _LARGEST_NUMBER:
            into.extend((*place, self._numbers.setdefault(symbol, len(self._numbers)), roles))

    def _read_range(self, start: int, stop: int, size: int) -> list[int]:
        place = [0] * size  # a number that is zero is not written
        for number, value, end in self._fields(start, stop):
            if 1 <= number <= size and end < 0:
                place[number - 1] = value
        return place

    def _read_packed(self, start: int, stop: int) -> list[int]:
        numbers: list[int] = []
        while start < stop and len(numbers) < 5:
            number, start = self._varint(start, stop)
            numbers.append(number)
        return numbers

    def _text(self, start: int, stop: int) -> str:
        return "" if stop - start > LONGEST_TEXT else self._data[start:stop].decode()

    def _fields(self, at: int, stop: int) -> Iterator[tuple[int, int, int]]:
        """Yield (field, number, -1), or (field, start, end) where a field holds bytes."""
        while at < stop:
            self._left -= 1
            if self._left < 0:
                raise BadIndex(f"it has more than {MOST_FIELDS:,} fields")
            key, at = self._varint(at, stop)
            kind = key & 7
            if kind == 0:
                value, at = self._varint(at, stop)
                yield key >> 3, value, -1
            elif kind == 2:
                size, at = self._varint(at, stop)
                if size > stop - at:
                    raise IndexError
                yield key >> 3, at, at + size
                at += size
            elif kind in (1, 5):
                at += 8 if kind == 1 else 4
                if at > stop:
                    raise IndexError
            else:
                raise IndexError

    def _varint(self, at: int, stop: int) -> tuple[int, int]:
        data = self._data
        byte = data[at] if at < stop else -1
        if 0 <= byte < 128:
            return byte, at + 1
        value = 0
        for step in range(_VARINT_BYTES):
            if at + step >= stop:
                break
            byte = data[at + step]
            value |= (byte & 127) << (7 * step)
            if byte < 128:
                return value, at + step + 1
        raise IndexError


def is_definition(roles: int) -> bool:
    """Tell whether an occurrence defines its symbol."""
    return bool(roles & (DEFINITION | _FORWARD_DEFINITION))


def spellings(symbol: str) -> tuple[str, ...]:
    """Return how a symbol may be written where it occurs: its name; nothing where it has none in the text.

    A constructor is called by the name of its type.
    """
    owner, name = _split(symbol)
    if name == "<constructor>":
        return tuple(n for n in ("constructor", _split(owner)[1]) if n)
    if name == "<init>":
        return tuple(n for n in (_split(owner)[1],) if n)
    name = name.removeprefix("<get>").removeprefix("<set>")
    return (name,) if _IDENTIFIER.fullmatch(name) else ()


def _split(symbol: str) -> tuple[str, str]:
    """Part a symbol before its last descriptor, and return what that names: a type, term, method or macro."""
    if symbol.endswith(")."):
        end = symbol.rfind("(")
    elif symbol.endswith(("#", ".", "!")):
        end = len(symbol) - 1
    else:
        return "", ""
    if end > 0 and symbol[end - 1] == "`":
        start = symbol.rfind("`", 0, end - 1)
        return symbol[: max(start, 0)], symbol[start + 1 : end - 1]
    start = end
    while start > 0 and (symbol[start - 1].isalnum() or symbol[start - 1] in "_$+-"):
        start -= 1
    return symbol[:start], symbol[start:end]


def matches_text(line: bytes, row: Row, encoding: int, words: tuple[str, ...]) -> bool:
    """Tell whether one of some words stands where an occurrence says, bare or in quotes; in a very long line none."""
    if len(line) > LONGEST_LINE:
        return False
    if line.isascii():
        return _unquote(line[row[1] : row[2]].decode()) in words
    text = line.decode("utf-8", "replace")
    return any(_cut(text, row, e) in words for e in _ENCODINGS.get(encoding, _EVERY_ENCODING))


def _cut(text: str, row: Row, encoding: str) -> str:
    width = {"utf-8": 1, "utf-16-le": 2, "utf-32-le": 4}[encoding]
    part = text.encode(encoding, "replace")[row[1] * width : row[2] * width]
    return _unquote(part.decode(encoding, "replace"))


def _unquote(text: str) -> str:
    return text[1:-1] if len(text) > 2 and text[0] == text[-1] and text[0] in "'\"`" else text
