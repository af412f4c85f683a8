"""The lines of a pack: what each costs, and text that cannot leave its line."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from noctule.indexer.files.live_files import LineRange
from noctule.indexer.printable import printable_line
from noctule.indexer.tokens import count

LONGEST_KEPT = 160
"""Costs of longer lines are not kept."""


def line_cost(line: str) -> int:
    """Tokens of a line with its line end; sums over lines never fall below the count of the whole."""
    return _kept_cost(line) if len(line) <= LONGEST_KEPT else count(line + "\n")


def cumulative_cost(lines: Sequence[str], most: int) -> int | None:
    """Return the tokens of some lines, or None once they are more than `most`: a class may have thousands of lines."""
    if len(lines) > most:
        return None  # each line end is a token
    tokens = 0
    for line in lines:
        tokens += line_cost(line)
        if tokens > most:
            return None
    return tokens


@lru_cache(maxsize=1 << 15)
def _kept_cost(line: str) -> int:
    """Keep the cost of a line: a method stands in its class too, and likely files come up in task after task."""
    return count(line + "\n")


def find_lines(lines: Sequence[str], part: str) -> Sequence[str]:
    """Return the lines that contain a part; bytes without it are not decoded."""
    return lines.find(part) if isinstance(lines, LineRange) else [line for line in lines if part in line]


def one_line(text: str) -> str:
    """Keep a name or sentence from breaking out of its line; bytes that are no text are shown as escapes."""
    return text if text.isprintable() else printable_line(text)
