"""A page as Markdown. Plots are named by their captions alone."""

from __future__ import annotations

from noctule.evals.report.page import Block, Bullets, Code, Figure, Page, PageText, Table


def render(page: Page) -> str:
    """Return the page."""
    parts = [f"# {page.title}"]
    for section in page.sections:
        parts.append(f"{'#' * section.level} {section.title}")
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


def _table(table: Table) -> str:
    rule = ["---" if at < table.labels else "---:" for at in range(len(table.header))]
    rows = [table.header, rule, *table.rows]
    lines = ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines) + (f"\n\n{_escape(table.note)}" if table.note else "")


def _cell(text: str) -> str:
    return _escape(text).replace("|", "\\|").replace("\n", " ")


def _escape(text: str) -> str:
    """Keep names from the repository from becoming markup."""
    return text.replace("<", "&lt;").replace("`", "'")
