"""The head of a table in, the column of its passwords out: CSV, and tables of Markdown. Judges no value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from noctule.indexer.files.secret_scan.names import PASSWORD
from noctule.indexer.lazy_pattern import lazy_pattern

Span = tuple[int, int]

_CELL = r"[\"\w .-]{1,40}"
_HEAD = {
    "|": lazy_pattern(rf"\s*\|?(?:{_CELL}\|){{1,20}}(?:{_CELL})?\s*"),
    **{mark: lazy_pattern(rf"(?:{_CELL}{mark}){{1,20}}{_CELL}") for mark in ",;\t"},
}
_RULE = lazy_pattern(r"[\s|:+=-]+")
_AROUND = " \t\"'`*"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: what separates cells, how many there are, and which one it is."""

    mark: str
    cells: int
    number: int

    def cell(self, line: str) -> Span | None:
        """Return where its cell stands in a row, without quotes; None where the table has ended."""
        if self.mark == "|" and _RULE.fullmatch(line):
            return 0, 0
        parts = line.split(self.mark)
        if len(parts) != self.cells:
            return None
        start = sum(len(part) + 1 for part in parts[: self.number])
        part = parts[self.number]
        bare = part.strip(_AROUND)
        start += part.find(bare)
        return start, start + len(bare)


def column_of(line: str, names: Iterable[tuple[int, int, int]]) -> Column | None:
    """Return the column of which a line is the head, where one of its cells is the name of a password."""
    for begin, end, level in names:
        if level < PASSWORD or (line[:begin].strip(_AROUND)[-1:] or ",") not in _HEAD:
            continue
        beside = line[max(0, begin - 2) : begin] + line[end : end + 2]
        mark = next((mark for mark in _HEAD if mark in beside), None)
        if mark is not None and _HEAD[mark].fullmatch(line):
            return Column(mark, line.count(mark) + 1, line.count(mark, 0, begin))
    return None
