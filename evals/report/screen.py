"""Blocks of a page as lines for a terminal of 80 columns. Knows no score."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from noctule.evals.report.page import Block, Bullets, PageText, Table

COLUMNS = 80
GAP = 2


def lines(blocks: Iterable[Block]) -> Iterator[str]:
    """Yield the lines; a column of a table is as wide as its widest cell."""
    for block in blocks:
        match block:
            case PageText():
                yield from _wrap(block.text, "")
            case Bullets():
                for item in block.items:
                    yield from _wrap(item.strip(), "  " if item.startswith(" ") else "")
            case Table():
                yield from _table(block)
            case _:
                pass  # plots and commands are for the page


def _wrap(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text,
        COLUMNS,
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _table(table: Table) -> Iterator[str]:
    rows = [table.header, *table.rows]
    widths = [max(len(row[at]) for row in rows) for at in range(len(table.header))]
    yield from (_row(row, widths, table.labels) for row in rows)
    if table.note:
        yield from _wrap(table.note, "")


def _row(cells: Sequence[str], widths: Sequence[int], labels: int) -> str:
    laid = [c.ljust(w) if at < labels else c.rjust(w) for at, (c, w) in enumerate(zip(cells, widths, strict=True))]
    return (" " * GAP).join(laid).rstrip()


def shorten(text: str, most: int) -> str:
    """Return a text, its middle left out where it is too long."""
    if len(text) <= most:
        return text
    head = (most - 3) // 2
    return f"{text[:head]}...{text[len(text) - (most - 3 - head) :]}"
