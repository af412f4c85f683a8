"""A definition that a title names, and that has no namesake, is listed with its exact lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from noctule.indexer.results import Pack
from noctule.indexer.search.named_alone import find_named_alone
from noctule.indexer.search.query import read
from noctule.indexer.serve.repository import Repository
from tests.repositories import Repository as Made

NOISE = "def count_{0}(stock):\n    # count the stock, a limit of {0} for each shelf\n    return len(stock) + {0}\n"
LIMITS = """\
MAX_ON_SHELF = 40
LEAST_ON_SHELF = 2


class Shelf:
    def __init__(self, stock):
        self.stock = stock

    def count(self):
        return len(self.stock)

    def fill(self, more):
        self.stock += more
        return self.count()


class Crate:
    def fill(self, more):
        return more


def restock(shelf, more):
    for one in more:
        if one not in shelf.stock:
            shelf.fill([one])
    return shelf.count()
"""
DRAWER = """\
#include "drawer.h"

int drawer_open(int till)
{
    if (till < 0) {
        return -1;
    }
    return till + 1;
}
"""


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    folder: Path = tmp_path_factory.mktemp("named")
    made = Made(folder / "shop")
    files: dict[str, str | bytes] = {
        f"shop/stock_{n}.py": "\n\n".join(NOISE.format(10 * n + m) for m in range(6)) for n in range(8)
    }
    files |= {"shop/tags.py": "class Tag:\n    def label(self):\n        return self.text\n"}
    files |= {"shop/limits.py": LIMITS, "till/drawer.c": DRAWER, "till/drawer.h": "int drawer_open(int till);\n"}
    made.commit("A shop", files)
    with Repository.open(made.root, cache=folder / "cache") as repository:
        repository.sleep()
        yield repository


def listed(pack: Pack, place: str) -> bool:
    """Tell whether a line names a definition with its lines, alone or within a range of its file."""
    path, _, named = place.partition(":")
    return any(path in line and re.search(rf"[: ]{re.escape(named)}", line) for line in pack.text.split("\n"))


@pytest.mark.parametrize(
    ("title", "place"),
    [
        ("The count of the stock passes `MAX_ON_SHELF`", "shop/limits.py:1 MAX_ON_SHELF"),
        ("Count the stock of a Shelf only once", "shop/limits.py:5-14 Shelf: the task names it"),
        ("restock() counts the stock of each shelf twice", "shop/limits.py:22-26 restock"),
        ("Crate.fill counts no stock", "shop/limits.py:18-19 Crate.fill"),
        ("drawer_open fails on a negative count", "till/drawer.c:3-9 drawer_open"),
    ],
)
def test_what_a_title_names_alone_is_listed_with_its_lines(repository: Repository, title: str, place: str) -> None:
    assert listed(repository.context(title), place)


def test_a_function_that_a_title_names_alone_is_shown_whole(repository: Repository) -> None:
    pack = repository.context("restock() counts the stock of each shelf twice")

    assert pack.files[0].path == "shop/limits.py"
    assert pack.files[0].probability >= 0.5
    assert pack.symbols[0].symbol == "restock"
    assert "            shelf.fill([one])" in pack.text


def test_a_constant_that_a_title_names_is_among_the_symbols(repository: Repository) -> None:
    (found,) = [s for s in repository.context("Raise `MAX_ON_SHELF` for the stock").symbols if s.kind == "constant"]

    assert (found.symbol, found.start_line, found.end_line) == ("MAX_ON_SHELF", 1, 1)
    assert [reason.detail for reason in found.reasons] == ["the task names it"]


def test_a_name_with_namesakes_leads_to_none_of_them(repository: Repository) -> None:
    pack = repository.context("`fill` counts the stock twice")

    assert not any(": the task names it" in line for line in pack.text.split("\n"))


@pytest.mark.parametrize(
    ("title", "first", "expected"),
    [
        ("Set `label` only once", "shop/limits.py", []),
        ("Set `label` only once", "shop/tags.py", ["Tag.label"]),
        ("Set `Tag.label` only once", "shop/limits.py", ["Tag.label"]),
    ],
)
def test_a_plain_word_names_a_member_of_the_first_file_alone(
    repository: Repository, title: str, first: str, expected: list[str]
) -> None:
    ground = repository.reader.ground
    places = {"label": [(ground.position["shop/tags.py"], 1)]}

    found = find_named_alone(read(title), places, ground.definitions, lambda _file, _row: False, ground.position[first])

    assert [one.definition.qualname for one in found] == expected


@pytest.mark.parametrize(
    ("title", "titled"),
    [
        ("Fix NPE in `@Spy`", {"Spy"}),
        ("Set the type of Spy in the list", {"Spy"}),
        ("fix(cli): Name it after set_name", {"set_name"}),
        ("Log Set-Cookie response headers", set()),
    ],
)
def test_an_ordinary_word_of_a_title_is_no_name(title: str, titled: set[str]) -> None:
    assert read(title).titled == titled
