"""SCIP indexes: what they say is read, and what is none ends in one error."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noctule.indexer.resolve import scip
from noctule.indexer.resolve.scip import BadIndex, matches_text, read_index, spellings
from tests.scip_index import DEFINITION, holding, index, number, occurrence, varint

SAIL = "scip-python python yard 1.0 ship/Ship#sail()."


@pytest.mark.parametrize("typed", [False, True])
def test_occurrences_are_read_with_both_kinds_of_range(typed: bool) -> None:
    written = index(
        {
            "ship.py": [occurrence(300, 8, 12, SAIL, DEFINITION, typed=typed)],
            "use.py": [occurrence(0, 0, 4, SAIL, typed=typed), occurrence(1, 0, 4, "local 7", typed=typed)],
        }
    )

    read = read_index(written)

    rows = {d.path: [(*row[:3], read.symbols[row[3]], row[4]) for row in d.rows()] for d in read.documents}
    assert rows == {"ship.py": [(300, 8, 12, SAIL, DEFINITION)], "use.py": [(0, 0, 4, SAIL, 0)]}


def test_a_range_of_four_numbers_is_read_where_it_is_one_line() -> None:
    def place(*numbers: int) -> bytes:
        return holding(1, b"".join(map(varint, numbers))) + holding(2, SAIL.encode())

    read = read_index(index({"a.py": [place(1, 2, 1, 6), place(1, 2, 3, 6), place(1, 2), place(1, 2, 3, 4, 5)]}))

    assert [row[:3] for row in read.documents[0].rows()] == [(1, 2, 6)]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00",
        b"not an index at all\n",
        b"\xff" * 100,
        holding(2, holding(1, b"a.py"))[:-1],
        index({"a.py": [occurrence(0, 0, 4, SAIL)]})[:-3],
        holding(2, holding(1, b"\xff\xfe")),
        varint(2 << 3 | 2) + varint(1 << 62),
        varint(2 << 3 | 3),
    ],
)
def test_what_is_no_index_ends_in_one_error(content: bytes) -> None:
    with pytest.raises(BadIndex):
        read_index(content)


def test_sizes_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    written = index({f"{n}.py": [occurrence(0, 0, 4, SAIL)] * 5 for n in range(5)})
    for name, most, told in [
        ("LARGEST_BYTES", 100, "MB"),
        ("MOST_DOCUMENTS", 4, "documents"),
        ("MOST_OCCURRENCES", 24, "occurrences"),
        ("MOST_FIELDS", 70, "fields"),
    ]:
        with monkeypatch.context() as patch:
            patch.setattr(scip, name, most)

            with pytest.raises(BadIndex, match=told):
                read_index(written)


def test_a_number_that_fits_no_line_is_stepped_over() -> None:
    far = occurrence(1 << 40, 0, 4, SAIL)

    read = read_index(index({"a.py": [far, occurrence(1, 0, 4, SAIL)]}))

    assert [row[0] for row in read.documents[0].rows()] == [1]


@given(st.binary(max_size=300))
def test_any_bytes_end_in_an_index_or_in_the_error(content: bytes) -> None:
    try:
        read = read_index(content)
    except BadIndex:
        return
    for document in read.documents:
        assert all(0 <= row[3] < len(read.symbols) for row in document.rows())


@given(st.data())
def test_a_cut_or_changed_index_ends_in_an_index_or_in_the_error(data: st.DataObject) -> None:
    written = bytearray(index({"a.py": [occurrence(3, 0, 4, SAIL, DEFINITION)], "b.py": [occurrence(0, 1, 5, SAIL)]}))
    at = data.draw(st.integers(0, len(written) - 1))
    written[at] = data.draw(st.integers(0, 255))

    with contextlib.suppress(BadIndex):
        read_index(bytes(written[: data.draw(st.integers(0, len(written)))]))


@pytest.mark.parametrize(
    ("symbol", "words"),
    [
        (SAIL, ("sail",)),
        ("scip-typescript npm yard 1.0 src/`ship.ts`/Ship#", ("Ship",)),
        ("scip-typescript npm yard 1.0 src/`ship.ts`/Ship#`<constructor>`().", ("constructor", "Ship")),
        ("scip-typescript npm yard 1.0 src/`ship.ts`/Ship#`<get>deck`().", ("deck",)),
        ("semanticdb maven . . a/Bolt#`<init>`(+1).", ("Bolt",)),
        ("scip-clang c . . RING_SIZE!", ("RING_SIZE",)),
        ("scip-python python yard 1.0 ship/__init__:", ()),
        ("scip-python python yard 1.0 ship/f().(width)", ()),
        ("scip-python python yard 1.0 `a b`.", ()),
        ("#", ()),
        (").", ()),
        ("``.", ()),
    ],
)
def test_a_symbol_is_written_by_its_last_name(symbol: str, words: tuple[str, ...]) -> None:
    assert spellings(symbol) == words


@given(st.text(alphabet="ab`().#!<>/ ", max_size=30))
def test_any_symbol_has_spellings(symbol: str) -> None:
    assert all(spellings(symbol))


@pytest.mark.parametrize(("encoding", "start"), [(1, 9), (2, 5), (3, 4), (0, 9), (0, 5), (0, 4)])
def test_columns_are_counted_as_the_index_counts(encoding: int, start: int) -> None:
    line = "😀é: sail()".encode()
    start = {9: len("😀é: ".encode()), 5: 5, 4: 4}[start]

    assert matches_text(line, (0, start, start + 4, 0, 0), encoding, ("sail",))
    assert not matches_text(line, (0, start + 2, start + 6, 0, 0), encoding, ("sail",))


def test_a_quoted_name_is_that_name() -> None:
    assert matches_text(b"  'sail': 1", (0, 2, 8, 0, 0), 0, ("sail",))


def test_field_numbers_without_meaning_are_stepped_over() -> None:
    written = index({"a.py": [occurrence(0, 0, 4, SAIL) + number(5, 3) + holding(7, b"\x01")]}) + number(9, 1)

    assert len(list(read_index(written).documents[0].rows())) == 1
