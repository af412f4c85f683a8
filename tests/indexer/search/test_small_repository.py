"""A task about a repository of a few files is answered where a word of it names something, and small talk is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from noctule.indexer.search.small_repository import TINY
from noctule.indexer.serve.repository import Repository
from tests.repositories import Repository as Made

SHOP = {
    "shop/cart.py": """\
from shop.price import parse_price


class Cart:
    def __init__(self):
        self.items = []

    def add(self, name, price):
        self.items.append((name, parse_price(price)))

    def total(self):
        return sum(price for _, price in self.items)
""",
    "shop/price.py": """\
import re


def parse_price(text):
    match = re.fullmatch(r"([0-9]+)[.,]([0-9][0-9])", text)
    if match is None:
        raise ValueError(text)
    return int(match[1]) * 100 + int(match[2])
""",
    "shop/invoice.py": "def print_invoice(cart):\n    print(cart.total())\n",
    "ring.c": """\
#include <stdlib.h>

struct ring { int count; int *items; };

struct ring *ring_new(int count)
{
    struct ring *made = malloc(sizeof *made);
    made->items = malloc(count * sizeof(int));
    made->count = count;
    return made;
}
""",
}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    with _learn(tmp_path_factory.mktemp("tiny"), SHOP) as repository:
        yield repository


def _learn(folder: Path, files: dict[str, str]) -> Repository:
    made = Made(folder / "shop")
    made.commit("add the shop", files)
    repository = Repository.open(made.root, cache=folder / "cache")
    repository.sleep()
    return repository


@pytest.mark.parametrize(
    ("task", "first"),
    [
        ("rename total", "shop/cart.py"),
        ("rename total to sum_all", "shop/cart.py"),
        ("parse price", "shop/price.py"),
        ("prices with a thousands separator are rejected", "shop/price.py"),
        ("customers want the date and their address on invoices", "shop/invoice.py"),
        ("leak when malloc fails", "ring.c"),
    ],
)
def test_a_name_of_a_tiny_repository_is_enough(tiny: Repository, task: str, first: str) -> None:
    pack = tiny.context(task)

    assert not pack.abstained
    assert pack.files[0].path == first
    assert first in pack.text


@pytest.mark.parametrize("task", ["fix shop/price.py", "shop/price.py fails on commas"])
def test_the_only_path_that_a_title_names_leads(tiny: Repository, task: str) -> None:
    assert "likely to lead to `shop/price.py` (0.85)" in tiny.context(task).text


@pytest.mark.parametrize(
    "said", ["hello, how are you today?", "write me a poem about the sea", "best pizza in Naples?", "thank you!"]
)
def test_small_talk_is_met_with_silence_in_a_tiny_repository(tiny: Repository, said: str) -> None:
    assert tiny.context(said).abstained


def test_in_more_files_a_name_alone_may_be_met_by_chance(tmp_path: Path) -> None:
    more = {f"shop/shelf_{n}.py": f"def fill_{n}(crate):\n    return crate[{n}:]\n" for n in range(TINY)}
    repository = _learn(tmp_path, SHOP | more)

    assert repository.context("write a long cover letter for some marketing jobs with a good price").abstained
    assert not repository.context("parse price").abstained
