from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noctule.indexer.files.git import Git, discover
from noctule.indexer.forecast.model import rank_symbols
from noctule.indexer.history.symbol_churn import (
    MOST_DIFF_BYTES,
    Touch,
    Touches,
    context_name,
    defined_name,
    parse_touches,
    read_symbol_touches,
)
from noctule.indexer.results import LikelyChange, Reason

PYTHON = """class Pot:
    def fill(self):
        water = 1
        return water

    def empty(self):
        air = 1
        return air
"""
GO = "package main\n\nfunc (p *Pot) Fill() int {\n\twater := 1\n\treturn water\n}\n"


def git(folder: Path, *args: str) -> str:
    who = {f"GIT_{role}_{part}": "ann@x.org" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
    quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    done = subprocess.run(
        ["git", *args], cwd=folder, env={**os.environ, **who, **quiet}, check=True, capture_output=True
    )
    return done.stdout.decode().strip()


def commit(folder: Path, **files: str) -> str:
    for name, text in files.items():
        (folder / name.replace("_dot_", ".")).write_text(text, "utf-8")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "x")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "-b", "main")
    return tmp_path


def touched(folder: Path, limit: int = 500, most_bytes: int = MOST_DIFF_BYTES) -> list[Touch]:
    place = discover(folder)
    assert place is not None
    return list(read_symbol_touches(Git(place), "HEAD", limit, most_bytes))


def test_a_change_inside_a_function_touches_it_whatever_the_language(folder: Path) -> None:
    commit(folder, pot_dot_py=PYTHON, pot_dot_go=GO)
    second = commit(folder, pot_dot_py=PYTHON.replace("air = 1", "air = 2"), pot_dot_go=GO.replace("1", "2"))

    assert touched(folder) == [Touch(second, "pot.go", "Fill"), Touch(second, "pot.py", "empty")]


def test_a_definition_that_a_change_adds_is_touched_by_it(folder: Path) -> None:
    commit(folder, pot_dot_py=PYTHON)
    second = commit(folder, pot_dot_py=PYTHON + "\n\nasync def boil():\n    pass\n")

    assert Touch(second, "pot.py", "boil") in touched(folder)


def test_commits_that_only_add_or_delete_files_touch_no_symbol_and_the_limit_holds(folder: Path) -> None:
    commit(folder, pot_dot_py=PYTHON)
    commit(folder, pot_dot_py=PYTHON.replace("air = 1", "air = 2"))
    third = commit(folder, pot_dot_py=PYTHON.replace("water = 1", "water = 2"))

    assert touched(folder, limit=1) == [Touch(third, "pot.py", "fill"), Touch(third, "pot.py", "empty")]
    assert len({touch.commit for touch in touched(folder)}) == 2


def test_the_reading_ends_after_so_many_bytes_and_not_after_a_time(folder: Path) -> None:
    commit(folder, pot_dot_py=PYTHON)
    for number in range(2, 6):
        commit(folder, pot_dot_py=PYTHON.replace("air = 1", f"air = {number}"))

    whole, part = touched(folder), touched(folder, most_bytes=600)

    assert 0 < len(part) < len(whole)
    assert part == whole[: len(part)] == touched(folder, most_bytes=600)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("    def fill(self):", "fill"),
        ("export default async function boil(x) {", "boil"),
        ("pub(crate) unsafe fn drain<T>(t: T) {", "drain"),
        ("func (p *Pot) Fill() int {", "Fill"),
        ("public static class Pot<T> {", "Pot"),
        ("const pour = (x) => {", "pour"),
        ("  def self.stir", "stir"),
        ("fun whisk() = 1", "whisk"),
        ("defer something()", None),
        ("    return fill()", None),
    ],
)
def test_a_line_that_defines_something_gives_its_name(line: str, name: str | None) -> None:
    assert defined_name(line) == name


def test_the_place_of_a_change_in_c_is_named_by_what_can_be_called() -> None:
    assert context_name(" static int pot_fill(struct pot *p)") == "pot_fill"
    assert context_name(" if (x)") is None
    assert context_name("") is None


@given(st.lists(st.text(max_size=60)))
def test_any_lines_are_read_without_failing(lines: list[str]) -> None:
    assert all(touch.path and touch.symbol for touch in parse_touches(lines))


def test_a_symbol_is_as_likely_as_its_file_times_its_share_of_the_files_changes() -> None:
    touches = Touches.of(
        [Touch(str(n), "a.py", "hot") for n in range(14)] + [Touch("13", "a.py", "cold"), Touch("1", "b.py", "other")]
    )
    points = [LikelyChange("a.py", None, 0.5, (Reason("churn", "much", 1.0),)), LikelyChange("c.py", None, 0.4, ())]

    found = rank_symbols(points, touches)

    assert [(point.symbol, round(point.probability, 3)) for point in found] == [("hot", 0.352), ("cold", 0.028)]
    assert found[0].reasons[0] == Reason(
        "symbol", "changed in 14 of the last 14 commits that edited definitions of its file", 1.0
    )
    assert rank_symbols(points, touches, k=0) == ()
