from __future__ import annotations

from array import array

from hypothesis import given
from hypothesis import strategies as st

from noctule.indexer.files.line_tracking import follow, hash_span
from noctule.indexer.files.text import line_hashes
from noctule.indexer.symbols import Span

# Few different lines, so that repeats and partial matches are common.
LINES = st.lists(st.integers(0, 3), max_size=12).map(lambda lines: array("I", lines))
# Hashes whose bytes repeat, so that a match may lie across the borders of two lines.
BYTES = st.lists(st.sampled_from([0, 1, 0x100, 0x10000, 0x1000000, 0x01010101]), max_size=12).map(
    lambda lines: array("I", lines)
)


@st.composite
def spans(draw: st.DrawFn, lines: int) -> Span:
    start = draw(st.integers(0, lines))
    return Span(start, draw(st.integers(start, lines)))


@given(st.data(), st.one_of(LINES, BYTES), st.one_of(LINES, BYTES))
def test_a_span_is_only_followed_to_the_same_text(data: st.DataObject, learned: array[int], live: array[int]) -> None:
    span = data.draw(spans(len(learned)))

    found = follow(span, learned, live)

    if found is not None:
        assert live[found.start : found.stop] == learned[span.start : span.stop]
        assert len(found) == len(span)


@given(st.data(), LINES, LINES, LINES)
def test_text_that_moved_is_found_at_the_nearest_place(
    data: st.DataObject, learned: array[int], above: array[int], below: array[int]
) -> None:
    span = data.draw(spans(len(learned)))
    wanted = learned[span.start : span.stop]
    live = above + wanted + below
    places = [i for i in range(len(live)) if live[i : i + len(wanted)] == wanted]

    found = follow(span, learned, live)

    if len(span):
        assert found is not None
        assert abs(found.start - span.start) == min(abs(place - span.start) for place in places)
    else:
        assert found is None


@given(st.data(), st.one_of(LINES, BYTES), st.one_of(LINES, BYTES))
def test_text_that_is_nowhere_is_not_found(data: st.DataObject, learned: array[int], live: array[int]) -> None:
    span = data.draw(spans(len(learned)))
    wanted = learned[span.start : span.stop]
    there = len(wanted) > 0 and any(live[i : i + len(wanted)] == wanted for i in range(len(live)))

    assert (follow(span, learned, live) is not None) == there


def test_text_that_did_not_move_stays_where_it_is_though_it_stands_elsewhere_too() -> None:
    lines = line_hashes(b"same\nother\nsame\nother\nsame\nother")

    assert follow(Span(2, 4), lines, lines) == Span(2, 4)


def test_of_two_places_equally_far_the_first_is_taken() -> None:
    learned, live = line_hashes(b"a\nb\nwanted\nc\nd"), line_hashes(b"a\nwanted\nx\nwanted\nd")

    assert follow(Span(2, 3), learned, live) == Span(1, 2)


def test_a_span_past_the_end_of_what_was_learned_is_not_followed() -> None:
    lines = line_hashes(b"a\nb")

    assert follow(Span(1, 3), lines, lines) is None
    assert follow(Span(5, 6), lines, lines) is None


def test_a_line_that_lost_its_line_end_or_gained_a_carriage_return_has_changed() -> None:
    learned = line_hashes(b"a\nb\n")

    assert follow(Span(0, 2), learned, line_hashes(b"a\nb")) == Span(0, 2)
    assert follow(Span(0, 2), learned, line_hashes(b"a\r\nb\r\n")) is None


@given(st.one_of(LINES, BYTES), st.one_of(LINES, BYTES))
def test_equal_lines_and_only_they_have_equal_hashes(left: array[int], right: array[int]) -> None:
    assert (hash_span(left) == hash_span(right)) == (left == right)
