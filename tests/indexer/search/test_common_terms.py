"""The table of terms that most repositories have, and what those that a task shares with one are worth."""

from __future__ import annotations

from pathlib import Path

from benchmarks.common_terms import write_rows
from noctule.indexer.search.common_terms import LEVELS, TERMS_FILE, read_shares, weigh_evidence
from noctule.indexer.serve.repository import Repository
from noctule.indexer.terms import split_terms
from tests.repositories import Repository as Made


def test_each_term_of_the_table_stands_in_one_row() -> None:
    rows = [row.split() for row in TERMS_FILE.read_text().splitlines()]
    terms = [term for _, *row in rows for term in row]

    assert [float(level) for level, *_ in rows] == list(LEVELS)
    assert len(set(terms)) == len(terms) == len(read_shares())


def test_a_rare_word_says_more_than_many_common_ones() -> None:
    common = split_terms("fix the error when a test returns the wrong value")

    assert weigh_evidence(["autumn"]) > weigh_evidence(common)
    assert weigh_evidence([]) == 0


def test_the_table_is_made_from_what_was_learned(tmp_path: Path) -> None:
    for name, word in (("one", "lantern"), ("two", "harvest")):
        made = Made(tmp_path / name)
        made.commit("add", {"a.py": f"def parse_{word}(text):\n    return text\n"})
        with Repository.open(made.root, cache=tmp_path / "cache") as repository:
            repository.sleep()

    rows = write_rows(sorted(p.parent for p in (tmp_path / "cache").glob("*/store.db")))

    assert {"lantern", "harvest"} <= set(rows[0.5])
    assert {"pars", "text"} <= set(rows[0.9])
