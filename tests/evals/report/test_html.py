"""A page as HTML and Markdown: what is shown, and that nothing of a run becomes markup."""

from __future__ import annotations

from noctule.evals.report import html, markdown
from noctule.evals.report.page import Bar, Bars, Card, Cards, FilterChoice, FilteredTable, Page, Section, Table

EVIL = "<b>|`x`"
LISTING = FilteredTable(
    Table(["task", "asked"], [["a1", EVIL], ["b2", "fine"]], labels=2),
    tags=[["missed"], ["found", "alone"]],
    links=["https://github.com/o/r/commit/a1", ""],
    filters=[[FilterChoice("", "all (2)"), FilterChoice("missed", "missed (1)"), FilterChoice("alone", "only it (1)")]],
)
PAGE = Page(
    "A run",
    [
        Section("Verdict: x", [Cards([Card("70%", EVIL, "n 3")]), Bars(EVIL, [Bar(EVIL, 7, "7 ms", 5, 20)], 14)]),
        Section("Every task", [LISTING]),
    ],
)


def test_a_page_has_its_contents_and_links_to_commits() -> None:
    page = html.render(PAGE)

    assert '<a href="#every-task-2">Every task</a>' in page
    assert '<h2 id="every-task-2">' in page
    assert '<td class=label><a href="https://github.com/o/r/commit/a1" rel="noreferrer">a1</a></td>' in page
    assert "<script" not in page
    assert EVIL not in page


def test_rows_are_filtered_by_style_alone() -> None:
    page = html.render(PAGE)

    assert '<tr class="found alone">' in page
    assert '<input type="radio" name="filter0" value="missed">' in page
    assert ".tasks:has(input[value=missed]:checked) tbody tr:not(.missed) { display: none; }" in page
    assert "input[value=]" not in page


def test_bars_stay_in_their_chart() -> None:
    page = html.render(PAGE)

    assert '<i style="width:50.00%"></i><u style="left:35.71%;right:calc(100% - 100.00%)"></u>' in page
    assert "<b>7 ms</b>" in page


def test_markdown_says_the_same() -> None:
    page = markdown.render(PAGE)

    assert "- **70%** &lt;b>|'x' (n 3)" in page
    assert "| [a1](https://github.com/o/r/commit/a1) | &lt;b>\\|'x' |" in page
    assert "| b2 | fine |" in page
    assert "| &lt;b>\\|'x' | 7 ms |" in page
