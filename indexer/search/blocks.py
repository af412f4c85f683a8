"""Lines of a definition in, the statements and blocks around each of them out, by how deep lines stand. Text only.

It reads no grammar: all languages that are read are written so that what belongs together stands deeper than what opens
it. A branch of a chain (`else`, `catch`), a closing sign and `end` belong to the line that they go on with.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

COMMENTS = ("//", "/*", "*", "#", "--", ";;", '"""')
"""Lines that begin so say what code is for; the lines asked for are those that do it."""
Run = tuple[int, int]
"""The first line and the one after the last, from zero."""
EMPTY = -1
"""The depth of a line without text."""
_TAB = 4
_GOES_ON = re.compile(
    r"[}\])]|\{\s*$|(?:end|else|elif|elsif|elseif|except|rescue|catch|finally|ensure|then|do|fi|done|esac)\b"
)


class Blocks:
    """How the lines of one definition stand in each other."""

    def __init__(self, lines: Sequence[str], head: int = 1) -> None:
        self._lines = lines
        self._texts = [line.strip() for line in lines]
        self.depths = _measure_depths(lines, self._texts, head)
        self._goes_on = [bool(text and _GOES_ON.match(text)) for text in self._texts]
        self._parents = self._find_parents()
        self._ends = self._find_ends()

    def around(self, at: int) -> Iterator[Run]:
        """Yield ever larger parts that hold a line: its statement, those next to it, the block around, and so on.

        A statement has the comment above it. The whole definition is none of these.
        """
        at = self._pass_comment(at)
        while at > 0:
            first = self._first_of_chain(at)
            start, stop = self._with_comment(first), max(self._ends[first], at + 1)
            yield start, stop
            beside = self._paragraph(start, stop)
            if beside != (start, stop):
                yield beside
            at = self._parents[first]

    def opener(self, at: int) -> int:
        """Return the line that opens the block around a line, and is more than a sign; 0 where that is the head."""
        at = self._parents[at]
        while at > 0 and not any(map(str.isalnum, self._texts[at])):
            at = self._first_of_chain(at) if self._first_of_chain(at) < at else self._parents[at]
        return max(at, 0)

    def _find_parents(self) -> list[int]:
        """Return for each line the last one before it that stands less deep."""
        parents: list[int] = []
        open_at: list[int] = []
        for n, depth in enumerate(self.depths):
            if depth == EMPTY:
                parents.append(parents[-1] if parents else -1)
                continue
            while open_at and self.depths[open_at[-1]] >= depth:
                open_at.pop()
            parents.append(open_at[-1] if open_at else -1)
            open_at.append(n)
        return parents

    def _find_ends(self) -> list[int]:
        """Return for each line the one after the last of its statement: deeper lines, and what goes on with it."""
        depths, count = self.depths, len(self.depths)
        ends = list(range(1, count + 1))
        for n in reversed(range(count)):
            if depths[n] == EMPTY:
                continue
            stop, last = n + 1, n + 1
            while stop < count:
                if depths[stop] == EMPTY:
                    stop += 1
                elif depths[stop] > depths[n] or (depths[stop] == depths[n] and self._goes_on[stop]):
                    stop = last = ends[stop]
                else:
                    break
            ends[n] = last
        return ends

    def _first_of_chain(self, at: int) -> int:
        """Return the first line of the statement that a line goes on with."""
        depths = self.depths
        while at > 0 and self._goes_on[at]:
            before = at - 1
            while before > 0 and (depths[before] == EMPTY or depths[before] > depths[at]):
                before -= 1
            if depths[before] != depths[at]:
                break
            at = before
        return at

    def _pass_comment(self, at: int) -> int:
        """Return the line that a comment is about."""
        below = at
        while below + 1 < len(self.depths) and self._texts[below].startswith(COMMENTS):
            below += 1
        return below if self.depths[below] == self.depths[at] else at

    def _with_comment(self, at: int) -> int:
        depth = self.depths[at]
        while at > 1 and self.depths[at - 1] == depth and self._texts[at - 1].startswith(COMMENTS):
            at -= 1
        return at

    def _paragraph(self, start: int, stop: int) -> Run:
        """Return the statements of one depth up to the next line without text on either side."""
        depths, depth = self.depths, self.depths[start]
        while start > 1 and depths[start - 1] >= depth:
            start -= 1
        while stop < len(depths) and depths[stop] >= depth:
            stop = self._ends[stop]
        return start, stop


def _measure_depths(lines: Sequence[str], texts: Sequence[str], head: int) -> list[int]:
    """Return how deep each line stands.

    Of a definition nothing but its end stands as far out as its first line. What does all the same, as conditions of
    the preprocessor and labels do, counts as deep as the line before it.
    """
    found: list[int] = []
    for line, text in zip(lines, texts, strict=True):
        indent = line[: len(line) - len(line.lstrip())]
        found.append(len(indent.expandtabs(_TAB)) if text else EMPTY)
    last = len(found) - 1
    while last > 0 and (found[last] == EMPTY or found[last] <= found[0]):
        last -= 1
    before = found[0]
    for n in range(1, last + 1):
        if found[n] == EMPTY:
            continue
        if found[n] <= found[0] and n >= head:
            found[n] = before
        before = found[n]
    return found


def find_openers(lines: Sequence[str]) -> list[int]:
    """Return for each line the last one before it that stands less deep and is not empty; -1 where there is none."""
    openers: list[int] = []
    depths, open_at = [-1], [-1]
    """How deep the blocks stand that are open, each deeper than the one before it, and where they begin."""
    for n, line in enumerate(lines):
        text = line.lstrip()
        depth = len(line) - len(text)
        if not text:
            openers.append(open_at[bisect_left(depths, depth) - 1])
            continue
        while depths[-1] >= depth:
            depths.pop()
            open_at.pop()
        openers.append(open_at[-1])
        depths.append(depth)
        open_at.append(n)
    return openers


def blocks_around(openers: Sequence[int], at: int) -> set[int]:
    """Return the lines that open the blocks around a line, from `find_openers`."""
    found: set[int] = set()
    while (at := openers[at]) >= 0:
        found.add(at)
    return found
