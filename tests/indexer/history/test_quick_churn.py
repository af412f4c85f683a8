"""What a glance at the latest commits says of each file, from real git."""

from __future__ import annotations

from pathlib import Path

import pytest

from noctule.indexer.files.git import Git, discover
from noctule.indexer.history import quick_churn as glance
from tests.repositories import Repository


def glanced(repository: Repository, most: int = 100) -> list[tuple[str, ...]]:
    place = discover(repository.root)
    assert place is not None
    return glance.latest_changes(Git(place), "HEAD", most)


def test_the_latest_commits_tell_their_files_newest_first_and_merges_none(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "r")
    repository.commit("Begin", {"a.py": "1", "dir/b c.py": "1", "caf\udce9.py": "1"})
    repository.git("checkout", "-q", "-b", "side")
    repository.commit("Side", {"a.py": "2"})
    repository.git("checkout", "-q", "main")
    repository.commit("Nothing")
    repository.commit("Main", {"dir/b c.py": "2"})
    repository.git("merge", "-q", "--no-ff", "-m", "Merge", "side")

    found = glanced(repository)

    assert sorted(found[:2]) == [("a.py",), ("dir/b c.py",)]
    assert found[2:] == [("a.py", "caf\udce9.py", "dir/b c.py")]
    assert glanced(repository, most=1) == found[:1]


def test_what_changes_often_is_expected_and_comes_first(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "r")
    repository.commit("Begin", dict.fromkeys(("cold/a.py", "hot/b.py", "hot/c.py", "z.py"), "x"))
    for number in range(10):
        repository.commit("Again", {"hot/b.py": str(number)})

    expected = glance.expected_touches(("cold/a.py", "hot/b.py", "hot/c.py", "z.py"), glanced(repository))

    assert expected["hot/b.py"] > 0.9
    assert expected["hot/c.py"] > expected["cold/a.py"]
    assert glance.order(dict.fromkeys(expected, 100), expected)[:2] == ["hot/b.py", "hot/c.py"]


def test_of_two_files_as_likely_the_cheaper_one_comes_first() -> None:
    worth = {"large.py": 0.5, "small.py": 0.5, "prose.txt": 0.5}

    assert glance.order({"large.py": 9_000, "small.py": 500, "prose.txt": 500}, worth) == [
        "prose.txt",
        "small.py",
        "large.py",
    ]


def test_a_commit_that_touches_a_mass_of_files_says_nothing() -> None:
    mass = tuple(f"many/f{number}.py" for number in range(31))

    assert glance.expected_touches(("many/f1.py", "one.py"), [mass, ("one.py",)])["many/f1.py"] < 1e-6


def test_files_of_which_nothing_is_known_are_all_in_the_order() -> None:
    assert glance.order({"b.py": 10, "a.py": 10}, glance.expected_touches(("a.py", "b.py"), [])) == ["a.py", "b.py"]


@pytest.mark.parametrize(("size", "commits"), [(0, 100), (6_000_000, 500), (10**9, 2_000)])
def test_a_glance_is_short_where_there_is_little_to_read(size: int, commits: int) -> None:
    assert glance.commits_worth(size) == commits
