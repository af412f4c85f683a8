from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from noctule.indexer.arrays import pack, unpack
from noctule.indexer.files.git import Git, discover
from noctule.indexer.forecast.features import (
    CommitWalk,
    Past,
    PathNames,
    bare_stem,
    base_evidence,
    evidence_rows,
    word_evidence,
)
from noctule.indexer.forecast.model import Fitted, Prediction, State, make_state
from noctule.indexer.forecast.model import predict as predict_with
from noctule.indexer.forecast.training import fit
from noctule.indexer.history.history import History
from noctule.indexer.history.log import Change, Commit, read


class NumberedCounts:
    """Says which files are counted."""

    def describe_churn(self, path: str) -> str:
        return f"{path} changed"

    def describe_recency(self, path: str) -> str:
        return f"{path} changed last"

    def describe_together(self, others: Sequence[str], path: str) -> str:
        return f"{path} changed in commits to {' and '.join(others)}" if others else ""


def predict(state: State, fitted: Fitted, **asked: Any) -> Prediction:
    return predict_with(state, fitted, NumberedCounts(), **asked)


OTHERS = [f"lib/part{number:02}/module{number:02}.py" for number in range(40)]


def chain(changes: list[tuple[str, list[str]]], author: str = "ann@x.org") -> list[Commit]:
    commits: list[Commit] = []
    seen: set[str] = set()
    for number, (message, paths) in enumerate(changes):
        commits.append(
            Commit(
                oid=f"{number:040x}",
                parents=(f"{number - 1:040x}",) if number else (),
                time=1_000_000 + number * 600,
                author=author,
                message=message,
                changes=tuple(Change(path, "M" if path in seen else "A") for path in paths),
            )
        )
        seen.update(paths)
    return commits


def habit(count: int, seed: int = 1) -> list[tuple[str, list[str]]]:
    """One commit in three touches core/a.py, and 9 in 10 of those core/b.py as well; the rest is chance."""
    chance = random.Random(seed)
    changes: list[tuple[str, list[str]]] = [("Begin", ["core/a.py", "core/b.py"])]
    changes += [(f"Start part {number}", [path]) for number, path in enumerate(OTHERS)]
    for _ in range(count):
        kind = chance.randrange(3)
        if kind == 0:
            changes.append(("Tune the engine", ["core/a.py", *(["core/b.py"] if chance.random() < 0.9 else [])]))
        elif kind == 1:
            which = chance.randrange(40)
            changes.append((f"Polish module{which:02}", [OTHERS[which], OTHERS[(which + 1) % 40]]))
        else:
            changes.append(("Change something", chance.sample(OTHERS, 2)))
    return changes


@pytest.fixture(scope="module")
def engine() -> History:
    return History.of(chain(habit(500)))


@pytest.fixture(scope="module")
def fitted(engine: History) -> Fitted:
    return fit(engine)


def test_a_file_that_changed_with_the_given_one_in_nine_of_ten_commits_comes_first_at_about_that(
    engine: History, fitted: Fitted
) -> None:
    prediction = predict(make_state(engine, engine.paths), fitted, given=["core/a.py"])

    first, second = prediction.change_points[:2]
    assert first.path == "core/b.py"
    assert first.probability == pytest.approx(0.9, abs=0.1)
    assert second.probability < 0.2
    assert first.reasons[0].kind == "co-change"
    assert first.reasons[0].detail.endswith(" commits to core/a.py")
    assert (prediction.kind, prediction.withheld) == ("given", None)


def test_a_forecast_without_reasons_says_how_likely_the_same_files_are(engine: History, fitted: Fitted) -> None:
    state = make_state(engine, engine.paths)

    whole = predict(state, fitted, given=["core/a.py"], k=50)
    bare = predict(state, fitted, given=["core/a.py"], k=50, explains=False)

    assert any(point.reasons for point in whole.change_points)
    assert bare == replace(whole, change_points=tuple(replace(point, reasons=()) for point in whole.change_points))


def test_words_of_the_task_bring_up_what_commits_with_these_words_changed(engine: History, fitted: Fitted) -> None:
    state = make_state(engine, engine.paths)

    engines = predict(state, fitted, words=["engin", "tun"])
    polished = predict(state, fitted, words=["polish", "module07"])

    assert {point.path for point in engines.change_points[:2]} == {"core/a.py", "core/b.py"}
    assert polished.change_points[0].path == OTHERS[7]
    assert "module07" in polished.change_points[0].reasons[0].detail


