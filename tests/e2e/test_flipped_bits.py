"""Bits of a store that flip: each command answers as it did before, and nothing ends in an unexpected error."""

from __future__ import annotations

import random

import pytest

from tests.e2e.conftest import Noctule
from tests.e2e.repositories import Repo
from tests.e2e.test_bad_input import TASK

COMMANDS = (
    ("context", "--task", TASK),
    ("notes", "shop/cart.py"),
    ("notes",),
    ("predict",),
)
FLIPS = 4


def _answers(noctule: Noctule, repo: Repo, command: tuple[str, ...]) -> dict[str, object]:
    answer = dict(noctule.json(command[0], repo.path, *command[1:]))
    answer.pop("elapsed_ms", None)
    freshness = answer["freshness"]
    assert isinstance(freshness, dict)
    freshness.pop("learned_at")
    return answer


@pytest.mark.parametrize("seed", range(FLIPS))
def test_an_answer_from_a_store_with_a_flipped_bit_is_the_clean_one(noctule: Noctule, shop: Repo, seed: int) -> None:
    noctule.ok("sleep", shop.path)
    command = COMMANDS[seed % len(COMMANDS)]
    clean = _answers(noctule, shop, command)
    chance, store = random.Random(seed), noctule.store_file()
    data = bytearray(store.read_bytes())
    # One flip in four falls into the first page, which holds the counters and the schema.
    data[chance.randrange(4096 if seed % 4 == 0 else len(data))] ^= 1 << chance.randrange(8)
    store.write_bytes(data)

    assert _answers(noctule, shop, command) == clean
