from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noctule.indexer.terms import LONGEST, STOP_WORDS, WORD, split_terms, stem, subterms


@pytest.mark.parametrize(
    ("word", "terms"),
    [
        ("parse_header", ("pars", "header", "parse_header")),
        ("HeaderParser", ("header", "parser", "headerparser")),
        ("HTTPServer", ("http", "server", "httpserver")),
        ("_private", ("privat", "private")),
        ("__init__", ("init",)),
        ("x2y", ("x2y",)),
        ("utf8", ("utf", "utf8")),
        ("A", ()),
        ("购物车", ("购物", "物车")),
        ("größe", ("größ",)),
        ("GrößeBerechnen", ("größ", "berechnen")),
        ("ширина_окна2", ("ширина", "окна")),
        ("parse中文", ("中文", "pars")),
    ],
)
def test_a_word_is_cut_where_its_writer_cut_it(word: str, terms: tuple[str, ...]) -> None:
    assert subterms(word) == terms


@pytest.mark.parametrize(
    "forms",
    [
        ("parse", "parses", "parsed", "parsing"),
        ("query", "queries"),
        ("match", "matches", "matched", "matching"),
        ("class", "classes"),
        ("cache", "caches", "cached", "caching"),
        ("stop", "stops", "stopped", "stopping"),
        ("box", "boxes", "boxed"),
    ],
)
def test_the_forms_of_a_word_meet(forms: tuple[str, ...]) -> None:
    assert len({stem(form) for form in forms}) == 1


def test_code_prose_and_commit_messages_meet() -> None:
    assert "header" in set(split_terms("Parsing headers")) & set(split_terms("parse_header")) & set(
        split_terms("HeaderParser")
    )


def test_stop_words_are_left_out_and_repeats_kept() -> None:
    assert split_terms("The header of the header") == ["header", "header"]


def test_a_word_that_is_too_long_to_be_one_has_no_terms() -> None:
    assert subterms("x" * (LONGEST + 1)) == ()


@given(st.text(max_size=300))
def test_terms_are_words_in_lower_case_without_line_ends(text: str) -> None:
    for term in split_terms(text):
        assert 0 < len(term) <= LONGEST
        assert "\n" not in term
        assert term == term.lower() or not term.isascii()


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=20))
def test_a_stem_is_never_longer_than_its_word_and_never_empty(word: str) -> None:
    assert 0 < len(stem(word)) <= len(word)


@given(st.text(max_size=200))
def test_stop_words_alone_make_the_difference_between_words_and_terms(text: str) -> None:
    every = [t for word in WORD.findall(text) for t in subterms(word)]

    assert set(split_terms(text)) <= set(every)
    assert STOP_WORDS.isdisjoint(w for w in WORD.findall(text) if split_terms(w))
