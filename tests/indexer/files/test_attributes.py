from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noctule.indexer.files.attributes import Attributes, linguist_lines
from tests.repositories import Repository


def test_lines_about_roles_are_found_in_attributes_and_not_in_prose() -> None:
    attributes = b"*.txt text\n# why\nlib/** linguist-vendored\n/api.go linguist-generated=true\n"

    assert linguist_lines(attributes) == [(2, "lib/** linguist-vendored"), (3, "/api.go linguist-generated=true")]
    assert linguist_lines(b"Set the mark for what others wrote.\n") == []


GENERATED = "linguist-generated"


@pytest.mark.parametrize(
    "pattern",
    [
        *("a.py", "*.py", "/a.py", "dir/*.py", "dir/**", "**/a.py", "dir/**/a.py", "/dir", "dir/", "d?r/a.py"),
        *("[a-c].py", "[!a-c].py", "[^a-c].py", "\\*.py", '"with space.py"', "**", "*", "**/dir/**", "dir/**/**/a.py"),
        *("a**.py", "*/*/a.py", "./a.py", "dir/*/*"),
    ],
)
def test_patterns_mean_what_they_mean_to_git(tmp_path: Path, pattern: str) -> None:
    repository = Repository(tmp_path / "repository")
    paths = [
        "a.py",
        "z.py",
        "*.py",
        "with space.py",
        "dir/a.py",
        "dir/sub/a.py",
        "dir/x/y/a.py",
        "other/a.py",
        "dir",
        "[",
    ]
    line = f"{pattern} {GENERATED}\n"
    (repository.root / ".gitattributes").write_text(line)
    told = repository.git("check-attr", "-z", GENERATED, "--", *paths).split("\0")[2::3]

    attributes = Attributes.parse(line.encode())

    assert [attributes.of(path).get(GENERATED, False) for path in paths] == [word == "set" for word in told]


def test_the_last_word_counts_and_a_deeper_folder_speaks_last() -> None:
    top = Attributes.parse(b"*.py linguist-generated\nb.py !linguist-generated\n")
    deep = Attributes.parse(b"*.py -linguist-generated\n", "pkg/sub")

    joined = Attributes.join([deep, top])

    assert joined.of("a.py") == {GENERATED: True}
    assert joined.of("b.py") == {}
    assert joined.of("pkg/sub/a.py") == {GENERATED: False}
    assert joined.of("pkg/subway/a.py") == {GENERATED: True}


def test_lines_about_other_things_are_dropped() -> None:
    text = b"# comment\n\n[attr]binary -diff\n*.png binary\n*.c text eol=lf\n!x linguist-generated\n*.py\n"

    assert Attributes.parse(text) == Attributes()


def test_a_hostile_pattern_takes_no_time() -> None:
    text = f"{'*a' * 60}b {GENERATED}\n{'**/a/' * 60}b {GENERATED}\n".encode()
    attributes = Attributes.parse(text)
    began = time.process_time()

    said = attributes.of("a" * 4000), attributes.of("a/" * 2000 + "a")

    assert said == ({}, {})
    assert time.process_time() - began < 1


@given(st.binary(max_size=300), st.text(max_size=30))
def test_any_text_is_read(content: bytes, path: str) -> None:
    Attributes.parse(content + b"\n* " + content + b" linguist-generated\n").of(path)
