"""A page as one HTML file that loads nothing: style and plots stand inside it. No script runs: style filters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from noctule.evals.report.page import (
    Bar,
    Bars,
    Block,
    Bullets,
    Card,
    Cards,
    Code,
    Figure,
    FilterChoice,
    FilteredTable,
    Page,
    PageText,
    Section,
    Table,
)

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def render(page: Page) -> str:
    """Return the page."""
    body = "\n".join(_section(section, number) for number, section in enumerate(page.sections))
    style = Path(__file__).with_name("style.css").read_text("utf-8")
    tags = {choice.tag for listing in _listings(page) for filter in listing.filters for choice in filter if choice.tag}
    rules = "".join(
        f".tasks:has(input[value={tag}]:checked) tbody tr:not(.{tag}) {{ display: none; }}\n" for tag in sorted(tags)
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(page.title)}</title>\n<style>{style}{rules}</style>\n</head>\n<body>\n"
        f"<header><h1>{escape(page.title)}</h1></header>\n{_contents(page)}\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _listings(page: Page) -> Iterator[FilteredTable]:
    yield from (block for section in page.sections for block in section.blocks if isinstance(block, FilteredTable))


def _contents(page: Page) -> str:
    items = "\n".join(
        f'<li><a href="#{_anchor(section, number)}">{escape(section.title)}</a></li>'
        for number, section in enumerate(page.sections)
    )
    return f"<nav><b>Contents</b>\n<ol>\n{items}\n</ol></nav>"


def _anchor(section: Section, number: int) -> str:
    return f"{re.sub(r'[^a-z0-9]+', '-', section.title.lower()).strip('-')[:40]}-{number + 1}"


def _section(section: Section, number: int) -> str:
    anchor = _anchor(section, number)
    heading = f'<h2 id="{anchor}">{escape(section.title)}</h2>'
    blocks = "\n".join(_block(block) for block in section.blocks)
    if section.folded:
        return f"<details>\n<summary>{heading}</summary>\n{blocks}\n</details>"
    return f"<section>\n{heading}\n{blocks}\n</section>"


def _block(block: Block) -> str:
    match block:
        case PageText():
            return f"<p>{escape(block.text)}</p>"
        case Bullets():
            return "<ul>\n" + "\n".join(map(_item, block.items)) + "\n</ul>"
        case Table():
            return _table(block)
        case Figure():
            return f"<figure>\n{block.svg}\n<figcaption>{escape(block.caption)}</figcaption>\n</figure>"
        case Cards():
            return '<div class="cards">\n' + "\n".join(map(_card, block.cards)) + "\n</div>"
        case Bars():
            return _bars(block)
        case FilteredTable():
            return _listing(block)
        case Code():
            return f"<pre>{escape(chr(10).join(block.lines))}</pre>"


def _item(text: str) -> str:
    return f"<li{' class=under' if text.startswith(' ') else ''}>{escape(text.strip())}</li>"


def _card(card: Card) -> str:
    detail = f"<small>{escape(card.detail)}</small>" if card.detail else ""
    return f'<div class="card"><b>{escape(card.value)}</b>{escape(card.label)}{detail}</div>'


def _bars(chart: Bars) -> str:
    bars = "\n".join(_bar(bar, chart.most) for bar in chart.bars)
    note = f'\n<p class="note">{escape(chart.note)}</p>' if chart.note else ""
    return f'<figure class="chart">\n<figcaption>{escape(chart.claim)}</figcaption>\n{bars}{note}\n</figure>'


def _bar(bar: Bar, most: float) -> str:
    def share(value: float) -> str:
        return f"{max(0.0, min(100.0, 100 * value / most if most else 0.0)):.2f}%"

    span = "" if bar.low is None or bar.high is None else _span(share(bar.low), share(bar.high))
    return (
        f'<div class="bar{" mine" if bar.mine else ""}"><span>{escape(bar.label)}</span>'
        f'<span class="track"><i style="width:{share(bar.value)}"></i>{span}</span><b>{escape(bar.shown)}</b></div>'
    )


def _span(low: str, high: str) -> str:
    return f'<u style="left:{low};right:calc(100% - {high})"></u>'


def _listing(listing: FilteredTable) -> str:
    chosen = "\n".join(_filter(choices, number) for number, choices in enumerate(listing.filters))
    return f'<form class="tasks">\n{chosen}\n{_table(listing.table, listing)}\n</form>'


def _filter(choices: Sequence[FilterChoice], number: int) -> str:
    labels = "".join(
        f'<label><input type="radio" name="filter{number}" value="{escape(choice.tag)}"'
        f"{' checked' if at == 0 else ''}>{escape(choice.label)}</label>"
        for at, choice in enumerate(choices)
    )
    return f"<fieldset>{labels}</fieldset>"


def _table(table: Table, listing: FilteredTable | None = None) -> str:
    head = _row(table.header, "th", table.labels)
    tags = listing.tags if listing is not None else [()] * len(table.rows)
    links = listing.links if listing is not None else [""] * len(table.rows)
    rows = "\n".join(
        _row(row, "td", table.labels, mine, link) for row, mine, link in zip(table.rows, tags, links, strict=True)
    )
    note = f'\n<p class="note">{escape(table.note)}</p>' if table.note else ""
    return f'<div class="scroll"><table>\n<thead>{head}</thead>\n<tbody>\n{rows}\n</tbody>\n</table></div>{note}'


def _row(cells: Sequence[str], tag: str, labels: int, tags: Sequence[str] = (), link: str = "") -> str:
    texts = [escape(cell) for cell in cells]
    if link:
        texts[0] = f'<a href="{escape(link)}" rel="noreferrer">{texts[0]}</a>'
    inner = "".join(f"<{tag}{' class=label' if at < labels else ''}>{text}</{tag}>" for at, text in enumerate(texts))
    joined = escape(" ".join(tags))
    named = f' class="{joined}"' if tags else ""
    return f"<tr{named}>{inner}</tr>"
