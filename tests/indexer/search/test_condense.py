"""What is shown of a long definition: the lines that a task is about, with those around them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from noctule.indexer.search.condense import blocks_around, condense, find_openers

LINE = st.builds(lambda depth, text: " " * depth + text, st.integers(0, 6), st.sampled_from(["", "x", "if y:"]))

LINES = ["def build(headers):"] + [f"    step_{n} = compute({n})" for n in range(100)] + ["    return step_99"]


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

    assert condense(lines, {"pric": 1.0}, 14) == [(0, 2), (6, 15)]


def test_a_line_with_the_tasks_words_is_shown_with_what_stands_around_it() -> None:
    lines = list(LINES)
    lines[50] = "    proxy = headers.get('proxy')"

    runs = condense(lines, {"proxy": 3.0}, 36)

    assert runs == [(0, 1), (46, 55)]


def test_no_more_lines_are_shown_than_asked_for() -> None:
    lines = [f"{line}  # proxy" for line in LINES]

    for most in (10, 14, 36, 60):
        assert sum(stop - start for start, stop in condense(lines, {"proxy": 3.0}, most)) <= most + 3
