"""A store that an earlier version of Noctule left is as good as none: it is learned anew, and nobody sees an error."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from noctule.indexer.errors import NotIndexed
from noctule.indexer.serve.repository import Repository
from noctule.indexer.store.connection import KIND
from tests.repositories import Repository as Made


def make_old(folder: Path, version: int) -> None:
    """Put a store of an earlier schema in place of the one that is there, with a blob in it."""
    for file in folder.glob("store.*"):
        file.unlink()
    with closing(sqlite3.connect(folder / "store.db", isolation_level=None)) as database:
        for step in KIND.migrations()[:version]:
            database.executescript(step.read_text("utf-8"))
        database.execute("PRAGMA journal_mode = WAL")
        database.execute(f"PRAGMA user_version = {version}")
        database.execute("INSERT INTO name VALUES (1, 'total')")
        database.execute("INSERT INTO posting VALUES ('cart', 0, x'0000', x'01')")
        database.execute("INSERT INTO view VALUES (1, 'work:', 'key', NULL, 0, 0, 0)")


@pytest.mark.parametrize("version", [1, 8])
def test_a_store_of_an_earlier_version_is_learned_anew_without_an_error(version: int, tmp_path: Path) -> None:
    made = Made(tmp_path / "shop")
    made.commit(files={"cart.py": "def total(cart):\n    return sum(cart)\n"})
    with Repository.open(made.root, cache=tmp_path / "cache") as learned:
        learned.sleep()
        expected, folder = learned.context("total of the cart is wrong").text, learned.folder
    make_old(folder, version)

    with Repository.open(made.root, cache=tmp_path / "cache") as repository:
        known = repository.knows()
        with pytest.raises(NotIndexed):
            repository.context("total of the cart is wrong")
        repository.status()
        report = repository.sleep()
        found = repository.context("total of the cart is wrong").text

    assert (known, report.complete, report.parsed_blobs) == (False, True, 1)
    assert found == expected
