"""A repository as its users see it: what is served after the files have changed, and what a bad store does to that."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from noctule.indexer.errors import (
    BadTask,
    NotADirectory,
    StoreDamaged,
    StoreError,
    StoreTooNew,
    UnknownRevision,
)
from noctule.indexer.results import Pack
from noctule.indexer.serve.repository import Repository, forget
from tests.repositories import Repository as Made
from tests.repositories import put_back

CART = """import math


def cart_total(items):
    total = 0
    for item in items:
        total += item.price
    return math.floor(total)


def cart_weight(items):
    return sum(item.weight for item in items)
"""
MONEY = "def round_half_up(price):\n    return int(price + 0.5)\n"
TASK = "cart_total and cart_weight are wrong, round_half_up too"


def learn(folder: Path) -> Made:
    """Make a shop, and learn it."""
    made = Made(folder / "shop")
    made.commit("Carts", {"shop/cart.py": CART, "shop/money.py": MONEY, "README.md": "# Carts\n"})
    Repository.open(made.root, cache=folder / "cache").sleep()
    return made


@pytest.fixture
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return put_back(tmp_path_factory.getbasetemp() / "carts", learn)


@pytest.fixture
def repository(made: Made) -> Repository:
    return Repository.open(made.root, cache=made.root.parent / "cache")


def asked(repository: Repository, task: str = TASK, **options: int) -> Pack:
    repository.refresh()
    try:
        return repository.context(task, **options)
    finally:
        repository.refresh()


def places(pack: Pack) -> dict[str, tuple[int, int]]:
    return {symbol.symbol: (symbol.start_line, symbol.end_line) for symbol in pack.symbols}


def quoted(pack: Pack) -> dict[str, list[str]]:
    """Return the source lines that the text shows, by the heading's symbol."""
    found: dict[str, list[str]] = {}
    for part in pack.text.split("\n== ")[1:]:
        heading, *lines = part.split("\n")
        below = re.compile(r"~~~|Also possible:|Also worth reading:|An edit there")
        end = next((n for n, line in enumerate(lines) if below.match(line)), None)
        found[heading.split(" ")[1]] = lines[:end]
    return found


# Files that have changed since the last sleep


def test_what_has_not_changed_is_served_where_it_stands(repository: Repository) -> None:
    pack = asked(repository)

    assert places(pack) == {"cart_total": (4, 8), "cart_weight": (11, 12), "round_half_up": (1, 2)}
    assert quoted(pack)["cart_total"] == CART.split("\n")[3:8]
    assert (pack.freshness.state, pack.dirty) == ("fresh", False)


def test_text_that_moved_is_followed_and_text_that_changed_is_withheld(made: Made, repository: Repository) -> None:
    moved = "# A comment.\n" * 7 + CART.replace("total = 0", "total = 1")
    made.write("shop/cart.py", moved)

    pack = asked(repository)

    assert places(pack) == {"cart_weight": (18, 19), "round_half_up": (1, 2)}
    assert quoted(pack)["cart_weight"] == CART.split("\n")[10:12]
    assert "shop/cart.py" in [f.path for f in pack.files]
    assert (pack.freshness.state, pack.freshness.pending, pack.dirty) == ("pending", ("shop/cart.py",), True)


def test_a_file_that_is_gone_is_not_served(made: Made, repository: Repository) -> None:
    (made.root / "shop/cart.py").unlink()

    pack = asked(repository)

    assert "cart" not in pack.text
    assert "shop/cart.py" not in [f.path for f in pack.files]
    assert places(pack) == {"round_half_up": (1, 2)}
    assert pack.freshness.pending == ("shop/cart.py",)


def test_a_file_that_moved_is_served_after_the_next_sleep(made: Made, repository: Repository) -> None:
    made.git("mv", "shop/cart.py", "shop/basket.py")

    before = asked(repository)
    report = repository.sleep()
    after = asked(repository)

    assert "shop/basket.py" not in [f.path for f in before.files]
    assert before.freshness.pending == ("shop/basket.py", "shop/cart.py")
    assert report.parsed_blobs == 0
    assert places(after)["cart_total"] == (4, 8)
    assert after.freshness.state == "fresh"


