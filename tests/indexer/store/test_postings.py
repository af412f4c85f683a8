from __future__ import annotations

from array import array
from collections import defaultdict

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from noctule.indexer.arrays import pack, unpack
from noctule.indexer.parse.pool import PackedDigest, Vocabulary
from noctule.indexer.store.postings import References, Segment, TermTable, by_term, decode_units

TERMS = st.text(alphabet="abcdeé中", min_size=1, max_size=3)
# A blob: for each unit its term counts; and for each name it uses the lines.
UNITS = st.lists(st.dictionaries(TERMS, st.integers(1, 400), max_size=5), max_size=4)
USES = st.dictionaries(
    st.integers(0, 9), st.lists(st.integers(0, 65535), min_size=1, max_size=5).map(sorted), max_size=5
)


def packed(vocabulary: Vocabulary, units: list[dict[str, int]], uses: dict[int, list[int]]) -> PackedDigest:
    """Lay a blob's counts out as a child does, adding to the vocabulary what is met for the first time."""
    number = {term: n for n, term in enumerate(vocabulary)}
    terms, numbers, counts = array("I"), array("I"), array("B")
    for unit, counted in enumerate(units):
        for term, n in counted.items():
            if term not in number:
                number[term] = len(vocabulary)
                vocabulary.append(term)
            terms.append(number[term])
            numbers.append(unit)
            counts.append(min(n, 255))
    return PackedDigest(
        vocabulary=vocabulary,
        language="",
        text=True,
        generated=False,
        broken=False,
        line_hashes=b"",
        definitions=[],
        used_names=[],
        used_counts=array("I", map(len, uses.values())).tobytes(),
        used_lines=array("H", [line for lines in uses.values() for line in lines]).tobytes(),
        imports=[],
        unit_definitions=b"",
        lengths=b"\0\0" * len(units),
        terms=terms.tobytes(),
        units=numbers.tobytes(),
        counts=counts.tobytes(),
        package="",
        facts=b"",
    )


@given(st.lists(st.tuples(st.integers(0, 1), UNITS), max_size=6), st.integers(0, 200_000), st.integers(0, 70_000))
def test_a_segment_says_what_a_plain_inverted_index_says(
    blobs: list[tuple[int, list[dict[str, int]]]], first: int, gap: int
) -> None:
    children = [Vocabulary(), Vocabulary()]
    segment = Segment()
    expected: dict[str, list[tuple[int, int]]] = defaultdict(list)
    unit = first
    for child, units in blobs:
        segment.add(packed(children[child], units, {}), unit)
        for offset, counted in enumerate(units):
            for term, n in counted.items():
                expected[term].append((unit + offset, min(n, 255)))
        unit += len(units) + gap

    rows = list(segment.rows())

    found = {
        term: list(
            zip(decode_units(u, len(c), segment.first_unit).tolist(), np.frombuffer(c, np.uint8).tolist(), strict=True)
        )
        for term, u, c in rows
    }
    assert found == expected
    assert [term for term, _, _ in rows] == sorted(expected)
    assert segment.size == sum(map(len, expected.values()))


@given(st.lists(UNITS, min_size=1, max_size=6), st.lists(USES, min_size=6, max_size=6), st.sets(st.integers(0, 5)))
def test_what_is_taken_and_put_back_makes_the_same_segment(
    blobs: list[list[dict[str, int]]], uses: list[dict[int, list[int]]], taken_after: set[int]
) -> None:
    vocabulary = Vocabulary()
    whole, pieces, segment, references = Segment(), References(), Segment(), References()
    taken = []
    unit = 3
    for blob, units in enumerate(blobs):
        digest = packed(vocabulary, units, uses[blob])
        names = np.array(list(uses[blob]), np.uint32)
        for into, of_uses in ((whole, pieces), (segment, references)):
            into.add(digest, unit)
            of_uses.add(blob, names, digest)
        unit += len(units)
        if blob in taken_after:
            taken.append(unpack(pack({**segment.take(), **references.take()})))
    again = Segment()
    again_references = References()

    if len(blobs) - 1 in taken_after:  # as after a kill: nothing but what was committed is left
        again.put(taken)
        again_references.put(taken)
        assert (again.first_unit, list(again.rows())) == (whole.first_unit, list(whole.rows()))
        assert list(again_references.rows()) == list(pieces.rows())
    segment.put(taken)
    references.put(taken)

    assert (segment.first_unit, list(segment.rows())) == (whole.first_unit, list(whole.rows()))
    assert list(references.rows()) == list(pieces.rows())


def test_units_take_two_bytes_until_a_segment_has_too_many() -> None:
    segment = Segment()
    vocabulary = Vocabulary()
    segment.add(packed(vocabulary, [{"a": 1}], {}), 5)
    narrow = list(segment.rows())
    segment.add(packed(vocabulary, [{"a": 2}], {}), 5 + 65536)
    wide = list(segment.rows())

    assert [len(units) for _, units, _ in narrow] == [2]
    assert [len(units) for _, units, _ in wide] == [8]
    assert decode_units(wide[0][1], 2, 5).tolist() == [5, 5 + 65536]


def test_an_empty_segment_has_no_rows() -> None:
    assert list(Segment().rows()) == []
    assert list(References().rows()) == []


@given(st.lists(USES, max_size=6))
def test_references_say_which_lines_of_which_blobs_use_a_name(blobs: list[dict[int, list[int]]]) -> None:
    references = References()
    expected: dict[int, list[tuple[int, list[int]]]] = defaultdict(list)
    for blob, uses in enumerate(blobs, 1):
        references.add(blob, np.array(list(uses), np.uint32), packed(Vocabulary(), [], uses))
        for name, lines in uses.items():
            expected[name].append((blob, lines))

    found = {}
    for name, rows, counts, lines in references.rows():
        every, start = array("H", lines), 0
        found[name] = []
        for blob, n in zip(array("I", rows), array("I", counts), strict=True):
            found[name].append((blob, every[start : start + n].tolist()))
            start += n
        assert start == len(every)

    assert found == expected


@given(
    st.dictionaries(
        st.text(alphabet="abé中_", min_size=1, max_size=12), st.lists(st.integers(0, 99), max_size=5), max_size=9
    )
)
@settings(max_examples=60)
def test_a_table_of_terms_gives_each_term_its_documents_and_others_none(documents: dict[str, list[int]]) -> None:
    table = TermTable(unpack(pack(TermTable.columns(documents))))

    assert {term: table.documents(term).tolist() for term in documents} == documents
    for absent in ("", "zz", "a" * 9, *(term[:-1] for term in documents), *(term + "x" for term in documents)):
        assert table.documents(absent).tolist() == documents.get(absent, [])


def test_documents_are_listed_once_for_each_of_their_terms() -> None:
    assert by_term([(0, ["a", "b", "a"]), (3, ["a"])]) == {"a": [0, 3], "b": [0]}
