"""Who uses what in each language, by the small repositories in `cases`.

A file there holds cases: `== what it shows`, then `?? path:name` of the definition that is asked for, then the files,
each after `-- path`. Every line that ends with `<--` uses the definition, and no other line does. Where a case asks for
several, each has a word of its own, `?? word path:name`, and the lines end with the words of what they use. The files
of the case `base` belong to all cases of their file, where those do not write them anew.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.indexer.resolve.repository import Repository

_MARK = re.compile(r" <--((?: \w+)*)$")


def _files(text: str) -> dict[str, str]:
    parts = [part.partition("\n") for part in ("\n" + text).split("\n-- ")[1:]]
    return {path: body + "\n" for path, _, body in parts}


def _subjects(heads: list[str]) -> dict[str, str]:
    """Return the definitions that are asked for, each by its word, which is empty where there is one alone."""
    words = [head.removeprefix("?? ").rpartition(" ") for head in heads]
    return {word: subject for word, _, subject in words}


def _cases() -> dict[str, tuple[dict[str, str], dict[str, str]]]:
    found: dict[str, tuple[dict[str, str], dict[str, str]]] = {}
    for listed in sorted((Path(__file__).parent / "cases").glob("*.txt")):
        base: dict[str, str] = {}
        for part in ("\n" + listed.read_text()).split("\n== ")[1:]:
            name, _, rest = part.rstrip("\n").partition("\n")
            if name == "base":
                base = _files(rest)
            else:
                heads = [line for line in rest.split("\n") if line.startswith("?? ")]
                files = {**base, **_files(rest)}
                found[f"{listed.stem}: {name}"] = (files, _subjects(heads))
    return found


CASES = _cases()


def _lines(text: str, word: str) -> list[int]:
    """Return the lines that are said to use what a word stands for."""
    marks = [(n, _MARK.search(line)) for n, line in enumerate(text.split("\n"), 1)]
    return [n for n, mark in marks if mark is not None and (not word or word in mark[1].split())]


@pytest.mark.parametrize("name", CASES)
def test_a_use_is_resolved_where_it_can_be(name: str) -> None:
    files, subjects = CASES[name]
    plain = {path: "\n".join(_MARK.sub("", line) for line in text.split("\n")) for path, text in files.items()}
    repository = Repository(plain)
    for word, subject in subjects.items():
        own = subject.partition(":")[0]
        marked = {path: _lines(text, word) for path, text in files.items()}

        found = repository.users(subject)
        assert found == {p: lines for p, lines in sorted(marked.items()) if lines and p != own}, word
