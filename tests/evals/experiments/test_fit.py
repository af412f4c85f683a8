"""Fitted weights follow the tasks, are the same each time, and are judged on repositories that the fit has not seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from noctule.evals.errors import RunError
from noctule.evals.experiments import fit, fit_headline
from noctule.evals.experiments.fit import Example, Examples, Weights
from noctule.evals.experiments.fit_figures import Outcome
from noctule.evals.solvers.signals import likely_files, signals_path
from noctule.evals.tasks.strangers import find_strangers
from noctule.evals.tasks.task import Task
from noctule.indexer.search import companions
from noctule.indexer.search.confidence import HEADLINE

FILES, DEFINITIONS = ("words all", "path", "is code"), ("all", "named")


def example(task: str, repository: str, seed: int, telling: int = 0) -> Example:
    """Make a task of 30 files with three definitions each; one file signal, and the same of definitions, tells."""
    random = np.random.default_rng(seed)
    values = random.random((30, 3)).astype(np.float32)
    right = np.arange(30) == values[:, telling].argmax()
    owners = np.repeat(np.arange(30), 3)
    own = random.random((90, 2)).astype(np.float32)
    mine = np.flatnonzero(right[owners])
    right_one = np.arange(90) == mine[own[mine, telling].argmax()]
    bears = np.where(right_one, 0, -1)
    names, seeds = np.arange(90), np.arange(30)
    together = np.zeros((30, len(companions.NAMES), 30), np.float32)
    return Example(task, repository, values, right, False, own, owners, right_one, bears, 1, names, seeds, together)


def examples_of(tasks: int = 12) -> Examples:
    each = tuple(example(f"t{n}", ("acme/shop", "acme/mail", "acme/bank")[n % 3], n) for n in range(tasks))
    return Examples(FILES, DEFINITIONS, each)


def test_the_signal_that_tells_what_is_right_weighs_most() -> None:
    found = fit.fit(examples_of())

    assert found.files["words all"] > 1 > abs(found.files["path"])
    assert found.definitions["all"] > abs(found.definitions["named"])
    assert min(found.places["own"], found.places["file"]) > 0.1


def test_the_same_tasks_give_the_same_weights_in_any_order() -> None:
    examples = examples_of()
    turned = Examples(FILES, DEFINITIONS, examples.each[::-1])

    assert fit.fit(turned) == fit.fit(examples)


def test_a_repository_is_judged_with_weights_that_have_not_seen_it() -> None:
    misled = tuple(example(f"odd{n}", "acme/odd", 50 + n, telling=1) for n in range(30))
    examples = Examples(FILES, DEFINITIONS, (*examples_of().each, *misled))
    others, mine = examples.split("acme/odd")

    everything = fit.fit(examples)
    seen, unseen = (fit.fit_figures(mine, weights).each for weights in (everything, fit.fit(others)))
    left_out = fit.cross_validate(examples, everything).each

    assert [outcome for outcome in left_out if outcome.task.startswith("odd")] == list(unseen)
    assert sum(o.worst_file == 1 for o in seen) > sum(o.worst_file == 1 for o in unseen)


def test_what_changes_with_the_first_file_is_ranked_after_it() -> None:
    def together(one: Example) -> Example:
        """Make a file right that no signal of its own finds, and that has changed with the first one."""
        first = int(one.file_right.argmax())
        other = (first + 7) % 30
        joined = one.companions.copy()
        joined[:, 0] = np.eye(30)
        joined[first, companions.NAMES.index("changed with first"), other] = 0.8
        return fit.replace(one, companions=joined, file_right=one.file_right | (np.arange(30) == other))

    examples = examples_of(30)
    examples = fit.replace(examples, each=tuple(together(e) for e in examples.each))
    found = fit.fit(examples)
    without = fit.replace(found, companions={})

    assert max(found.companions, key=found.companions.__getitem__) == "changed with first"
    two, none = (fit.fit_figures(examples, w).rows()["files Acc@5, two to five files"] for w in (found, without))
    assert two[0] == none[0] == 30
    assert two[1] > none[1]


def test_questions_have_weights_of_their_own() -> None:
    asked = tuple(fit.replace(example(f"q{n}", "acme/faq", 90 + n, telling=1), asks=True) for n in range(30))
    found = fit.fit(Examples(FILES, DEFINITIONS, (*examples_of().each, *asked)))

    assert max(found.questions, key=found.questions.__getitem__) == "path"
    assert max(found.files, key=found.files.__getitem__) == "words all"
    assert fit.fit(examples_of()).questions.keys() == found.questions.keys()


def test_weights_stay_near_others_that_more_tasks_made() -> None:
    known = fit.fit(examples_of(30))
    few = Examples(FILES, DEFINITIONS, tuple(example(f"odd{n}", "acme/odd", 50 + n, telling=1) for n in range(3)))

    alone, held = fit.fit(few), fit.fit(few, around=known)

    assert alone.files["words all"] < held.files["words all"] <= known.files["words all"]
    assert held.files["path"] > known.files["path"]
    only = fit.fit(few, around=known, only=("files",))
    assert only == fit.replace(known, files=held.files)


def test_each_task_meets_the_title_of_another_repository() -> None:
    texts = [("acme/shop", "Carts"), ("acme/shop", "Prices"), ("acme/mail", "Mails\n\nThey are lost")]
    tasks = [Task(text, "issue", repository, "0" * 40, text, "patch") for repository, text in texts]

    assert find_strangers(tasks) == {"Carts": "Mails", "Prices": "Mails", texts[2][1]: "Prices"}
    assert find_strangers(tasks[:2]) == {}


def test_what_is_said_of_titles_of_other_repositories_falls() -> None:
    def doubt(number: int, *, is_stranger: bool) -> Outcome:
        made = make_outcome(number, "acme/shop", 0.5, right=number % 4 > 0 and not is_stranger)
        features = {**made.features, "doubt": 2.0 if is_stranger else 0.0}
        return fit.replace(made, features=features, is_stranger=is_stranger)

    own = [doubt(n, is_stranger=False) for n in range(40)]
    strange = [doubt(n, is_stranger=True) for n in range(40)]
    found = fit_headline.fit([*own, *strange], {"acme/shop": 1.0})

    judged = fit_headline.judge([own[1], strange[1]], found)
    assert found["doubt"] < -0.5
    assert judged[0].said > 0.6 > judged[1].said + 0.2
    assert "title of another repository" in "\n".join(fit_headline.describe(judged, judged))


def test_a_task_with_a_file_that_is_not_in_the_index_is_not_found() -> None:
    examples = examples_of(3)
    lacking = Examples(FILES, DEFINITIONS, tuple(fit.replace(e, missing=True) for e in examples.each))

    assert fit.fit_figures(lacking, fit.fit(examples)).rows()["files Acc@10"] == (3, 0.0)


def test_weights_in_use_that_are_not_the_fitted_ones_are_named() -> None:
    fitted = Weights({"path": 1.0, "frame": 0.5}, {}, {"first": 1.0}, {"all": 1.0}, {"own": 1.0})

    assert (
        fit.differences(fitted, Weights({"path": 1.01, "frame": 0.5}, {}, {"first": 1.0}, {"all": 1.0}, {"own": 1.0}))
        == []
    )
    assert fit.differences(
        fitted, Weights({"path": 1.0, "is old": 0.3}, {}, {"first": 1.0}, {"all": 1.2}, {"own": 1.0})
    ) == [
        "files, signal 'frame': 0.0 in use, 0.5 fitted",
        "files, signal 'is old': 0.3 in use, 0.0 fitted",
        "definitions, signal 'all': 1.2 in use, 1.0 fitted",
    ]


def make_outcome(number: int, repository: str, far: float, right: bool) -> Outcome:
    features = dict.fromkeys(HEADLINE, 0.0) | {"one": 1.0, "ahead of the second file": far}
    return Outcome(f"t{number}", "", False, 1, 1, None, repository, 20, right, True, features)


def test_what_a_first_line_says_is_as_often_right() -> None:
    random = np.random.default_rng(7)
    far = random.random(900)
    each = [
        make_outcome(n, ("acme/shop", "acme/mail", "acme/bank")[n % 3], float(f), bool(random.random() < 0.2 + 0.6 * f))
        for n, f in enumerate(far)
    ]
    shares = fit.count_shares(outcome.repository for outcome in each)

    judged = fit_headline.cross_validate(each, shares)

    assert len(judged) == len(each)
    for least in (0.2, 0.4, 0.6):
        some = [j for j in judged if least <= j.said < least + 0.2]
        right = sum(j.outcome.is_first_right for j in some) / len(some)
        assert abs(sum(j.said for j in some) / len(some) - right) < 0.07
    assert fit_headline.fit(each, shares) == fit_headline.fit(each, shares)


def test_a_task_that_gets_no_answer_says_nothing_of_how_sure_one_is() -> None:
    each = [make_outcome(n, "acme/shop", n / 40, n > 20) for n in range(40)]
    silent = [fit.replace(make_outcome(n, "acme/shop", n / 40, n < 20), is_about=False) for n in range(40)]
    shares = {"acme/shop": 1.0}

    assert fit_headline.fit([*each, *silent], shares) == fit_headline.fit(each, shares)
    assert fit_headline.judge(silent, dict.fromkeys(HEADLINE, 0.0)) == []


def test_signals_of_two_versions_are_not_mixed(tmp_path: Path) -> None:
    tasks = [Task(name, "issue", "acme/shop", "0" * 40, "text", "patch") for name in ("one", "two")]
    for task, names in zip(tasks, (FILES, (*FILES, "frame")), strict=True):
        columns = {name: getattr(example("t", "r", 1), name) for name in fit.COLUMNS}
        np.savez(
            signals_path(tmp_path, task),
            **columns,
            file_names=names,
            definition_names=DEFINITIONS,
            headline_names=(),
            missing=False,
            functions=1,
            asks=False,
            language="python",
        )

    assert len(fit.load(tmp_path, tasks[:1]).each) == 1
    with pytest.raises(RunError, match="signals that differ from task to task"):
        fit.load(tmp_path, tasks)


def test_files_that_are_code_and_have_no_other_role_come_first() -> None:
    names = ("words all", "path", "is test", "is code", "length")
    values = np.array([[0.9, 0.1, 0.5, 0.4], [0, 0, 0, 0], [1, 0, 0, 0], [1, 1, 1, 0], [0, 1, 0, 0]], np.float32)

    assert likely_files(names, values).tolist() == [2, 1, 0, 3]
