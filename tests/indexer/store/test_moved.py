"""A repository that was moved is not learned anew."""

from __future__ import annotations

import shutil
from pathlib import Path

from noctule.indexer.serve.repository import Repository
from noctule.indexer.store.moved import find_former_place
from noctule.lsp_server.cli.status import rows
from tests.repositories import Repository as Made


def sleep(root: Path, cache: Path) -> int:
    """Learn, and return how many files were parsed."""
    with Repository.open(root, cache=cache) as repository:
        return repository.sleep().parsed_blobs


def make(root: Path) -> Made:
    made = Made(root)
    made.commit("Start", {"a.py": "def f():\n    return 1\n", "b.py": "def g():\n    return 2\n"})
    return made


def test_a_repository_that_was_moved_is_not_read_again(tmp_path: Path) -> None:
    made, cache = make(tmp_path / "shop"), tmp_path / "cache"
    assert sleep(made.root, cache) == 2

    shutil.move(made.root, tmp_path / "elsewhere")

    assert sleep(tmp_path / "elsewhere", cache) == 0
    with Repository.open(tmp_path / "elsewhere", cache=cache) as repository:
        assert repository.status().freshness.state == "fresh"


def test_a_moved_repository_that_comes_back_still_has_its_store(tmp_path: Path) -> None:
    made, cache = make(tmp_path / "shop"), tmp_path / "cache"
    sleep(made.root, cache)
    shutil.move(made.root, tmp_path / "elsewhere")
    sleep(tmp_path / "elsewhere", cache)

    shutil.copytree(tmp_path / "elsewhere", made.root)

    assert sleep(made.root, cache) == 0


def test_another_repository_at_the_same_path_is_unknown_until_it_is_read(tmp_path: Path) -> None:
    made, cache = make(tmp_path / "shop"), tmp_path / "cache"
    sleep(made.root, cache)
    shutil.rmtree(made.root)
    other = Made(made.root)
    other.commit("Begin", {"c.py": "def h():\n    return 3\n"})

    with Repository.open(made.root, cache=cache) as repository:
        assert not repository.knows()
        assert repository.status().freshness.state == "unknown"
    assert sleep(made.root, cache) == 1
    with Repository.open(made.root, cache=cache) as repository:
        assert repository.status().commits == 1


def test_the_store_of_a_repository_that_is_there_or_may_come_back_is_its_own(tmp_path: Path) -> None:
    made, cache = make(tmp_path / "disk/shop"), tmp_path / "cache"
    sleep(made.root, cache)
    shutil.copytree(made.root, tmp_path / "copy")
    (next(cache.glob("shop-*")) / "state.db").write_bytes(b"notes of models")

    sleep(tmp_path / "copy", cache)
    shutil.move(tmp_path / "disk", tmp_path / "unmounted")
    shutil.copytree(tmp_path / "unmounted/shop", tmp_path / "disk2/shop")
    sleep(tmp_path / "disk2/shop", cache)

    assert [len(list(cache.glob(f"{name}-*"))) for name in ("shop", "copy")] == [2, 1]
    assert [file.parent.name[:5] for file in cache.glob("*/state.db") if b"models" in file.read_bytes()] == ["shop-"]


def test_status_names_the_place_of_which_sleep_takes_over_what_was_learned(tmp_path: Path) -> None:
    made, cache = make(tmp_path / "shop"), tmp_path / "cache"
    sleep(made.root, cache)
    with Repository.open(made.root, cache=cache) as repository:
        assert find_former_place(repository.ref.folder, made.git("rev-parse", "HEAD")) is None
    shutil.move(made.root, tmp_path / "elsewhere")

    with Repository.open(tmp_path / "elsewhere", cache=cache) as repository:
        said = dict(rows(repository.status(), 0.0))

    assert said["index"] == (
        f"nothing is indexed yet (run `noctule sleep`, which takes over what was learned at {made.root})"
    )
