"""A store that cannot grow while it is written."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from noctule.indexer.errors import StoreUnavailable
from noctule.indexer.learn import ingest
from noctule.indexer.serve.repository import Repository
from noctule.indexer.store import connection
from noctule.indexer.store.location import store_folder
from noctule.indexer.store.store import Store
from tests.repositories import Repository as Made


@pytest.mark.parametrize("pages", [40, 44, 48])
def test_what_did_not_fit_is_read_again_when_there_is_room(
    pages: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Made(tmp_path / "many")
    made.commit(files={f"m{n}.py": f"def run_{n}(size_{n}):\n    return help_{n}(size_{n})\n" * 9 for n in range(60)})
    cache = tmp_path / "cache"
    connect = connection._connect

    def connect_small(path: Path, *, read_only: bool) -> sqlite3.Connection:
        db = connect(path, read_only=read_only)
        db.execute(f"PRAGMA max_page_count = {pages}")
        return db

    with monkeypatch.context() as full:
        full.setattr(connection, "_connect", connect_small)
        full.setattr(ingest, "COMMIT_EVERY_S", 0.0)
        with (
            Repository.open(made.root, cache=tmp_path / "cache") as repository,
            pytest.raises(StoreUnavailable) as told,
        ):
            repository.sleep()
    with closing(Store(store_folder(made.root / ".git", tmp_path / "cache"), read_only=True)) as store:
        beyond = [first for _, first in store.segments() if first >= store.next_unit()]
    with Repository.open(made.root, cache=cache) as repository:
        report = repository.sleep()

    assert "disk is full" in str(told.value)
    assert beyond == []  # no segment of the index is about files that were not kept
    assert (report.complete, 0 < report.parsed_blobs <= 60) == (True, True)
