"""Which ranges of a file are worth reading."""

from __future__ import annotations

import pytest

from noctule.indexer.search.reading import (
    BESIDE,
    MOST_LINES,
    SHORT_FILE,
    WHOLE_FILE,
    choose_around,
    choose_ranges,
    find_with_comments,
)
from noctule.indexer.symbols import Span


@pytest.mark.parametrize(
    ("lines", "head", "likely", "share", "expected"),
    [
        (0, 0, [], 1.0, ()),
        (WHOLE_FILE, 5, [(50, 60, 1.0)], 1.0, (Span(0, WHOLE_FILE),)),
        (2000, 20, [(500, 520, 1.0)], 1.0, (Span(0, 20), Span(500 - BESIDE, 520 + BESIDE))),
        (2000, 20, [(500, 520, 1.0)], 0.5, (Span(500 - BESIDE, 520 + BESIDE),)),
        (2000, 0, [(500, 520, 0.9), (900, 920, 0.1)], 1.0, (Span(500 - BESIDE, 520 + BESIDE),)),
        (2000, 0, [(500, 520, 0.5), (560, 580, 0.5)], 1.0, (Span(500 - BESIDE, 580 + BESIDE),)),
        (2000, 0, [(500, 500 + MOST_LINES, 0.5), (1900, 1910, 0.5)], 1.0, (Span(480, 520 + MOST_LINES),)),
        (1000, 0, [(900, 950, 1.0)], 1.0, (Span(900 - BESIDE, 1000),)),
        (852, 13, [(460, 800, 0.5), (80, 320, 0.5)], 1.0, (Span(0, 852),)),  # all but 120 lines
        (200, 0, [(90, 100, 0.9), (150, 160, 0.1)], 0.0, (Span(70, 120),)),  # read for one thing in it
    ],
)
def test_ranges_hold_the_likeliest_definitions_with_what_stands_beside_them(
    lines: int, head: int, likely: list[tuple[int, int, float]], share: float, expected: tuple[Span, ...]
) -> None:
    assert choose_ranges(lines, head, likely, share) == expected


def test_for_one_line_the_definition_around_it_is_read_or_what_is_near() -> None:
    assert choose_around(SHORT_FILE, Span(10, 20), 15) == Span(0, SHORT_FILE)
    assert choose_around(1000, Span(10, 20), 15) == Span(10, 20)
    assert choose_around(1000, Span(100, 900), 105) == Span(100, 106 + BESIDE)


def test_a_definition_is_read_with_the_comments_above_it() -> None:
    lines = ["", "# what f is for", "#[inline]", "fn f() {", "}"]

    assert find_with_comments(lines, Span(3, 5)) == Span(1, 5)
