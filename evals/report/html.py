"""A page as one HTML file that loads nothing: style and plots stand inside it, and no script runs."""

from __future__ import annotations

from html import escape

from noctule.evals.report.page import Block, Bullets, Code, Figure, Page, PageText, Section, Table

_STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; color: #1c1c22; max-width: 76rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2.2rem; border-bottom: 1px solid #ccc; }
h3 { font-size: 1rem; margin-top: 1.4rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; margin: .6rem 0; font-size: .87rem; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .7rem; text-align: right; border-bottom: 1px solid #e4e4e8; vertical-align: top; }
td { white-space: nowrap; } th { background: #f4f4f6; }
.label { text-align: left; white-space: normal; overflow-wrap: break-word; max-width: 28rem; }
.label:first-child { min-width: 8rem; }
figure { margin: 1rem 0; } figure svg { max-width: 100%; height: auto; } figure svg text { fill: currentColor; }
figcaption, .note { color: #555; font-size: .87rem; }
pre { background: #f4f4f6; padding: .7rem; overflow-x: auto; font-size: .85rem; }
li.under { margin-left: 1.4rem; list-style: circle; }
.verdict { background: #eef3fa; border-left: 4px solid #35689f; padding: .6rem 1rem; }
@media (prefers-color-scheme: dark) {
body { color: #e2e2e8; background: #17171b; } h2 { border-color: #44444c; }
th, pre { background: #24242a; } th, td { border-color: #33333a; }
figcaption, .note { color: #a8a8b2; } .verdict { background: #1d2733; border-color: #6d9fd2; }
figure svg { filter: brightness(1.25); } }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def render(page: Page) -> str:
    """Return the page."""
    body = "\n".join(_section(section) for section in page.sections)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(page.title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{escape(page.title)}</h1>\n{body}\n</body>\n</html>\n"
    )


def _section(section: Section) -> str:
    heading = f"<h{section.level}>{escape(section.title)}</h{section.level}>"
    blocks = "\n".join(_block(block) for block in section.blocks)
    if section.folded:
        return f"<details>\n<summary>{heading}</summary>\n{blocks}\n</details>"
    if section.title.startswith("Verdict"):
        blocks = f'<div class="verdict">\n{blocks}\n</div>'
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
        case Code():
            return f"<pre>{escape(chr(10).join(block.lines))}</pre>"


def _item(text: str) -> str:
    return f"<li{' class=under' if text.startswith(' ') else ''}>{escape(text.strip())}</li>"


def _table(table: Table) -> str:
    head = _row(table.header, "th", table.labels)
    rows = "\n".join(_row(row, "td", table.labels) for row in table.rows)
    note = f'\n<p class="note">{escape(table.note)}</p>' if table.note else ""
    return f'<div class="scroll"><table>\n<thead>{head}</thead>\n<tbody>\n{rows}\n</tbody>\n</table></div>{note}'


def _row(cells: object, tag: str, labels: int) -> str:
    assert isinstance(cells, list | tuple)
    inner = "".join(
        f"<{tag}{' class=label' if at < labels else ''}>{escape(cell)}</{tag}>" for at, cell in enumerate(cells)
    )
    return f"<tr>{inner}</tr>"
