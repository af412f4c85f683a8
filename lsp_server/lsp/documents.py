"""The texts of open documents: edits in, texts out, and columns in whatever unit the editor counts them.

A line ends with LF, CRLF or CR, as the protocol has it (LSP 3.17, Text Documents), and with nothing else: a form feed
or U+2028 is a character like any other. Knows no file.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

Encoding = Literal["utf-8", "utf-16", "utf-32"]
"""What a client counts columns in: bytes of UTF-8, words of UTF-16, or code points."""

_LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class DocumentPosition:
    """A line, counted from zero, and a column in the client's units."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Edit:
    """Text that comes in place of what lies between two places; of the whole document where none are given."""

    text: str
    start: DocumentPosition | None = None
    stop: DocumentPosition | None = None


@dataclass(frozen=True)
class DocumentText:
    """A document as the editor shows it."""

    content: str
    version: int
    encoding: Encoding = "utf-16"

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(end.end() for end in _LINE_END.finditer(self.content))]

    @property
    def lines(self) -> int:
        """How many lines there are; an empty document has one."""
        return len(self._starts)

    def line(self, number: int) -> str:
        """Return a line without its end; an empty one beyond the last."""
        if not 0 <= number < self.lines:
            return ""
        stop = self._starts[number + 1] if number + 1 < self.lines else len(self.content)
        return self.content[self._starts[number] : stop].rstrip("\r\n")

    def file_line(self, number: int) -> int:
        """Return which line of the file a line lies in, as files are read: a line ends with LF there, and with CR alone
        nowhere.
        """
        start = self._starts[number] if 0 <= number < self.lines else len(self.content)
        return self.content.count("\n", 0, start)

    def offset(self, place: DocumentPosition) -> int:
        """Return the offset of a place; what lies beyond a line's or the document's end is that end."""
        if place.line < 0:
            return 0
        if place.line >= self.lines:
            return len(self.content)
        return self._starts[place.line] + characters(self.line(place.line), place.column, self.encoding)

    def place(self, offset: int) -> DocumentPosition:
        """Return where an offset lies."""
        line = bisect_right(self._starts, offset) - 1
        return DocumentPosition(line, units(self.content[self._starts[line] : offset], self.encoding))

    def apply_edits(self, edits: Sequence[Edit], version: int) -> DocumentText:
        """Apply edits one after the other, each to what the one before it left."""
        text = self
        for edit in edits:
            if edit.start is None or edit.stop is None:
                content = edit.text
            else:
                start, stop = sorted((text.offset(edit.start), text.offset(edit.stop)))
                content = f"{text.content[:start]}{edit.text}{text.content[stop:]}"
            text = replace(text, content=content)
        return replace(text, version=version)


def units(text: str, encoding: Encoding) -> int:
    """Return how many units a text has."""
    match encoding:
        case "utf-32":
            return len(text)
        case "utf-16":
            return len(text) + sum(character > "\uffff" for character in text)
    return len(text.encode("utf-8", "surrogatepass"))


def characters(line: str, column: int, encoding: Encoding) -> int:
    """Return how many whole characters of a line lie before a column; all, where it lies beyond the end."""
    if encoding == "utf-32" or line.isascii():
        return min(max(column, 0), len(line))
    if encoding == "utf-8":
        data = line.encode("utf-8", "surrogatepass")
        cut = min(max(column, 0), len(data))
        while 0 < cut < len(data) and data[cut] & 0xC0 == 0x80:  # in the middle of a character
            cut -= 1
        return len(data[:cut].decode("utf-8", "surrogatepass"))
    if max(line) <= "\uffff":
        return min(max(column, 0), len(line))
    counted = 0
    for number, character in enumerate(line):
        counted += 1 + (character > "\uffff")
        if counted > column:
            return number
    return len(line)
