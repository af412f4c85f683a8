"""Damage where no checksum can tell of it, as after a power cut amid a write."""

from __future__ import annotations

from pathlib import Path

from noctule.indexer.serve.repository import Repository
from noctule.indexer.store import sums
from noctule.indexer.store.connection import find_damage
from tests.e2e.conftest import Noctule, noctule, pristine_shop, shop
from tests.e2e.repositories import Repo

__all__ = ["noctule", "pristine_shop", "shop"]  # the fixtures


def test_pages_of_several_times_are_damage_though_no_checksum_says_so(noctule: Noctule, shop: Repo) -> None:
    noctule.ok("sleep", shop.path)
    folder = Repository.open(shop.path, cache=noctule.cache).folder
    (folder / sums.FILE).unlink()
    before = find_damage(folder)
    _swap_pages(folder / "store.db")

    assert (before, find_damage(folder)) == (False, True)


def _swap_pages(database: Path) -> None:
    """Put each page of the second half where its neighbour stands."""
    data = database.read_bytes()
    pages = [data[at : at + sums.PAGE] for at in range(0, len(data), sums.PAGE)]
    half = len(pages) // 2
    database.write_bytes(b"".join([*pages[:half], *reversed(pages[half:])]))
