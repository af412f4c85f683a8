"""Tests of indexer/search/condense.py."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from noctule.indexer.search.condense import blocks_around, condense, find_openers

LINE = st.builds(lambda depth, text: " " * depth + text, st.integers(0, 6), st.sampled_from(["", "x", "if y:"]))


@given(st.lists(LINE, min_size=1, max_size=14))
def test_the_blocks_around_a_line_begin_at_ever_less_deep_lines(lines: list[str]) -> None:
    openers = find_openers(lines)

    for at, line in enumerate(lines):
        wanted, depth = set(), len(line) - len(line.lstrip())
        for n in reversed(range(at)):
            text = lines[n].lstrip()
            if text and len(lines[n]) - len(text) < depth:
                wanted.add(n)
                depth = len(lines[n]) - len(text)
        assert blocks_around(openers, at) == wanted


def test_lines_with_words_of_the_task_are_shown_with_the_blocks_around_them() -> None:
    lines = [
        "def total(cart):",
        "    if cart.open:",
        *["        log(cart)"] * 8,
        "        return sum(prices)",
        *["    other()"] * 8,
        "    return 0",
    ]

    assert condense(lines, {"pric": 1.0}, 6) == [(0, 2), (9, 12)]
