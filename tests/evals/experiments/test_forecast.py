"""Forecasts held against what came: the question, the arithmetic and the page."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noctule.evals.experiments.runner import Desk, EvalJob
from noctule.evals.report import predictability
from noctule.evals.report.scored import Scored
from noctule.evals.run_folder import Results
from noctule.evals.scorers.calibration import BINS, Question, calibration, mean_expectation, recall
from noctule.evals.solvers.forecast import draw_sample
from noctule.evals.solvers.named import FORECASTS
from noctule.evals.tasks.forecast import mine_forecasts
from noctule.indexer.files.git import discover
from noctule.indexer.serve.repository import Repository as Noctule
from tests.e2e.repositories import Repo, import_history
from tests.evals.conftest import Ran
from tests.repositories import Repository

Evaluate = Callable[..., Ran]


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """A past of 210 commits in which a.py and b.py change together in every other one, the others in turn."""
    names = ["a", "b", *(f"other{n}" for n in range(12))]
    commits = [("Begin", {f"{name}.py": "x = 0\n" for name in names})]
    for n in range(1, 210):
        touched = ["a", "b"] if n % 2 else [names[2 + n // 2 % 12]]
        commits.append((f"Set it to the value {n}", {f"{name}.py": f"x = {n}\n" for name in touched}))
    return import_history(tmp_path_factory.mktemp("busy") / "busy", commits)


def test_nearly_every_commit_is_asked_about_with_all_that_it_touched(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "r")
    repository.commit("Begin", {"a.py": "x = 1\n", "README.md": "r\n", "t.py": "t\n"})
    repository.commit("Only new", {"new.py": "y = 1\n"})
    several = repository.commit("2.0", {"a.py": "x = 2\n", "README.md": "s\n", "more.py": "z = 1\n"})
    repository.git("mv", "t.py", "moved.py")
    moved = repository.commit("Move")
    place = discover(repository.root)
    assert place is not None

    mined = mine_forecasts(place, "r", "HEAD", 10)

    assert [(t.commit, t.gold_files) for t in mined.tasks] == [(moved, ("t.py",)), (several, ("README.md", "a.py"))]
    assert [t.base for t in mined.tasks] == [repository.git("rev-parse", f"{c}^") for c in (moved, several)]
    assert mined.left_out == {"touches no file of its parent": 1, "the first commit": 1}


def test_a_pattern_of_the_past_is_forecast_and_the_probabilities_hold(
    evaluate: Evaluate, busy: Repo, tmp_path: Path
) -> None:
    ran = evaluate("forecast", busy.path, "--last", 6, "--out", tmp_path / "run", "--processes", 1)
    evaluate("report", tmp_path / "run")

    run = Results.read(tmp_path / "run")
    assert not run.failed
    answers = run.answers["forecast"]
    assert {a.abstained for a in answers.values()} == {False}
    for answer in answers.values():
        chances, (count, _, _) = answer.detail["chances"], answer.detail["rest"]  # type: ignore[misc]
        assert len(chances) + count == 14  # type: ignore[arg-type, operator]
        assert set(answer.files[:2]) <= {"a.py", "b.py"} | {f"other{n}.py" for n in range(12)}
    assert "6 commits, each forecast at its parent; 0 answers failed, 0 withheld" in ran.out
    assert "of the files to be found were among the first 10" in ran.said
    assert "Brier 0.0" in ran.out
    page = (tmp_path / "run/report.md").read_text()
    assert "Found among the first k" in page
    assert "Can the probabilities be trusted?" in page


def test_what_was_learned_of_the_future_changes_no_forecast_of_the_past(busy: Repo, tmp_path: Path) -> None:
    place = discover(busy.path)
    assert place is not None
    task = mine_forecasts(place, "busy", "HEAD~10", 1).tasks[0]
    Noctule.open(busy.path, cache=tmp_path / "knowing").sleep()

    def answers(cache: str) -> list[Mapping[str, object] | None]:
        with Desk(tmp_path / cache, {}) as desk:
            return [row.answer for row in desk.work(EvalJob(place, ((task, tuple(FORECASTS)),)), lambda *_: None)]

    with_future, without = answers("knowing"), answers("ignorant")

    assert with_future[0] == without[0]
    assert with_future[2:] == without[2:]  # between them stands what sleeping cost
    assert without[2] is not None
    assert not without[2]["abstained"]


def test_a_short_past_is_withheld_and_said_so(evaluate: Evaluate, tmp_path: Path) -> None:
    repository = Repository(tmp_path / "r")
    for n in range(4):
        repository.commit(f"Change number {n}", {"a.py": f"x = {n}\n"})

    ran = evaluate("forecast", repository.root, "--out", tmp_path / "run", "--processes", 1)

    assert "3 commits, each forecast at its parent; 0 answers failed, 3 withheld for want of past commits" in ran.said


def test_gain_is_cut_into_fifths_by_what_was_expected_before(evaluate: Evaluate, busy: Repo, tmp_path: Path) -> None:
    evaluate(
        *("history", busy.path, "--last", 10, "--out", tmp_path / "run", "--processes", 1),
        *("--solver", "pack", "bm25", "forecast"),
    )
    evaluate("report", tmp_path / "run")

    scored = Scored(Results.read(tmp_path / "run"))
    fifths = predictability.fifths(scored, scored.subsets[0])
    assert [len(f.subset.tasks) for f in fifths] == [2] * 5
    assert all(a.high <= b.low for a, b in pairwise(fifths))
    assert fifths[-1].high > fifths[0].low
    assert "Gain by predictability, as written" in (tmp_path / "run/report.md").read_text()


chances = st.dictionaries(st.sampled_from("abcdefghij"), st.floats(0, 1), min_size=1)


@given(st.lists(st.tuples(chances, st.frozensets(st.sampled_from("abcdefghij"))), min_size=1, max_size=6))
def test_the_score_is_that_of_every_file_one_by_one(asked: list[tuple[dict[str, float], frozenset[str]]]) -> None:
    found = calibration([Question(c, (0, 0.0, 0.0), wanted) for c, wanted in asked])

    squares = [(p - (f in wanted)) ** 2 for c, wanted in asked for f, p in c.items()]
    assert found is not None
    assert found.brier == pytest.approx(np.mean(squares))
    assert sum(b.n for b in found.bins) == found.files == len(squares)
    assert sum(b.came * b.n for b in found.bins) == pytest.approx(sum(f in w for c, w in asked for f in c))


def test_files_told_as_sums_count_as_those_told_one_by_one() -> None:
    few = {f"f{n}": 0.004 for n in range(50)}
    whole = calibration([Question({"a": 0.9, **few}, (0, 0.0, 0.0), {"a"})])
    summed = calibration([Question({"a": 0.9}, (50, 50 * 0.004, 50 * 0.004**2), {"a"})])

    assert whole is not None
    assert summed is not None
    assert (summed.files, summed.questions) == (whole.files, 1)
    assert summed.brier == pytest.approx(whole.brier)
    assert [(b.n, b.came) for b in summed.bins] == [(b.n, b.came) for b in whole.bins]


def test_probabilities_that_hold_lie_on_the_line_and_gain_over_the_base_rate() -> None:
    random = np.random.default_rng(1)
    asked = []
    for _ in range(400):
        said = {f"f{n}": float(random.beta(0.5, 4)) for n in range(30)}
        asked.append(Question(said, (0, 0.0, 0.0), {f for f, p in said.items() if random.random() < p}))

    found = calibration(asked)

    assert found is not None
    assert len(found.bins) >= len(BINS) - 1
    assert all(abs(b.said - b.came) < 4 * math.sqrt(0.25 / b.n) for b in found.bins)
    assert found.skill > 0.1
    likely = found.likely(0.1)
    assert likely is not None
    assert likely.said == pytest.approx(likely.came, abs=0.03)
    assert calibration([]) is None


def test_what_is_given_is_neither_found_nor_to_be_found() -> None:
    assert recall(["a", "b", "c"], ["a"], ["a", "b", "d"], 1) == 0.5
    assert recall(["a", "b"], ["a"], ["a"], 5) is None


def test_what_is_expected_is_the_geometric_mean() -> None:
    assert mean_expectation({"a": 0.5, "b": 0.02}, ["a", "b"]) == pytest.approx(0.1)
    assert mean_expectation({"a": 0.5}, ["absent"]) == pytest.approx(1e-6)
    assert mean_expectation({}, []) is None


@given(st.lists(st.text(min_size=1), min_size=1, max_size=8, unique=True), st.text())
def test_the_same_one_to_three_files_are_drawn_at_each_run(files: list[str], seed: str) -> None:
    chosen = draw_sample(files, seed)

    assert chosen == draw_sample(list(reversed(files)), seed)
    assert 1 <= len(chosen) <= min(3, max(len(files) - 1, 1))
    assert set(chosen) <= set(files)
