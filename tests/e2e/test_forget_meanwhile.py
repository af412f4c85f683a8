"""A store is forgotten while others write to it."""

from __future__ import annotations

from tests.e2e.conftest import Noctule
from tests.e2e.repositories import Repo


def test_sleeps_go_on_while_the_store_is_forgotten_again_and_again(noctule: Noctule, shop: Repo) -> None:
    for _ in range(4):
        sleeps = [noctule.start("sleep", shop.path) for _ in range(4)]
        noctule.ok("forget", shop.path)
        noctule.ok("forget", shop.path)
        for sleep in sleeps:
            told = sleep.communicate()
            assert sleep.returncode == 0, told

    noctule.ok("sleep", shop.path)
    assert noctule.json("status", shop.path)["files"]
