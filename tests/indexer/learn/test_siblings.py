"""Two clones of one repository on one machine: the second takes over what the first one knows, by blob and commit."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from noctule.indexer.errors import NoctuleError
from noctule.indexer.reports import SleepReport
from noctule.indexer.serve.repository import Repository, forget
from tests.repositories import Repository as Made

FILES: dict[str, str | bytes] = {
    "shop/till.py": "class Till:\n    def pay(self, sum):\n        return sum\n",
    "shop/desk.py": "from shop.till import Till\n\n\ndef sell(price):\n    return Till().pay(price)\n",
    "README.md": "# A shop\n\nIt sells.\n",
}


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def shop(tmp_path: Path) -> Made:
    made = Made(tmp_path / "shop")
    made.commit("Sell things", FILES)
    for number in range(3):
        made.commit(f"Change the till, part {number}", {"shop/till.py": f"{FILES['shop/till.py']!s}X = {number}\n"})
    return made


def sleep(root: Path, cache: Path) -> SleepReport:
    with Repository.open(root, cache=cache) as repository:
        return repository.sleep()


def clone(made: Made, root: Path, *options: str) -> Made:
    made.git("clone", "--quiet", *options, f"file://{made.root}", str(root))
    return Made(root)


def ask(root: Path, cache: Path) -> object:
    """Return what is answered about a task, the forecast and the notes."""
    with Repository.open(root, cache=cache) as repository:
        pack = repository.context("pay at the till")
        return (
            pack.files,
            pack.text,
            repository.predict("shop/till.py").change_points,
            repository.notes("shop/till.py").claims,
        )


def test_a_second_clone_parses_no_known_file_and_reads_no_known_commit(shop: Made, cache: Path, tmp_path: Path) -> None:
    first = sleep(shop.root, cache)
    other = clone(shop, tmp_path / "elsewhere")
    alone = tmp_path / "alone"

    second = sleep(other.root, cache)

    assert (first.parsed_blobs, first.commits_read) == (3, 4)
    assert (second.parsed_blobs, second.commits_read, second.complete) == (0, 0, True)
    assert (second.known_blobs, second.commits_known) == (3, 4)
    assert sleep(other.root, alone).parsed_blobs == 3
    assert ask(other.root, cache) == ask(other.root, alone)


def test_of_a_fork_only_what_differs_is_read(shop: Made, cache: Path, tmp_path: Path) -> None:
    fork = clone(shop, tmp_path / "fork")
    fork.commit("Count coins", {"shop/coins.py": "def count():\n    return 0\n"})
    fork.commit("Say more", {"README.md": "# A shop\n\nIt sells coins.\n"})
    shop.commit("Close the desk", {"shop/desk.py": "def close():\n    return None\n"})
    sleep(shop.root, cache)

    slept = sleep(fork.root, cache)

    assert (slept.parsed_blobs, slept.commits_read) == (3, 2)  # the desk as it was before, too
    assert sleep(fork.root, tmp_path / "alone").complete
    assert ask(fork.root, cache) == ask(fork.root, tmp_path / "alone")


def test_the_nearest_clone_is_taken(shop: Made, cache: Path, tmp_path: Path) -> None:
    behind = clone(shop, tmp_path / "behind/shop")
    sleep(behind.root, cache)
    shop.commit("Count coins", {"shop/coins.py": "def count():\n    return 0\n"})
    other = clone(shop, tmp_path / "elsewhere/shop")
    assert sleep(shop.root, cache).parsed_blobs == 1

    slept = sleep(other.root, cache)

    assert (slept.parsed_blobs, slept.commits_read) == (0, 0)


def test_another_repository_with_the_same_files_is_learned_by_itself(shop: Made, cache: Path, tmp_path: Path) -> None:
    sleep(shop.root, cache)
    other = Made(tmp_path / "other")
    other.commit("Begin", dict(FILES))

    slept = sleep(other.root, cache)

    assert (slept.parsed_blobs, slept.commits_read) == (3, 1)


def test_what_belongs_to_one_clone_stays_there(shop: Made, cache: Path, tmp_path: Path) -> None:
    other = clone(shop, tmp_path / "elsewhere")
    shop.write("shop/draft.py", "def draft():\n    return 'not yet'\n")
    sleep(shop.root, cache)
    folder = next(cache.glob("shop-*"))
    (folder / "state.db").write_bytes(b"notes of models")
    (other.root / ".git/info/exclude").write_text("*.md\n")
    other.git("rm", "--quiet", "--cached", "README.md")

    sleep(other.root, cache)

    with Repository.open(other.root, cache=cache) as repository:
        for absent in ("shop/draft.py", "README.md"):
            with pytest.raises(NoctuleError):
                repository.notes(absent)
        assert repository.folder != folder
        assert (
            not (repository.folder / "state.db").exists()
            or (repository.folder / "state.db").read_bytes()[:5] == b"SQLit"
        )
        with sqlite3.connect(repository.folder / "store.db") as db:
            roots = [bytes.fromhex(name.removeprefix("work:")) for (name,) in db.execute("SELECT name FROM view")]
            assert roots == [bytes(other.root)]
            assert {row[0] for row in db.execute("SELECT root FROM stat")} == {bytes(other.root).hex()}
        db.close()


def test_what_may_hold_secrets_by_its_name_here_is_not_taken_over(shop: Made, cache: Path, tmp_path: Path) -> None:
    other = clone(shop, tmp_path / "elsewhere")
    sleep(shop.root, cache)
    other.git("mv", "shop/desk.py", ".env")
    other.commit("Move it")

    slept = sleep(other.root, cache)

    assert (slept.parsed_blobs, slept.commits_read) == (1, 1)
    with Repository.open(other.root, cache=cache) as repository:
        assert "sell" not in str(repository.notes(".env"))


def test_a_shallow_clone_takes_the_files_and_reads_its_own_history(shop: Made, cache: Path, tmp_path: Path) -> None:
    sleep(shop.root, cache)
    other = clone(shop, tmp_path / "elsewhere", "--depth=1")

    slept = sleep(other.root, cache)

    assert (slept.parsed_blobs, slept.commits_read) == (0, 1)
    with Repository.open(other.root, cache=cache) as repository:
        assert repository.status().commits == 1


def test_a_store_that_was_begun_and_one_of_a_bare_clone_take_over_as_well(
    shop: Made, cache: Path, tmp_path: Path
) -> None:
    sleep(shop.root, cache)
    begun = clone(shop, tmp_path / "begun")
    shop.git("clone", "--quiet", "--bare", str(shop.root), str(tmp_path / "bare"))
    with Repository.open(begun.root, cache=cache) as repository:
        repository.look_first("pay", is_only=True)
        repository.begin()
        assert (repository.folder / "store.db").exists()

    assert (sleep(begun.root, cache).parsed_blobs, sleep(tmp_path / "bare", cache).parsed_blobs) == (0, 0)


def test_a_damaged_store_of_another_clone_is_not_taken_over(shop: Made, cache: Path, tmp_path: Path) -> None:
    sleep(shop.root, cache)
    store = next(cache.glob("shop-*/store.db"))
    data = bytearray(store.read_bytes())
    data[len(data) // 2] ^= 255
    store.write_bytes(data)

    assert sleep(clone(shop, tmp_path / "elsewhere").root, cache).parsed_blobs == 3


def test_clones_go_on_by_themselves(shop: Made, cache: Path, tmp_path: Path) -> None:
    sleep(shop.root, cache)
    other = clone(shop, tmp_path / "elsewhere")
    sleep(other.root, cache)
    shop.commit("Count coins", {"shop/coins.py": "def count():\n    return 0\n"})
    sleep(shop.root, cache)
    forget(shop.root, cache)
    shutil.rmtree(shop.root)

    assert sleep(other.root, cache).parsed_blobs == 0
    with Repository.open(other.root, cache=cache) as repository:
        assert repository.status().freshness.state == "fresh"