@pytest.mark.parametrize(
    "content", [b"", b"\0", b"\xff\xfe", CART.encode("utf-16"), CART.replace("\n", "\r\n").encode(), b"\xff" * 2000]
)
def test_a_file_that_became_something_else_is_not_quoted(made: Made, repository: Repository, content: bytes) -> None:
    made.write("shop/cart.py", content)

    pack = asked(repository)

    if content != CART.encode("utf-16"):  # which is the same text
        assert "cart_total" not in places(pack)
        assert "math.floor" not in pack.text
    else:
        assert places(pack)["cart_total"] == (4, 8)


@given(st.lists(st.one_of(st.integers(0, 12), st.sampled_from(["x = 1", "", "    total += item.price"])), max_size=16))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_served_of_an_edited_file_is_what_was_learned_and_what_is_there(
    made: Made, repository: Repository, edit: list[int | str]
) -> None:
    lines = CART.split("\n")
    live = [line if isinstance(line, str) else lines[line] for line in edit]
    made.write("shop/cart.py", "\n".join(live))

    pack = asked(repository)

    learned = {"cart_total": lines[3:8], "cart_weight": lines[10:12]}
    for symbol, (start, end) in places(pack).items():
        if symbol != "round_half_up":
            assert live[start - 1 : end] == learned[symbol]
    for symbol, source in learned.items():
        ends = [i + len(source) for i in range(len(live)) if live[i : i + len(source)] == source]
        # A definition goes on for as long as its lines are indented.
        there = any(not next(filter(None, live[end:]), "").startswith(" ") for end in ends)
        assert there == (symbol in places(pack))


def test_a_revision_is_served_from_git_whatever_the_work_tree_holds(made: Made, tmp_path: Path) -> None:
    at = Repository.open(made.root, at="HEAD", cache=tmp_path / "cache")
    at.sleep()
    (made.root / "shop/cart.py").write_text("gone = True\n")

    pack = asked(at)

    assert quoted(pack)["cart_total"] == CART.split("\n")[3:8]
    assert (pack.freshness.state, pack.dirty) == ("fresh", False)


# Budgets and tasks


@pytest.mark.parametrize("budget", [0, 1, 30, 60, 100, 300, 2000, 10_000_000, 10**30])
def test_no_budget_is_exceeded_and_files_do_not_depend_on_it(repository: Repository, budget: int) -> None:
    pack = asked(repository, budget_tokens=budget)

    assert pack.tokens <= budget
    assert [f.path for f in pack.files] == [f.path for f in asked(repository).files]


def test_thin_evidence_gives_no_pack(repository: Repository) -> None:
    pack = asked(repository, "xyzzy plugh")

    assert pack.abstained
    assert "==" not in pack.text
    assert asked(repository, "xyzzy plugh", budget_tokens=1).text == ""


@pytest.mark.parametrize(
    "task", ["x" * 1_000_000, "购物车总价错误" * 1000, "\0", "\ud800", "a\ud800b cart_total", "```", "~~~~"]
)
def test_any_task_is_answered(repository: Repository, task: str) -> None:
    pack = asked(repository, task)

    json.dumps(pack.to_json())
    assert pack.tokens <= 2000


def test_what_is_no_task_or_budget_is_refused(repository: Repository) -> None:
    for task in ("", " \n"):
        with pytest.raises(BadTask):
            repository.context(task)
    with pytest.raises(BadTask):
        repository.context(TASK, budget_tokens=-1)


# Places


def test_a_folder_below_the_root_means_the_repository(made: Made, tmp_path: Path) -> None:
    inside, outside = (Repository.open(p, cache=tmp_path) for p in (made.root / "shop", made.root))

    assert (inside.root, inside.folder) == (outside.root, outside.folder)


def test_what_is_no_repository_or_revision_is_said(made: Made, tmp_path: Path) -> None:
    with pytest.raises(NotADirectory):
        Repository.open(tmp_path / "none")
    for revision in ("none", "-x", "", "HEAD:shop", "HEAD\0"):
        with pytest.raises(UnknownRevision):
            Repository.open(made.root, at=revision)
    (tmp_path / "plain").mkdir()
    with pytest.raises(UnknownRevision):
        Repository.open(tmp_path / "plain", at="HEAD")


