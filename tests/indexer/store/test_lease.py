"""One process writes to a store at a time, also where the store is forgotten and made anew meanwhile."""

from __future__ import annotations

from pathlib import Path

from noctule.indexer.store import store as stores
from noctule.indexer.store.lease import lease


def test_a_store_in_the_place_of_one_that_was_forgotten_has_one_writer(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    with lease(folder) as first, lease(folder) as waiting:
        assert first.acquire()
        stores.open_for_sleep(folder).close()
        stores.remove(folder)
        assert not folder.exists()

        assert waiting.acquire()  # the new store, which the first one has no right to
        assert not first.is_in_place()
        assert not first.acquire()
        assert waiting.is_in_place()

    assert [path.name for path in tmp_path.iterdir() if ".going." in path.name] == []


def test_what_a_killed_forget_has_left_is_removed_by_the_next_one(tmp_path: Path) -> None:
    folder, left = tmp_path / "shop", tmp_path / ".shop.going.17.00ff"
    for made in (folder, left):
        made.mkdir()
        (made / "store.db").write_bytes(b"x")

    stores.remove(folder)

    assert list(tmp_path.iterdir()) == []