def test_what_is_said_to_be_likely_comes_true_about_that_often(fitted: Fitted) -> None:
    bins = [row for model in fitted.models.values() for row in model.reliability if row[2] >= 30]

    assert bins
    for said, came_true, count in bins:
        # The two files come true together, so a bin holds half as many independent cases.
        assert came_true == pytest.approx(said, abs=0.05 + 3 * np.sqrt(said * (1 - said) / (count / 2)))


def test_the_hit_rate_beats_recency_and_frequency_where_there_is_a_pattern(fitted: Fitted) -> None:
    model = fitted.models["given"]

    assert model.hit_rate["recall@1"] > model.baselines["recency"]["recall@1"] + 0.1
    assert model.hit_rate["recall@1"] > model.baselines["frequency"]["recall@1"] + 0.1
    assert model.brier < model.brier_of_base_rate
    assert model.trials >= 50


def test_nothing_that_happens_later_changes_what_is_seen_at_a_commit() -> None:
    changes = habit(300)
    later = [("Tune the engine", ["core/b.py", OTHERS[3]])] * 50
    short, long = History.of(chain(changes)), History.of(chain(changes + later))
    at = len(changes) - 1

    def seen(history: History) -> np.ndarray:
        past, names = Past.of(history), PathNames.of(history.paths)
        now = CommitWalk(history, past).to(at)
        given = [history.paths.index("core/a.py")]
        return np.concatenate(
            [
                base_evidence(past, names, now),
                evidence_rows(past, names, now, given),
                word_evidence(past, names, now, ["engin", "module07"]),
            ]
        )

    assert np.array_equal(seen(short), seen(long))


