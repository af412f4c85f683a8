"""Which ranges to read are left beside what a pack shows."""

from __future__ import annotations

from noctule.indexer.search.excerpts import Excerpt
from noctule.indexer.search.reading import ReadingRange
from noctule.indexer.search.surroundings import Surrounding, find_surroundings, include, subtract
from noctule.indexer.symbols import Span


def excerpt(start: int, stop: int, name: str = "run") -> Excerpt:
    """Return a definition with the lines from `start` to `stop`, counted from one."""
    return Excerpt("a.py", 1, name, "function", start, ["x"] * (stop - start + 1), 0.3)


def test_what_is_shown_at_an_end_of_a_range_is_not_told_again() -> None:
    part = ReadingRange(Span(0, 100), ("run", "stop"), (80, 10))

    assert subtract(part, [Span(80, 98)], {"run"}) == [ReadingRange(Span(0, 80), ("stop",))]
    assert subtract(part, [Span(2, 60)], {"stop"}) == [ReadingRange(Span(60, 100), ("run",))]
    assert subtract(part, [Span(0, 100)], {"run", "stop"}) == []


def test_a_long_definition_amid_a_range_makes_it_two_and_a_short_one_does_not() -> None:
    part = ReadingRange(Span(0, 100), ("run", "stop", "go"), (40, 10, 90))

    assert subtract(part, [Span(40, 80)], {"run"}) == [
        ReadingRange(Span(0, 40), ("stop",)),
        ReadingRange(Span(80, 100), ("go",)),
    ]
    assert subtract(part, [Span(40, 45)], {"run"}) == [ReadingRange(Span(0, 100), ("stop", "go"))]


def test_a_range_is_never_more_than_two_pieces() -> None:
    pieces = subtract(ReadingRange(Span(0, 400)), [Span(50, 90), Span(150, 250), Span(300, 340)], ())

    assert [piece.span for piece in pieces] == [Span(0, 150), Span(250, 400)]


def test_a_definition_is_named_within_the_range_that_has_lines_of_it() -> None:
    around = find_surroundings(["a.py"], {"a.py": [ReadingRange(Span(0, 100))]}, [excerpt(41, 90)])
    reaching, elsewhere = excerpt(91, 120, "stop"), excerpt(300, 310, "go")

    assert [one.part.span for one in around] == [Span(0, 40), Span(90, 100)]
    assert include(reaching, around) == 1
    assert around[1] == Surrounding("a.py", ReadingRange(Span(90, 120)), (reaching,))
    assert include(elsewhere, around) is None
