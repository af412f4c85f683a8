"""What says a message that the task quotes is quoted first, with the short functions around it."""

from __future__ import annotations

from pathlib import Path

import pytest

from noctule.indexer.serve.repository import Repository
from tests.repositories import Repository as Made

PARSE = "".join(f"    if text.startswith('{n}'):\n        return range_of(dates, text, {n})\n" for n in range(30))
LONG = '''def {0}_range(dates, text):
    """{0} a range of dates in a query, such as 2020..2024; a range of dates may be open."""
{1}    return None


'''
RANGES = f'''"""Ranges of dates in queries."""


{"".join(LONG.format(name, PARSE) for name in ("parse", "print", "split", "widen", "order"))}class Interval:
    def __init__(self, start, end):
        if not start < end:
            raise ValueError("start date is not before end date")
        self.start = start

    @classmethod
    def between(cls, one, other):
        first = one.begin()
        last = other.finish()
        return cls(first, last)
'''
OTHER = "class Other:\n    def __init__(self, {0}):\n        self.{0} = {0}\n"
TASK = "A range of dates in a query that is written back to front\n\n`ls 2024..2020` ends with {0}."


@pytest.mark.parametrize(
    ("said", "first"),
    [
        ('"start date is not before end date"', ["Interval.__init__ (line ", "Interval.between"]),
        ("an error", [""]),
    ],
)
def test_what_says_a_message_comes_first_and_its_only_caller_with_it(
    tmp_path: Path, said: str, first: list[str]
) -> None:
    made = Made(tmp_path / "music")
    others: dict[str, str | bytes] = {f"other{n}.py": OTHER.format(f"field{n}") for n in range(12)}
    made.commit("Ranges", {"ranges.py": RANGES, **others})

    with Repository.open(made.root, cache=tmp_path / "cache") as repository:
        repository.sleep()
        text = repository.context(TASK.format(said)).text

    quoted = [part.partition("\n")[0].partition(" ")[2] for part in text.split("== ")[1:]]
    assert all(one.startswith(expected) for one, expected in zip(quoted, first, strict=False)), quoted
    assert len(quoted) >= len(first)