def test_a_bare_repository_is_learned_at_its_head(made: Made, tmp_path: Path) -> None:
    subprocess.run(["git", "clone", "-q", "--bare", made.root, tmp_path / "bare.git"], check=True)
    bare = Repository.open(tmp_path / "bare.git", cache=tmp_path / "cache")

    assert bare.sleep().parsed_blobs == 3
    assert places(asked(bare))["cart_total"] == (4, 8)


def test_a_plain_folder_is_learned_without_history(tmp_path: Path) -> None:
    (tmp_path / "plain/shop").mkdir(parents=True)
    (tmp_path / "plain/shop/cart.py").write_text(CART)
    plain = Repository.open(tmp_path / "plain", cache=tmp_path / "cache")

    report = plain.sleep()

    assert (report.parsed_blobs, report.commits_read, report.revision) == (1, 0, None)
    assert places(asked(plain)) == {"cart_total": (4, 8), "cart_weight": (11, 12)}


def test_a_repository_without_commits_and_one_without_files_are_learned(tmp_path: Path) -> None:
    empty = Repository.open(Made(tmp_path / "empty").root, cache=tmp_path / "cache")
    assert empty.sleep().complete
    assert asked(empty).abstained

    (tmp_path / "empty/cart.py").write_text(CART)
    assert empty.sleep().parsed_blobs == 1
    assert "cart_total" in places(asked(empty))


# The store


def test_nothing_is_known_before_the_first_sleep_and_after_it_is_forgotten(made: Made, tmp_path: Path) -> None:
    repository = Repository.open(made.root, cache=tmp_path / "cache")
    assert not repository.knows()
    with pytest.raises(StoreError, match="is not indexed yet"):
        repository.context(TASK)

    repository.sleep()
    assert repository.knows()

    forgotten = forget(made.root, cache=tmp_path / "cache")
    assert forgotten.existed
    assert forgotten.bytes > 0
    assert not repository.knows()
    assert not forget(made.root, cache=tmp_path / "cache").existed
    assert list((tmp_path / "cache").iterdir()) == []


def test_nothing_is_written_into_the_repository(made: Made, tmp_path: Path) -> None:
    def listing() -> dict[str, tuple[int, int]]:
        return {str(p): (p.lstat().st_size, p.lstat().st_mtime_ns) for p in made.root.rglob("*")}

    before = listing()
    repository = Repository.open(made.root, cache=tmp_path / "cache")
    repository.sleep()
    asked(repository)
    repository.notes("shop/cart.py")
    repository.predict()
    repository.status()

    assert listing() == before


@pytest.mark.parametrize("damage", ["emptied", "noise", "cut short", "pages", "table"])
def test_a_damaged_store_is_rebuilt_by_the_next_sleep(repository: Repository, damage: str) -> None:
    expected = answer(repository)
    file = repository.folder / "store.db"
    data = file.read_bytes()
    for beside in repository.folder.glob("store.db-*"):
        beside.unlink()
    match damage:
        case "emptied":
            file.write_bytes(b"")
        case "noise":
            file.write_bytes(b"noise " * 1000)
        case "cut short":
            file.write_bytes(data[: len(data) // 3])
        case "pages":
            file.write_bytes(data[:4096] + b"\xa5" * (len(data) - 4096))
        case _:
            with sqlite3.connect(file) as database:
                database.execute("DROP TABLE part")
            database.close()

    with pytest.raises(StoreDamaged):
        asked(repository)
    assert repository.status().freshness.state == "unknown"
    report = repository.sleep()

    assert (report.complete, report.parsed_blobs) == (True, 3)
    assert answer(repository) == expected


@pytest.mark.parametrize("table", ["posting", "definition", "part"])
def test_damage_is_found_before_an_answer_and_repaired_by_the_next_sleep(repository: Repository, table: str) -> None:
    expected = answer(repository)
    file = repository.folder / "store.db"
    with sqlite3.connect(file) as database:
        [(page,)] = database.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,))
        [(width,)] = database.execute("PRAGMA page_size")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    data = file.read_bytes()
    file.write_bytes(data[: (page - 1) * width] + b"\xa5" * width + data[page * width :])

    known = repository.knows()
    with pytest.raises(StoreDamaged):
        (repository.refresh(), repository.context(TASK), repository.notes("shop/cart.py"))
    report = repository.sleep()

    assert not known
    assert report.parsed_blobs == 3
    assert answer(repository) == expected
    assert repository.sleep().parsed_blobs == 0


