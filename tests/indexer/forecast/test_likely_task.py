"""What may be asked next: told from the work tree, answered ahead of time, never served when it has become wrong."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from noctule.indexer.background.runners import RUNNERS, JobRun
from noctule.indexer.forecast.likely_task import LikelyTask, find_changed_files, tasks
from noctule.indexer.results import Pack, from_json
from noctule.indexer.serve.repository import Repository, ignore
from tests.patience import PATIENCE_S
from tests.repositories import Repository as Made

CART = "def cart_total(items):\n    return sum(item.price for item in items)\n"
MONEY = "def round_half_up(price):\n    return int(price + 0.5)\n"


@pytest.fixture
def made(tmp_path: Path) -> Made:
    made = Made(tmp_path / "shop")
    made.commit("Round prices half up", {"shop/cart.py": CART, "shop/money.py": MONEY})
    return made


@pytest.fixture
def repository(made: Made, tmp_path: Path) -> Repository:
    subprocess.run(["git", "checkout", "-q", "-b", "fix/cart-total"], cwd=made.root, check=True)
    repository = Repository.open(made.root, cache=tmp_path / "cache")
    repository.sleep()
    return repository


def told(repository: Repository) -> tuple[LikelyTask, ...]:
    snapshot = repository.snapshot()
    return tasks(repository.place, snapshot.revision, find_changed_files(repository.place, snapshot))


def prepare(repository: Repository) -> None:
    likeliest = told(repository)[0]
    run = JobRun(repository, time.monotonic() + PATIENCE_S, 1, ignore, likeliest.source, likeliest.text)
    assert RUNNERS["pack"](run) == "done"
    repository.refresh()


def test_a_token_in_the_name_of_a_branch_or_in_a_subject_is_left_out(made: Made, repository: Repository) -> None:
    token = "ghp_" + "a1B2" * 9
    made.commit(f"Rotate {token} of the cart", {"shop/cart.py": CART + "\n"})
    subprocess.run(["git", "checkout", "-q", "-b", f"rotate-{token}"], cwd=made.root, check=True)

    found = told(repository)

    assert found[0] == LikelyTask("rotate secret", "the branch rotate-[secret]")
    assert not [task for task in found if "a1B2" in task.text + task.source]


def test_the_branch_then_what_is_changed_then_the_commits_say_what_may_be_asked(
    made: Made, repository: Repository
) -> None:
    made.write("shop/money.py", MONEY + "\n")

    found = told(repository)

    assert [(task.text, task.source.partition(" ")[0]) for task in found] == [
        ("cart total", "the"),
        ("money.py", "changes"),
        ("Round prices half up", "commit"),
    ]


def test_what_was_answered_ahead_of_time_is_given_again_and_marked_as_a_guess(repository: Repository) -> None:
    prepare(repository)

    first, second = repository.likely(), repository.likely()

    assert first is not None
    assert first.assumed == "cart total (the branch fix/cart-total)"
    assert first.files[0].path == "shop/cart.py"
    assert first == second
    assert vars(repository)["_reader"] is None  # nothing was loaded to answer


def test_an_answer_of_before_an_edit_is_not_given(made: Made, repository: Repository) -> None:
    prepare(repository)
    made.write("shop/cart.py", CART.replace("price", "weight"))

    pack = repository.likely()

    assert pack is not None
    assert "item.price" not in pack.text
    assert pack.freshness.pending == ("shop/cart.py",)


def test_an_answer_that_an_edit_overtook_is_not_kept_for_what_came_after(made: Made, repository: Repository) -> None:
    class Overtaken(Repository):
        def context(self, *args: Any, **options: Any) -> Pack:
            pack = super().context(*args, **options)
            made.write("shop/cart.py", CART.replace("price", "weight"))
            return pack

    Overtaken(repository.ref).prepare(LikelyTask("cart total", "the branch fix/cart-total"))

    pack = repository.likely()
    assert pack is not None
    assert "item.price" not in pack.text


def test_nothing_is_guessed_outside_of_git(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "a.py").write_text(CART)
    repository = Repository.open(tmp_path / "plain", cache=tmp_path / "cache")
    repository.sleep()

    assert repository.likely() is None


def test_an_answer_read_back_from_json_is_the_answer(repository: Repository) -> None:
    pack = repository.context("cart_total is wrong")

    again = from_json(Pack, json.loads(json.dumps(pack.to_json())))

    assert again.to_json() == pack.to_json()
    assert (again.files[0].spans, again.claims) == (pack.files[0].spans, pack.claims)


def test_a_damaged_past_leaves_the_branch_to_tell_from(made: Made, repository: Repository) -> None:
    made.write("shop/cart.py", CART + "# more\n")
    for object_id in (made.git("rev-parse", "HEAD^{tree}"), made.git("rev-parse", "HEAD")):
        loose = made.root / ".git/objects" / object_id[:2] / object_id[2:]
        content = loose.read_bytes()
        loose.chmod(0o600)
        loose.unlink()

        assert told(repository)[0].source == "the branch fix/cart-total"

        loose.write_bytes(content)
