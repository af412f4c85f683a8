"""A report as values, before it is HTML or Markdown. Knows neither."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PageText:
    """A paragraph."""

    text: str


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list of sentences; one that starts with a blank belongs to the one above."""

    items: Sequence[str]


@dataclass(frozen=True, slots=True)
class Table:
    """A table; the first `labels` columns are texts, the rest figures."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    labels: int = 1
    note: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A plot as SVG, with what it shows in words."""

    svg: str
    caption: str


@dataclass(frozen=True, slots=True)
class Code:
    """Lines to copy."""

    lines: Sequence[str]


Block = PageText | Bullets | Table | Figure | Code


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with blocks; `folded` where it is long and of interest only to who looks for it."""

    title: str
    blocks: Sequence[Block]
    level: int = 2
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A whole report."""

    title: str
    sections: Sequence[Section]

    @property
    def has_plots(self) -> bool:
        """Whether there is a plot on it."""
        return any(isinstance(block, Figure) for section in self.sections for block in section.blocks)
