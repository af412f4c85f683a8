"""The replay of a repository's past: orders, curves, and that no order but the bound sees what comes next."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from noctule.evals.errors import RunError
from noctule.evals.experiments.schedule import (
    BREADTH,
    GRID,
    NOCTULE,
    ORACLE,
    ORDERS,
    RANDOM,
    RECENT,
    Cold,
    curve,
    orders,
    replay,
    weights,
)
from noctule.indexer.files.git import discover
from noctule.indexer.history.log import Change, Commit
from tests.evals.conftest import Ran
from tests.repositories import Repository

Evaluate = Callable[..., Ran]

COLD = Cold(
    cost={"a.py": 1.0, "b.py": 1.0, "deep/c.py": 2.0},
    sizes={"a.py": 100, "b.py": 100, "deep/c.py": 1_000},
    glanced=[("b.py",), ("deep/c.py",), ("b.py",)],
    latest=[("deep/c.py",), ("b.py",)],
)


@pytest.fixture(scope="module")
def steady(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A past in which hot.py changes every other time, and forty others in turn."""
    repository = Repository(tmp_path_factory.mktemp("steady") / "steady")
    names = ["folder/hot.py", *(f"n{number:02}.py" for number in range(40))]
    repository.commit("Begin", dict.fromkeys(names, "x = 0\n" * 50))
    for number in range(1, 121):
        name = names[0] if number % 2 else names[1 + number // 2 % 40]
        repository.commit(f"Set {number}", {name: f"x = {number}\n" * 50})
    return repository


def test_each_order_is_what_its_name_says() -> None:
    found = {name: next(orders(name, COLD, {"a.py": 1.0})) for name in ORDERS}

    assert found[NOCTULE] == ["b.py", "deep/c.py", "a.py"]
    assert found[BREADTH] == ["a.py", "b.py", "deep/c.py"]
    assert found[RECENT] == ["deep/c.py", "b.py", "a.py"]
    assert found[ORACLE] == ["a.py", "b.py", "deep/c.py"]
    assert all(sorted(order) == sorted(COLD.sizes) for order in found.values())
    assert len(list(orders(RANDOM, COLD, {}))) == 20


def test_a_curve_rises_when_a_file_is_ready_and_its_area_is_what_is_ready_over_time() -> None:
    found = curve(["a.py", "deep/c.py", "b.py"], COLD.cost, {"a.py": 3.0, "b.py": 1.0})

    assert found.area == pytest.approx(0.75 * 3 / 4)
    assert (found.ready[0], found.ready[25], found.ready[-1]) == (0.0, 0.75, 1.0)
    assert all(a <= b for a, b in pairwise(found.ready))
    assert len(found.ready) == GRID
    assert found.seconds == (1.0, 4.0)


def test_time_that_finding_the_order_out_takes_is_charged() -> None:
    late = curve(["a.py", "b.py", "deep/c.py"], COLD.cost, {"a.py": 1.0}, before_s=2.0)

    assert late.area == pytest.approx(1 / 4)
    assert late.ready[74] == 0.0
    assert late.seconds[0] == 3.0


def test_every_change_counts_the_same_whatever_it_touches() -> None:
    def commit(*paths: str) -> Commit:
        return Commit("0", ("1",), 0, "ada", "m", tuple(Change(path, "M") for path in paths))

    assert weights([commit("a", "b", "not there"), commit("a")], {"a": 1, "b": 1}) == {"a": 1.5, "b": 0.5}


def test_every_order_is_followed_at_every_point_and_none_beats_the_bound(steady: Repository) -> None:
    place = discover(steady.root)
    assert place is not None

    points = list(replay(place, steady.git("rev-parse", "HEAD"), 60, lambda _: None, changes=20))

    assert [(p.files, p.changes) for p in points] == [(41, 20)] * 3
    for point in points:
        ready = {name: found.area for name, found in point.curves.items()}
        assert set(ready) == set(ORDERS)
        assert max(ready, key=ready.__getitem__) == ORACLE
        assert all(found.ready[-1] == pytest.approx(1) for name, found in point.curves.items() if name != NOCTULE)


def test_a_base_lies_before_all_changes_that_are_looked_at(steady: Repository) -> None:
    place = discover(steady.root)
    assert place is not None
    line = steady.git("rev-list", "HEAD").split()

    points = list(replay(place, line[0], 60, lambda _: None, changes=20))

    assert [p.commit for p in points] == [line[60], line[40], line[20]]


def test_what_a_branch_had_not_merged_yet_is_not_of_the_past(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "r")
    repository.commit("Begin", {f"{name}.py": "x = 0\n" for name in "abcd"})
    repository.git("checkout", "-q", "-b", "side")
    for number in range(10):
        repository.commit(f"Side {number}", {"a.py": f"x = {number}\n"})
    repository.git("checkout", "-q", "main")
    for number in range(10):
        repository.commit(f"Main {number}", {"b.py": f"x = {number}\n"})
    repository.git("merge", "-q", "--no-ff", "-m", "Merge", "side")
    main = repository.git("rev-list", "--first-parent", "main").split()
    place = discover(repository.root)
    assert place is not None

    points = list(replay(place, main[0], 20, lambda _: None, changes=10))

    assert {p.commit for p in points} <= set(main)


def test_too_short_a_past_is_an_error_that_says_so(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "r")
    repository.commit("Begin", {"a.py": "x\n"})
    place = discover(repository.root)
    assert place is not None

    with pytest.raises(RunError, match="too short a past"):
        list(replay(place, repository.git("rev-parse", "HEAD"), 100, lambda _: None))


def test_the_command_writes_a_report_with_the_table(evaluate: Evaluate, steady: Repository, tmp_path: Path) -> None:
    ran = evaluate("schedule", steady.root, "--last", 60, "--changes", 20, "--out", tmp_path / "out")

    assert "steady: of the next changes' files" in ran.out
    page = (tmp_path / "out/report.md").read_text()
    assert all(f"| steady | {order} | 3 |" in page for order in ORDERS)
    assert (tmp_path / "out/report.html").exists()
    assert (tmp_path / "out/schedule.svg").read_text().startswith("<svg")
