"""A page as Markdown. Plots are named by their captions alone."""

from __future__ import annotations

from collections.abc import Sequence

from noctule.evals.report.page import (
    Bar,
    Bars,
    Block,
    Bullets,
    Cards,
    Code,
    Figure,
    FilteredTable,
    Page,
    PageText,
    Table,
)


def render(page: Page) -> str:
    """Return the page."""
    parts = [f"# {page.title}"]
    for section in page.sections:
        parts.append(f"## {section.title}")
        parts += [_block(block) for block in section.blocks]
    return "\n\n".join(part for part in parts if part) + "\n"


def _block(block: Block) -> str:
    match block:
        case PageText():
            return _escape(block.text)
        case Bullets():
            return "\n".join(f"{'  ' if item.startswith(' ') else ''}- {_escape(item.strip())}" for item in block.items)
        case Table():
            return _table(block)
        case Figure():
            return f"*(plot, in report.html)* {_escape(block.caption)}"
        case Code():
            return "\n".join(["```sh", *(line.replace("```", "'''") for line in block.lines), "```"])
        case Cards():
            cards = (
                f"**{_escape(c.value)}** {_escape(c.label)}" + f" ({_escape(c.detail)})" * bool(c.detail)
                for c in block.cards
            )
            return "\n".join(f"- {card}" for card in cards)
        case Bars():
            return _table(Table([block.claim, ""], [_bar(bar) for bar in block.bars], note=block.note))
        case FilteredTable():
            rows = [_link_row(row, link) for row, link in zip(block.table.rows, block.links, strict=True)]
            return _table(block.table, rows)


def _bar(bar: Bar) -> list[str]:
    return [bar.label, bar.shown]


def _link_row(row: Sequence[str], link: str) -> list[str]:
    """Return the cells of a row, of which the first leads to an address."""
    first = _cell(row[0])
    return [f"[{first}]({link})" if link else first, *map(_cell, row[1:])]


def _table(table: Table, rows: Sequence[Sequence[str]] | None = None) -> str:
    """Return a table, of rows that are written already if they are given."""
    rule = ["---" if at < table.labels else "---:" for at in range(len(table.header))]
    written = [list(map(_cell, row)) for row in table.rows] if rows is None else rows
    lines = ["| " + " | ".join(row) + " |" for row in ([_cell(c) for c in table.header], rule, *written)]
    return "\n".join(lines) + (f"\n\n{_escape(table.note)}" if table.note else "")


def _cell(text: str) -> str:
    return _escape(text).replace("|", "\\|").replace("\n", " ")


def _escape(text: str) -> str:
    """Keep names from the repository from becoming markup."""
    return text.replace("<", "&lt;").replace("`", "'")
