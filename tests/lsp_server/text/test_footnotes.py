"""What counts leave out is said once."""

from __future__ import annotations

from noctule.lsp_server.text.footnotes import add_footnotes

RULE = "without releases and bots"


def test_a_rule_that_several_lines_share_is_said_once_below_them() -> None:
    lines = [f"changed in 2 of the last 9 commits ({RULE})", f"last changed 2 commits ago ({RULE})", "named like a.py"]

    assert add_footnotes(lines) == (
        ["changed in 2 of the last 9 commits*", "last changed 2 commits ago*", "named like a.py"],
        [f"* {RULE}"],
    )


def test_a_rule_of_one_line_stays_where_it_is() -> None:
    lines = [f"changed in 2 of the last 9 commits ({RULE})", "changed in 3 of the last 4 (without bots)"]

    assert add_footnotes(lines) == (lines, [])
