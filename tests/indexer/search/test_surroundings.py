"""Which definitions and ranges to read are left beside what a pack shows."""

from __future__ import annotations

from noctule.indexer.search.excerpts import Excerpt
from noctule.indexer.search.reading import FileReading, NamedSpan
from noctule.indexer.search.surroundings import (
    LONGEST_INSIDE,
    Surrounding,
    choose_definitions,
    find_surroundings,
    include,
    subtract,
)
from noctule.indexer.symbols import Span


def excerpt(start: int, stop: int, name: str = "run") -> Excerpt:
    """Return a definition with the lines from `start` to `stop`, counted from one."""
    return Excerpt("a.py", 1, name, "function", start, ["x"] * (stop - start + 1), 0.3)


RUN, STOP, GO = NamedSpan(Span(40, 80), "run"), NamedSpan(Span(10, 20), "stop"), NamedSpan(Span(90, 95), "go")


def test_what_is_shown_at_an_end_of_a_range_is_not_told_again() -> None:
    assert subtract(Span(0, 100), [Span(80, 98)]) == [Span(0, 80)]
    assert subtract(Span(0, 100), [Span(2, 60)]) == [Span(60, 100)]
    assert subtract(Span(0, 100), [Span(0, 100)]) == []


def test_a_long_definition_amid_a_range_makes_it_two_and_a_short_one_does_not() -> None:
    assert subtract(Span(0, 100), [Span(40, 80)]) == [Span(0, 40), Span(80, 100)]
    assert subtract(Span(0, 100), [Span(40, 45)]) == [Span(0, 100)]


def test_a_range_is_never_more_than_two_pieces() -> None:
    pieces = subtract(Span(0, 400), [Span(50, 90), Span(150, 250), Span(300, 340)])

    assert pieces == [Span(0, 150), Span(250, 400)]


def test_each_definition_has_its_own_lines_and_what_is_shown_is_not_among_them() -> None:
    reading = {"a.py": FileReading((Span(0, 100),), (RUN, GO, STOP))}

    around = find_surroundings(["a.py", "b.py"], reading, [(excerpt(41, 80), [(0, 40)])])

    assert around == {"a.py": Surrounding("a.py", (GO, STOP), (Span(0, 100),))}


def test_where_all_definitions_are_shown_what_is_left_of_the_range_is_named() -> None:
    reading = {"a.py": FileReading((Span(0, 100),), (RUN,))}

    around = find_surroundings(["a.py"], reading, [(excerpt(41, 80), [(0, 40)])])

    assert around == {"a.py": Surrounding("a.py", (), (Span(0, 40), Span(80, 100)))}


def test_what_stands_in_the_part_of_a_definition_that_is_not_shown_is_named() -> None:
    shown = [(excerpt(1, 200, "Box"), [(0, 3), (40, 80)])]

    assert choose_definitions([RUN, STOP], shown, 2) == (STOP,)


def test_no_definition_is_named_within_another_one_and_none_that_is_too_long() -> None:
    box, far = NamedSpan(Span(0, LONGEST_INSIDE + 1), "Box"), NamedSpan(Span(44, 50), "run.inner")

    assert choose_definitions([box, RUN, far, STOP, GO], (), 2) == (RUN, STOP)


def test_a_definition_is_named_before_the_others_of_its_file() -> None:
    around = {"a.py": Surrounding("a.py", (GO, STOP))}

    assert include(NamedSpan(Span(91, 93), "it"), around, "a.py")
    assert around["a.py"].inside == (NamedSpan(Span(91, 93), "it"), STOP)
    assert not include(RUN, around, "b.py")


def test_overloads_that_stand_close_are_named_as_one() -> None:
    likely = (NamedSpan(Span(30, 40), "Box.read"), RUN, NamedSpan(Span(14, 25), "Box.read"), GO)

    assert choose_definitions(likely, (), 3) == (NamedSpan(Span(14, 40), "Box.read"), RUN, GO)
    assert choose_definitions((RUN, NamedSpan(Span(0, 9), "run")), (), 3) == (RUN, NamedSpan(Span(0, 9), "run"))
