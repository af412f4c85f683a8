"""Names searched as whole words: against a plain regular expression, and as a solver that ranks by them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noctule.evals.solvers.grep import Grep, names_to_search, print_line
from noctule.evals.solvers.grep_lines import find_lines, search
from noctule.evals.tasks.checkout import BaseCheckout
from noctule.evals.tasks.gold import Gold
from noctule.evals.tasks.task import Task
from noctule.indexer.files.git import discover
from tests.evals.conftest import Shop

NO_GOLD = Gold((), (), (), {})


@given(st.sampled_from(["a", "ab", "a_b", "é"]), st.text(alphabet="ab_é .\n", max_size=60))
def test_lines_are_those_that_a_regular_expression_finds(name: str, text: str) -> None:
    whole = re.compile(rf"\b{name}\b")

    assert find_lines(name, text) == [n for n, line in enumerate(text.split("\n"), 1) if whole.search(line)]


def test_texts_without_a_hit_are_not_among_the_hits() -> None:
    assert search("rate", {"a": "rates\n", "b": "x\nrate rate\n", "c": ""}) == {"b": [2]}


@pytest.fixture
def ground(shop: Shop, tmp_path: Path) -> BaseCheckout:
    place = discover(shop.root)
    assert place is not None
    return BaseCheckout(place, shop.base, tmp_path / "cache")


def test_names_that_look_like_code_are_searched_first() -> None:
    assert names_to_search("Round the tax\n\nwith_tax is wrong for a Basket")[0] == "with_tax"


def test_files_with_rare_names_come_first_and_tests_later(shop: Shop, ground: BaseCheckout) -> None:
    answer = Grep().solve(Task("t", "issue", "r", shop.base, "The discounted RATES are wrong", ""), ground, NO_GOLD)

    assert answer.files[0] == "shop/price.py"
    assert answer.files.index("shop/basket.py") < answer.files.index("tests/test_price.py")
    assert answer.tokens is not None
    assert answer.tokens > 20


def test_many_hits_are_printed_as_counts() -> None:
    hits = {"a.py": list(range(1, 40)), "b.py": list(range(1, 90))}

    assert print_line("x", hits, lambda _: []) == ('grep -rnw "x"', "b.py: 89\na.py: 39")
