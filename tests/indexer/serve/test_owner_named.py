"""What a reason says of the name before a definition's own: a type where it is one, else a part of the name."""

from __future__ import annotations

from pathlib import Path

import pytest

from noctule.indexer.serve.repository import Repository
from tests.repositories import Repository as Made

FILES = {
    "lib/shop/cart.ex": "defmodule Shop.Cart do\n  def add(cart, item) do\n    [item | cart]\n  end\n\n"
    "  def total(cart) do\n    Enum.sum(cart)\n  end\nend\n",
    "till.py": "class Till:\n    def add(self, a):\n        return a\n\n    def total(self):\n        return 1\n\n\n"
    "def outer():\n    def inner():\n        return 1\n    return inner\n",
    "engine.go": "package a\n\ntype Engine struct{}\n\nfunc (e *Engine) Run() int { return 1 }\n",
}


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    made = Made(tmp_path_factory.mktemp("owner") / "repo")
    made.commit("Start", dict(FILES))
    cache = tmp_path_factory.mktemp("cache")
    with Repository.open(made.root, cache=cache) as repository:
        repository.sleep()
    return made.root, cache


@pytest.mark.parametrize(
    ("task", "symbol", "said"),
    [
        ("`Till` counts wrong", "Till.add", "the task names its class"),
        ("`Engine` hangs", "Engine.Run", "the task names its struct"),
        ("Shop.Cart loses items", "Shop.Cart.add", "the task names Cart, a part of its name"),
        ("`outer` is wrong", "outer.inner", "the task names outer, a part of its name"),
    ],
)
def test_only_a_type_is_called_one(learned: tuple[Path, Path], task: str, symbol: str, said: str) -> None:
    root, cache = learned
    with Repository.open(root, cache=cache) as repository:
        found = {one.symbol: one for one in repository.context(task, 2000).symbols}

    assert [one.detail for one in found[symbol].reasons if one.kind == "named"] == [said]
