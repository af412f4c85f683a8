"""A word that is to be renamed is a name, and leads to what is called so."""

from __future__ import annotations

from pathlib import Path

import pytest

from noctule.indexer.search.query import read
from noctule.indexer.search.renaming import find_renaming
from noctule.indexer.serve.repository import Repository
from tests.repositories import Repository as Made


@pytest.mark.parametrize(
    ("title", "names"),
    [
        ("rename total to sum_all", ("total", "sum_all")),
        ("Rename the method `total` of the cart into grandTotal", ("total", "grandTotal")),
        ("refactor: renames isLenient -> isRelaxed", ("isLenient", "isRelaxed")),
        ("renaming total", ("total", "")),
        ("rename trailing slash option", ("", "")),
        ("the total is wrong", ("", "")),
    ],
)
def test_the_name_and_the_next_one_are_read(title: str, names: tuple[str, str]) -> None:
    assert find_renaming(title) == names


def test_what_nothing_is_called_yet_is_no_name_of_the_task() -> None:
    task = read("rename total to sum_all")

    assert "total" in task.titled
    assert "sum_all" not in task.names


def test_a_word_that_is_to_be_renamed_leads_to_what_is_called_so(tmp_path: Path) -> None:
    made = Made(tmp_path / "shop")
    shelves = {
        f"shop/shelf_{n}.py": f"def sum_all_{n}(crate):\n    # the total of all\n    return {n}\n" for n in range(60)
    }
    made.commit("Begin", {**shelves, "shop/cart.py": "def total(prices):\n    return len(prices)\n"})
    repository = Repository.open(made.root, cache=tmp_path / "cache")
    repository.sleep()

    pack = repository.context("rename total to sum_all")

    assert pack.files[0].path == "shop/cart.py"
    assert "1-2 total" in pack.text
