"""The words of a task are counted in a text as the index counts them."""

from __future__ import annotations

from array import array

from hypothesis import example, given
from hypothesis import strategies as st

from noctule.indexer.learn.task_words import TaskWords
from noctule.indexer.parse.digest import Lexicon
from noctule.indexer.parse.pool import PackedDigest
from noctule.indexer.search.query import read

TASK = "JoinSet parses parties of the parse_header twice: größe 2nd\n\n    ParseHeader(joinSet)\n"
WORDS = (
    "parse",
    "Parsing",
    "parties",
    "party",
    "HeaderParser",
    "parse_header",
    "join_set",
    "JoinSet",
    "2nd_party",
    "größe",
)


def counts(digest: PackedDigest) -> dict[str, int]:
    terms = [digest.vocabulary[number] for number in array("I", digest.terms)]
    return dict(zip(terms, digest.counts, strict=True))


@given(st.lists(st.sampled_from(WORDS) | st.text(max_size=4), max_size=30), st.sampled_from(" .\n_(1-"))
@example(["parties"] * 300, " ")
@example(["7parse_header"], " ")
def test_each_term_of_the_task_is_counted_as_in_the_index(words: list[str], between: str) -> None:
    text = between.join(words).replace("\0", "").encode("utf-8", "replace").decode()
    lexicon = Lexicon()
    every = {lexicon.terms[number]: min(n, 255) for number, n in lexicon.count(text).items()}

    digest = TaskWords(read(TASK)).digest("notes.txt", text.encode())

    assert counts(digest) == {term: n for term, n in every.items() if term in set(digest.vocabulary)}


def test_words_of_secret_files_and_of_what_is_no_text_are_not_counted() -> None:
    words = TaskWords(read("parse the header"))

    assert counts(words.digest(".env", b"PARSE=header")) == {}
    assert not words.digest("parse.bin", b"parse\0\0\0\xff\xfe header").text


def test_a_digest_says_which_language_its_path_promises() -> None:
    digest = TaskWords(read("parse")).digest("a/header.py", b"# @generated\ndef parse(): ...\n")

    assert (digest.language, digest.generated, digest.definitions, digest.facts) == ("python", True, [], b"")
