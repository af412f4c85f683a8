"""Labelled lines, wrapped to a width without breaking a word or a path. Knows no stream and no answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

BOLD, DIM, RED, GREEN, YELLOW, CYAN = "1", "2", "31", "32", "33", "36"
_GAP = "  "


class LabelledRow(NamedTuple):
    """A text with a label before it; what does not fit goes on below the text. Styles are those of ANSI terminals."""

    text: str
    label: str = ""
    style: str = ""
    label_style: str = ""


def table(rows: Iterable[tuple[str, str]]) -> list[LabelledRow]:
    """Return labelled lines with their texts in one column; of equal labels in a row only the first is shown."""
    listed = list(rows)
    width = max((len(label) for label, _ in listed), default=0)
    shown = [("" if at and listed[at - 1][0] == label else label, text) for at, (label, text) in enumerate(listed)]
    return [LabelledRow(text, f"{label:<{width}}{_GAP}", label_style=BOLD) for label, text in shown]


def render(lines: Iterable[LabelledRow], width: int | None, *, coloured: bool) -> Iterator[str]:
    """Yield the lines, wrapped where there is a width; a word that is wider than all of it is left whole."""
    for line in lines:
        label, indent = _style(line.label, line.label_style, coloured), " " * len(line.label)
        for at, part in enumerate(wrap(line.text, None if width is None else width - len(indent))):
            yield f"{indent if at else label}{_style(part, line.style, coloured)}".rstrip()


def wrap(text: str, width: int | None) -> list[str]:
    """Return a text as lines of at most `width` columns; its words stay whole, and its indentation is kept."""
    if width is None or len(text) <= width:
        return [text]
    import textwrap  # most lines fit

    indent = " " * (len(text) - len(text.lstrip(" ")))
    return textwrap.wrap(
        text, max(width, 20), subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    ) or [""]


def _style(text: str, style: str, coloured: bool) -> str:
    return f"\x1b[{style}m{text}\x1b[0m" if coloured and style and text.strip() else text
