"""Time order is sacred: nothing that came after a task's base is seen by any solver, or by what they learned."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from noctule.evals.experiments.runner import Desk, EvalJob
from noctule.evals.run_folder import GOLD, SLEEP, Row
from noctule.evals.solvers.named import GROUPS, PLAIN, expand
from noctule.evals.tasks.history import mine
from noctule.evals.tasks.task import Task
from noctule.evals.tasks.trajectories import Recording, Step
from noctule.indexer.files.git import RepositoryPlace, discover
from noctule.indexer.serve.repository import Repository as Noctule
from tests.evals.conftest import PRICE, Shop
from tests.repositories import Repository

MARKER = "zyzzogeton"
SOLVERS = expand([*PLAIN, "budgets", "ablation", "explorers", "forecasts", "recorded"])


@pytest.fixture
def marked(tmp_path: Path) -> Shop:
    """The shop, with a marker word in everything that a later commit can hold."""
    shop = Shop(tmp_path / "shop")
    shop.commit(
        f"The discount of a season now knows {MARKER}",
        {
            f"shop/{MARKER}.py": f"def {MARKER}(rate):\n    return rate\n",
            "shop/price.py": PRICE + f"\n\ndef {MARKER}_rate(amount, rate):\n    return {MARKER}(rate)\n",
            "README.md": f"# Shop {MARKER}\n",
        },
    )
    shop.git("mv", "shop/basket.py", f"shop/{MARKER}_basket.py")
    shop.commit(f"Rename for {MARKER}")
    shop.git("tag", MARKER)
    return shop


def task_of(shop: Shop) -> Task:
    text = f"The discount of an unknown season fails in shop/{MARKER}.py at {MARKER}_rate: take nothing off the amount"
    return Task("t", "issue", "shop", shop.base, text, shop.patch(shop.base, shop.fix))


def place_of(shop: Repository) -> RepositoryPlace:
    place = discover(shop.root)
    assert place is not None
    return place


def answers(shop: Repository, task: Task, cache: Path) -> list[Row]:
    step = Step("read", (("shop/price.py", 1, 5),), (), 10, 50)
    recording = Recording("t", "agent", "model", 1000, (step, replace(step, kind="edit", read=())))
    with Desk(cache, {"t": (recording,)}) as desk:
        return list(desk.work(EvalJob(place_of(shop), ((task, SOLVERS),)), lambda *_: None))


def timeless(row: Row) -> object:
    """Return an answer without what a clock measured."""
    text = json.dumps({"solver": row.solver, "status": row.status, "answer": row.answer}, sort_keys=True)
    return re.sub(r'"\w+_ms": [\d.]+', "", text)


def test_a_marker_word_of_a_future_commit_never_appears_though_the_task_asks_for_it(
    marked: Shop, tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    Noctule.open(marked.root, cache=cache).sleep()
    Noctule.open(marked.root, at=MARKER, cache=cache).sleep()
    assert MARKER in json.dumps(Noctule.open(marked.root, cache=cache).context(task_of(marked).text).to_json())

    rows = answers(marked, task_of(marked), cache)

    assert [r.solver for r in rows if r.status != "ok"] == []
    assert {r.solver for r in rows} == {*SOLVERS, GOLD, SLEEP}
    assert [r.solver for r in rows if MARKER in json.dumps(r.to_json())] == []
    pack = Noctule.open(marked.root, at=marked.base, cache=cache).context(task_of(marked).text, budget_tokens=8000)
    assert MARKER not in json.dumps(pack.to_json())


def test_what_was_learned_of_the_future_changes_no_answer_about_the_past(marked: Shop, tmp_path: Path) -> None:
    knowing, ignorant = tmp_path / "knowing", tmp_path / "ignorant"
    Noctule.open(marked.root, cache=knowing).sleep()

    with_future, without = (answers(marked, task_of(marked), cache) for cache in (knowing, ignorant))

    learned = {GOLD, SLEEP}
    assert [timeless(r) for r in with_future if r.solver not in learned] == [
        timeless(r) for r in without if r.solver not in learned
    ]


def test_a_clone_that_ends_at_the_base_gives_the_same_answers(marked: Shop, tmp_path: Path) -> None:
    marked.git("branch", "past", marked.base)
    past = Repository(tmp_path / "past")
    past.git("fetch", "-q", str(marked.root), "past:past")
    past.git("checkout", "-q", "past")
    assert past.attempt("cat-file", "-e", marked.fix).returncode != 0
    task = task_of(marked)

    full, cut = answers(marked, task, tmp_path / "full"), answers(past, task, tmp_path / "cut")

    assert [timeless(r) for r in full if r.solver != SLEEP] == [timeless(r) for r in cut if r.solver != SLEEP]


def test_tasks_mined_from_history_are_asked_at_the_parent_of_their_commit(marked: Shop) -> None:
    mined = mine(place_of(marked), "shop", MARKER, 100)

    assert mined.tasks
    for task in mined.tasks:
        assert task.commit is not None
        assert marked.git("rev-parse", f"{task.commit}^") == task.base


def test_every_solver_is_under_this_test() -> None:
    assert {s for group in GROUPS.values() for s in expand(group)} <= set(SOLVERS)
