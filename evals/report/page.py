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


@dataclass(frozen=True, slots=True)
class Card:
    """One number with what it counts, and what it is to be compared with."""

    value: str
    label: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Cards:
    """The numbers that a reader sees first."""

    cards: Sequence[Card]


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its length, the text beside it, and its interval; `mine` is what the chart is about."""

    label: str
    value: float
    shown: str
    low: float | None = None
    high: float | None = None
    mine: bool = False


@dataclass(frozen=True, slots=True)
class Bars:
    """One claim as a chart of bars, each with its name and number at it."""

    claim: str
    bars: Sequence[Bar]
    most: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class FilterChoice:
    """One choice of a filter: the tag of the rows that stay, and how it is called."""

    tag: str
    label: str


@dataclass(frozen=True, slots=True)
class FilteredTable:
    """A table of which a reader chooses rows: for each row its tags, and the address that its first cell leads to."""

    table: Table
    tags: Sequence[Sequence[str]]
    links: Sequence[str]
    filters: Sequence[Sequence[FilterChoice]]


Block = PageText | Bullets | Table | Figure | Code | Cards | Bars | FilteredTable


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with blocks; `folded` where it is long and of interest only to who looks for it."""

    title: str
    blocks: Sequence[Block]
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