def answer(repository: Repository) -> dict[str, Any]:
    said = dict(asked(repository).to_json())
    del said["elapsed_ms"], said["freshness"]
    return said


def test_a_store_of_a_later_version_stops_everything_but_forgetting(repository: Repository) -> None:
    with sqlite3.connect(repository.folder / "store.db") as database:
        database.execute("PRAGMA user_version = 1000")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    before = (repository.folder / "store.db").read_bytes()

    for ask in (repository.sleep, repository.knows, repository.status, lambda: asked(repository)):
        with pytest.raises(StoreTooNew):
            ask()

    assert (repository.folder / "store.db").read_bytes() == before
    assert forget(repository.root, cache=repository.folder.parent).existed


def test_what_gitattributes_say_of_files_counts(made: Made, tmp_path: Path) -> None:
    made.commit(
        "A library is copied",
        {
            ".gitattributes": "*.min text\nlib/** linguist-vendored\n",
            "lib/rounding.py": MONEY,
            "shop/.gitattributes": "money.py linguist-generated\n",
        },
    )
    repository = Repository.open(made.root, cache=tmp_path / "cache")
    repository.sleep()
    before = repository.status().ranked_down
    made.commit("It is ours", {".gitattributes": "*.min text\n"})
    repository.sleep()

    assert (before["vendored"], before["generated"]) == (1, 1)
    assert "vendored" not in repository.status().ranked_down


# Life


def test_a_closed_repository_answers_again_and_loads_anew(made: Made, repository: Repository) -> None:
    with repository:
        before = repository.context(TASK)
        made.write("shop/money.py", MONEY + "\n")
        same = repository.context(TASK)
    after = repository.context(TASK)
    repository.close()
    repository.close()

    assert before.freshness == same.freshness
    assert after.freshness.pending == ("shop/money.py",)


def test_what_was_learned_by_its_own_sleep_is_served_at_once(made: Made, repository: Repository) -> None:
    repository.context(TASK)
    made.commit("Count", {"shop/count.py": "def count_items(cart):\n    return len(cart)\n"})

    repository.sleep()

    assert repository.context("count_items counts twice").files[0].path == "shop/count.py"
    repository.close()


def test_what_was_loaded_is_not_mixed_with_what_was_learned_since(made: Made, tmp_path: Path) -> None:
    called = {f"m{n}.py": f"def total_{n}():\n    return {n}\n" for n in range(4)}
    callers = {f"use{n}.py": f"from m{n} import total_{n}\n\n\nX = total_{n}()\n" for n in range(4)}
    made.commit("More", {**called, **callers})
    cold, other = (Repository.open(made.root, cache=tmp_path / "more") for _ in range(2))
    other.sleep()
    before = cold.reader.ground  # loaded, and not asked yet
    made.commit("Other files first", {f"a{n}.py": f"import m{n % 4}\n" for n in range(20)})
    made.git("rm", "-q", "m0.py", "use0.py")
    other.sleep()

    assert before.known_uses.uses(before.position["m2.py"], 0).keys() == {before.position["use2.py"]}
    assert {point.path for point in cold.predict().change_points} <= set(before.index.paths)


def test_a_store_that_was_forgotten_meanwhile_is_not_asked_any_more(made: Made, repository: Repository) -> None:
    assert repository.knows()

    forget(made.root, cache=repository.folder.parent)

    assert not repository.knows()
    with pytest.raises(StoreError, match="is not indexed yet"):
        repository.context(TASK)


def test_a_repository_opens_at_a_path_that_is_a_text(made: Made, tmp_path: Path) -> None:
    opened = Repository.open(str(made.root / "shop"), cache=str(tmp_path / "cache"))

    assert (opened.root, opened.folder.parent) == (made.root, tmp_path / "cache")
