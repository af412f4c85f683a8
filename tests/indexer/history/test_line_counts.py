from __future__ import annotations

from pathlib import Path

from noctule.indexer.files.git import Git, discover
from noctule.indexer.history.line_counts import read_line_counts
from noctule.indexer.review.change import EditedFile, count_lines
from tests.repositories import Repository


def test_lines_are_counted_by_commit_and_path_also_where_names_are_odd(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "r")
    first = repository.commit("Begin", {"a\tb.py": "1\n2\n", "caf\u00e9.py": "x\n", "b.bin": "\0\1\2"})
    second = repository.commit("Edit", {"a\tb.py": "1\n3\n4\n"})
    place = discover(repository.root)
    assert place is not None

    counts = read_line_counts(Git(place), "HEAD", 10)

    assert counts == {first: {"a\tb.py": (2, 0), "caf\u00e9.py": (1, 0), "b.bin": (0, 0)}, second: {"a\tb.py": (2, 1)}}
    assert list(read_line_counts(Git(place), "HEAD", 1)) == [second]
    assert read_line_counts(Git(place), "0" * 40, 1) == {}


def test_lines_that_only_move_are_neither_added_nor_removed() -> None:
    assert count_lines(EditedFile("a.py", None, b"1\n2\n3\n", b"3\n1\n2\n4\n")) == (1, 0)
    assert count_lines(EditedFile("a.py", None, b"1\n1\n", None)) == (0, 2)