def test_a_habit_that_only_the_test_commits_have_is_not_learned() -> None:
    chance = random.Random(3)
    before = [("Begin", OTHERS), *((f"Work {n}", ["core/a.py", chance.choice(OTHERS)]) for n in range(700))]
    steady = [(f"Work {n}", ["core/a.py", OTHERS[n // 25]]) for n in range(300)]
    other = [(f"Work {n}", ["core/a.py", chance.choice(OTHERS)]) for n in range(300)]

    one, two = (fit(History.of(chain([*before, *after]))).models["given"] for after in (steady, other))

    assert (one.weights, one.bias, one.mean) == (two.weights, two.bias, two.mean)
    assert one.hit_rate["recall@1"] > two.hit_rate["recall@1"] + 0.2


def test_what_serves_finds_at_most_a_point_less_than_the_best_plain_ranking() -> None:
    chance = random.Random(5)
    # One file changes again and again for a while, then the next: whatever changed last is the best guess.
    runs = [(f"Work {n}", [OTHERS[n // 6 % 40], chance.choice(OTHERS)]) for n in range(500)]
    models = fit(History.of(chain([("Begin", OTHERS), *runs]))).models

    assert set(models) == {"alone", "given", "task", "given and task"}
    for model in models.values():
        for cut, rate in model.hit_rate.items():
            assert rate >= max(rates[cut] for rates in model.baselines.values()) - 0.0101


def test_lock_files_bots_and_releases_are_left_out() -> None:
    commits = chain([(message, [*paths, "package-lock.json"]) for message, paths in habit(300)])
    bots = chain([("Bump a library", [OTHERS[7]])] * 100, "dependabot[bot]@users.noreply.github.com")
    releases = chain([(f"Release v1.{n}.0", [OTHERS[8]]) for n in range(100)])
    later = [
        Commit(f"{n:039x}f", (), 9_000_000 + n, c.author, c.message, c.changes)
        for n, c in enumerate([*bots, *releases])
    ]
    history = History.of([*commits, *later])
    named = [p.path for p in predict(make_state(history, history.paths), fit(history), k=10).change_points]

    assert "package-lock.json" not in named
    assert "core/a.py" in named[:3]
    assert {OTHERS[7], OTHERS[8]}.isdisjoint(named[:2])


def test_with_too_few_commits_a_prediction_is_withheld_and_says_why() -> None:
    history = History.of(chain(habit(0)))

    fitted = fit(history)
    prediction = predict(make_state(history, history.paths), fitted)

    assert fitted.models == {}
    assert prediction.change_points == ()
    assert prediction.withheld == ("needs 50 commits to learn from, this repository has 41")


def test_where_hardly_any_commit_touches_two_files_only_given_files_are_withheld() -> None:
    chance = random.Random(2)
    history = History.of(chain([("Change", [chance.choice(OTHERS)]) for _ in range(400)]))

    fitted = fit(history)
    prediction = predict(make_state(history, history.paths), fitted, given=[OTHERS[0]])

    assert set(fitted.models) == {"alone"}
    assert prediction.withheld is not None
    assert prediction.withheld.startswith("needs 50 recent commits of two or more files")


def test_enough_commits_of_two_files_are_tested_where_most_touch_one() -> None:
    chance = random.Random(3)
    commits = [("Change", chance.sample(OTHERS, 1 if number % 4 else 2)) for number in range(800)]

    fitted = fit(History.of(chain(commits)), 120)

    assert 50 <= fitted.models["given"].trials <= 80
    assert fitted.models["alone"].trials == 120


def test_an_empty_history_is_withheld_and_an_empty_repository_has_no_change_points(fitted: Fitted) -> None:
    nothing = History.empty()

    assert predict(make_state(nothing, ["a.py"]), fit(nothing)).withheld is not None
    assert predict(make_state(nothing, []), fitted).change_points == ()
    assert len(predict(make_state(nothing, ["a.py"]), fitted, given=["a.py"]).change_points) == 0


def test_only_live_files_other_than_the_given_ones_are_named(engine: History, fitted: Fitted) -> None:
    live = ["core/b.py", OTHERS[0], "never/committed.py"]

    prediction = predict(make_state(engine, live), fitted, given=["core/b.py", "gone.py"], k=50)

    assert {point.path for point in prediction.change_points} == {OTHERS[0], "never/committed.py"}


def test_given_files_and_words_that_are_unknown_leave_the_plain_prediction(engine: History, fitted: Fitted) -> None:
    state = make_state(engine, engine.paths)

    assert predict(state, fitted, given=["no/such.py"], words=["zzz"]) == predict(state, fitted)
    assert predict(state, fitted, k=0).change_points == ()


def test_a_renamed_file_is_predicted_under_its_present_name(fitted: Fitted) -> None:
    commits = chain(habit(300))
    move = Commit("f" * 40, (commits[-1].oid,), 9_000_000, "", "Move", (Change("core/new.py", "R", "core/b.py"),))
    history = History.of([*commits, move])

    prediction = predict(make_state(history, [*OTHERS, "core/a.py", "core/new.py"]), fitted, given=["core/a.py"])

    assert prediction.change_points[0].path == "core/new.py"


def test_models_and_state_survive_storage(engine: History, fitted: Fitted) -> None:
    state = make_state(engine, engine.paths)

    models = Fitted.from_dict(json.loads(json.dumps(fitted.to_dict())))
    stored = State.from_columns(unpack(pack(state.to_columns())), state.paths)

    assert models == fitted
    asked = {"given": ["core/a.py"], "words": ["engin"]}
    assert predict(stored, models, **asked) == predict(state, fitted, **asked)


def test_learning_twice_gives_the_same_models(engine: History, fitted: Fitted) -> None:
    assert fit(engine) == fitted


def test_a_source_file_and_its_test_share_a_stem_and_empty_names_do_not() -> None:
    assert {bare_stem(p) for p in ("src/parse.py", "tests/test_parse.py", "parse_test.go", "parse.spec.ts")} == {
        "parse"
    }
    assert bare_stem("a/__init__.py") != bare_stem("b/__init__.py")


def imported(folder: Path, commits: list[Commit]) -> Path:
    """Make a real repository of the commits."""
    subprocess.run(["git", "init", "-q", "-b", "main", folder], check=True)

    def stream() -> Iterator[str]:
        for commit in commits:
            yield f"commit refs/heads/main\ncommitter Ann <ann@x.org> {commit.time} +0000\n"
            yield f"data {len(commit.message.encode())}\n{commit.message}\n"
            for change in commit.changes:
                yield f"M 100644 inline {change.path}\ndata {len(commit.oid)}\n{commit.oid}\n"
            yield "\n"

    subprocess.run(["git", "fast-import", "--quiet"], cwd=folder, input="".join(stream()).encode(), check=True)
    return folder


def test_a_real_repository_gives_the_same_answer_as_its_commits(
    tmp_path: Path, engine: History, fitted: Fitted
) -> None:
    place = discover(imported(tmp_path / "engine", chain(habit(500))))
    assert place is not None

    history = History.of(read(Git(place), "refs/heads/main"))

    assert fit(history) == fitted
    given = {"given": ["core/a.py"]}
    assert predict(make_state(history, history.paths), fitted, **given) == predict(
        make_state(engine, engine.paths), fitted, **given
    )
