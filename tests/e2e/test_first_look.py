"""The first answer about a repository that was never indexed: soon, right, and called what it is."""

from __future__ import annotations

import contextlib
import os
import pty
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from noctule.indexer.learn.first_look import MOST_BYTES, MOST_FILES
from noctule.indexer.progress import Pace
from noctule.indexer.serve.repository import Repository
from noctule.indexer.store.lease import lease
from noctule.indexer.store.location import store_folder
from tests.e2e.conftest import Noctule
from tests.e2e.repositories import Repo
from tests.patience import PATIENCE_S

TASK = "The discount of the cart is taken off twice in total_price"
FILES = 2 * MOST_FILES
CART = "def total_price(items, discount):\n    # taken off the whole cart\n    return sum(items) - 2 * discount\n"


def filler(number: int) -> str:
    line = f"    parcels_{number} = weigh_parcel_{number}(scale, shelf, parcels_{number})\n"
    return f"def weigh_parcel_{number}(scale, shelf, parcels_{number}):\n" + line * (
        MOST_BYTES // FILES // len(line) + 20
    )


@pytest.fixture(scope="module")
def pristine_depot(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    repo = Repo.make(tmp_path_factory.mktemp("pristine") / "depot")
    files = {f"depot/parcel_{number}.py": filler(number) for number in range(FILES)}
    repo.commit("Weigh parcels", files)
    repo.commit("Take off the discount", {"shop/cart.py": CART, "shop/bill.py": "from shop.cart import total_price\n"})
    return repo


@pytest.fixture
def depot(pristine_depot: Repo, tmp_path: Path) -> Repo:
    """A repository with more texts than a first look reads in full; nothing is known about it."""
    shutil.copytree(pristine_depot.path, tmp_path / "depot", symlinks=True)
    return Repo(tmp_path / "depot")


def freshness(answer: dict[str, Any]) -> tuple[Any, ...]:
    held = answer["freshness"]
    return held["state"], held["learned_at"] is not None, held["history"] is not None, held["pending_count"] > 0


FIRST_LOOK = ("pending", False, False, True)
INDEXED = ("fresh", True, True, False)


def test_the_first_answer_is_a_first_look_and_says_so(noctule: Noctule, depot: Repo) -> None:
    ran = noctule.ok("context", depot.path, TASK)

    assert "shop/cart.py" in ran.out.splitlines()[0]
    assert "return sum(items) - 2 * discount" in ran.out
    assert "First look: " in ran.err
    assert "Indexing" not in ran.err


def test_what_was_looked_at_first_is_never_called_indexed(noctule: Noctule, depot: Repo) -> None:
    answer = noctule.json("context", depot.path, TASK)
    status = noctule.json("status", depot.path)

    assert freshness(answer) == FIRST_LOOK
    assert (answer["files"][0]["path"], answer["claims"]) == ("shop/cart.py", [])
    assert status["freshness"]["state"] == "unknown"
    assert noctule.ok("status", depot.path).out.count("nothing is indexed yet") == 1


def test_the_next_answer_is_from_all_there_is(noctule: Noctule, depot: Repo) -> None:
    first = noctule.json("context", depot.path, TASK)
    second = noctule.ok("context", depot.path, TASK)
    third = noctule.json("context", depot.path, TASK)

    assert "Indexing " in second.err
    assert "First look" not in second.err
    assert freshness(third) == INDEXED
    assert {file["path"] for file in first["files"][:2]} == {file["path"] for file in third["files"][:2]}


@pytest.mark.parametrize("command", ["notes", "predict"])
def test_what_rests_on_relations_and_history_is_indexed_first(noctule: Noctule, depot: Repo, command: str) -> None:
    noctule.ok("context", depot.path, TASK)

    answer = noctule.json(command, depot.path, "shop/cart.py")

    assert freshness(answer) == INDEXED


def test_a_sleep_after_a_first_look_knows_what_one_without_knows(noctule: Noctule, depot: Repo, tmp_path: Path) -> None:
    other = Noctule(tmp_path / "cache" / "other")
    noctule.ok("context", depot.path, TASK)

    after, alone = noctule.json("sleep", depot.path), other.json("sleep", depot.path)

    facts = ("complete", "parsed_blobs", "known_blobs", "commits_read", "failed")
    assert [after[fact] for fact in facts] == [alone[fact] for fact in facts]
    assert noctule.ok("context", depot.path, TASK).out == other.ok("context", depot.path, TASK).out


def test_where_nothing_can_be_kept_a_first_look_says_why(noctule: Noctule, depot: Repo, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    ran = noctule.ok("context", depot.path, TASK, env={"NOCTULE_CACHE_DIR": str(tmp_path / "file")})

    assert "shop/cart.py" in ran.out.splitlines()[0]
    assert "Nothing can be kept for the next answer: " in ran.err
    assert "choose another folder with NOCTULE_CACHE_DIR" in ran.err


def test_where_nothing_can_be_kept_a_small_repository_is_looked_at_too(
    noctule: Noctule, shop: Repo, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    nowhere = {"NOCTULE_CACHE_DIR": str(tmp_path / "file")}

    ran = noctule.ok("context", shop.path, TASK, env=nowhere)

    assert "shop/cart.py" in ran.out.splitlines()[0]
    assert "First look: history not read." in ran.err
    assert "Nothing can be kept for the next answer: " in ran.err
    assert "The next answer comes" not in ran.err


def test_a_revision_is_looked_at_as_it_was(noctule: Noctule, depot: Repo) -> None:
    before = depot.head()
    depot.commit("Rename", {"shop/cart.py": CART.replace("total_price", "price_of_all")})

    answer = noctule.json("context", depot.path, TASK, "--at", before)

    assert freshness(answer) == FIRST_LOOK
    assert "def total_price" in answer["text"]


def test_a_folder_without_git_is_looked_at_too(noctule: Noctule, depot: Repo) -> None:
    (depot.path / ".git").rename(depot.path.parent / "away")

    answer = noctule.json("context", depot.path, TASK)

    assert (freshness(answer), answer["files"][0]["path"]) == (FIRST_LOOK, "shop/cart.py")


def test_a_small_repository_is_indexed_at_once(noctule: Noctule, shop: Repo) -> None:
    assert freshness(noctule.json("context", shop.path, TASK)) == INDEXED


def test_a_first_look_waits_for_no_other_process(noctule: Noctule, depot: Repo) -> None:
    noctule.ok("context", depot.path, TASK)  # the next one would index it
    with lease(store_folder(depot.path / ".git", noctule.cache)) as held:
        assert held.acquire()

        first, second = (noctule.json("context", depot.path, TASK) for _ in range(2))

    assert (freshness(first), freshness(second)) == (FIRST_LOOK, FIRST_LOOK)
    assert freshness(noctule.json("notes", depot.path)) == INDEXED


def test_a_first_look_comes_before_what_another_process_has_read_a_part_of(noctule: Noctule, depot: Repo) -> None:
    with Repository.open(depot.path, cache=noctule.cache) as repository:
        repository.sleep(pace=Pace(history=False, only=frozenset({"depot/parcel_1.py"})))
        part = noctule.json("context", depot.path, TASK)
        with lease(repository.folder) as held:
            assert held.acquire()

            look = noctule.json("context", depot.path, TASK)

    assert [file["path"] for file in part["files"]] == ["depot/parcel_1.py"]
    assert (freshness(look), look["files"][0]["path"]) == (FIRST_LOOK, "shop/cart.py")


@pytest.mark.parametrize(
    ("number", "after_s"),
    [(signal.SIGINT, 0.05), (signal.SIGKILL, 0.2), (signal.SIGINT, 0.4), (signal.SIGKILL, 0.8)],
)
def test_a_first_look_that_is_stopped_leaves_nothing_behind(
    noctule: Noctule, depot: Repo, number: signal.Signals, after_s: float
) -> None:
    with noctule.start("context", depot.path, TASK) as process:
        time.sleep(after_s)
        process.send_signal(number)
        process.communicate(timeout=PATIENCE_S)

    assert noctule.json("status", depot.path)["freshness"]["state"] == "unknown"
    assert noctule.json("sleep", depot.path)["complete"]
    assert freshness(noctule.json("context", depot.path, TASK)) == INDEXED


@pytest.fixture
def screen() -> Iterator[tuple[int, int]]:
    near, far = pty.openpty()
    yield near, far
    os.close(near)


def test_for_a_person_indexing_goes_on_below_the_answer(noctule: Noctule, depot: Repo, screen: tuple[int, int]) -> None:
    near, far = screen
    with noctule.start("context", depot.path, TASK, stderr=far) as process:
        os.close(far)
        out, _ = process.communicate(timeout=PATIENCE_S)
    shown = ""
    with contextlib.suppress(OSError):  # the other end is closed
        while part := os.read(near, 100_000):
            shown += part.decode()

    assert b"shop/cart.py" in out
    assert shown.index("First look: ") < shown.index("Indexing the rest")
    assert noctule.json("status", depot.path)["freshness"]["state"] == "fresh"


def test_files_of_secrets_are_not_searched(noctule: Noctule, depot: Repo) -> None:
    depot.write(".env", "TOTAL_PRICE_DISCOUNT=hunter2-cart\n" * 40)
    depot.write("credentials.json", '{"discount": "total_price cart hunter2"}\n' * 40)

    answer = noctule.json("context", depot.path, TASK)

    assert "hunter2" not in str(answer)
