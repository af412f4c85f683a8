"""Who uses what in each language, by the small repositories in `cases`.

A file there holds cases: `== what it shows`, then `?? path:name` of the definition that is asked for, then the files,
each after `-- path`. Every line that ends with `<--` uses the definition, and no other line does. The files of the case
`base` belong to all cases of their file, where those do not write them anew.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.indexer.resolve.repository import Repository

_MARK = " <--"


def _files(text: str) -> dict[str, str]:
    parts = [part.partition("\n") for part in ("\n" + text).split("\n-- ")[1:]]
    return {path: body + "\n" for path, _, body in parts}


def _cases() -> dict[str, tuple[dict[str, str], str]]:
    found: dict[str, tuple[dict[str, str], str]] = {}
    for listed in sorted((Path(__file__).parent / "cases").glob("*.txt")):
        base: dict[str, str] = {}
        for part in ("\n" + listed.read_text()).split("\n== ")[1:]:
            name, _, rest = part.rstrip("\n").partition("\n")
            if name == "base":
                base = _files(rest)
            else:
                subject, _, files = rest.removeprefix("?? ").partition("\n")
                found[f"{listed.stem}: {name}"] = ({**base, **_files(files)}, subject)
    return found


CASES = _cases()


@pytest.mark.parametrize("name", CASES)
def test_a_use_is_resolved_where_it_can_be(name: str) -> None:
    files, subject = CASES[name]
    marked = {
        path: [n for n, line in enumerate(text.split("\n"), 1) if line.endswith(_MARK)] for path, text in files.items()
    }
    plain = {path: text.replace(_MARK + "\n", "\n") for path, text in files.items()}
    own = subject.partition(":")[0]

    found = Repository(plain).users(subject)
    assert found == {p: lines for p, lines in sorted(marked.items()) if lines and p != own}
