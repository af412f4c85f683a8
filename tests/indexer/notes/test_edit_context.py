"""What an edit has to respect: each line is there, quoted, and resolved; it goes when the line goes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from noctule.indexer.notes.edit_context import EditSite, describe_edit
from noctule.indexer.serve.repository import Repository
from tests.repositories import Repository as Made

FILES = {
    "shop/base.py": """class Rule:
    def price(self, amount):
        raise NotImplementedError
""",
    "shop/discount.py": """from shop.base import Rule
from shop.rounding import round_half_up


class Discount(Rule):
    def __init__(self, share):
        self.share = share

    def price(self, amount):
        self.last_price = round_half_up(amount * self.share)
        return self.last_price
""",
    "shop/voucher.py": """from shop.base import Rule


class Voucher(Rule):
    def price(self, amount):
        return max(amount - 5, 0)
""",
    "shop/rounding.py": """def round_half_up(value):
    return int(value + 0.5)
""",
    "shop/till.py": """from shop.discount import Discount


def charge(amount):
    rule = Discount(0.9)
    return rule.price(amount)


def reset(rule: Discount):
    rule.last_price = 0
""",
    "tests/test_discount.py": """from shop.discount import Discount


def test_a_tenth_is_taken_off():
    rule = Discount(0.9)
    found = rule.price(10)
    assert found == 9
""",
}


@pytest.fixture
def made(tmp_path: Path) -> Made:
    made = Made(tmp_path / "shop")
    made.commit("Begin", FILES)
    return made


@pytest.fixture
def learn(made: Made, tmp_path: Path) -> Callable[[], Repository]:
    def learned() -> Repository:
        repository = Repository.open(made.root, cache=tmp_path / "cache")
        repository.sleep()
        return repository

    return learned


def said(repository: Repository, path: str, symbol: str) -> dict[str, list[str]]:
    ground = repository.reader.ground
    file = ground.position[path]
    (row,) = (row for row in ground.definitions([file])[file] if row.qualname == symbol)
    found: dict[str, list[str]] = {}
    for claim in describe_edit(ground, [EditSite(file, row, 0.9)]):
        found.setdefault(claim.kind, []).append(claim.text)
    return found


def test_callers_relatives_and_writers_are_told_with_their_lines(learn: Callable[[], Repository]) -> None:
    found = said(learn(), "shop/discount.py", "Discount.price")

    assert found == {
        "callers": ["shop/till.py:1-10 charge calls price in 6: return rule.price(amount)"],
        "relatives": [
            "shop/base.py:1-3 Rule.price in 2 is overridden by Discount.price: def price(self, amount):",
            "shop/voucher.py:1-6 Voucher.price in 5 implements the same method as Discount.price: "
            "def price(self, amount):",
        ],
        "writers": ["shop/till.py:1-10 reset also writes `last_price` in 10: rule.last_price = 0"],
    }


def test_two_sites_do_not_tell_of_each_other_twice(learn: Callable[[], Repository]) -> None:
    ground = learn().reader.ground
    sites = []
    for path, symbol in (("shop/discount.py", "Discount.price"), ("shop/voucher.py", "Voucher.price")):
        file = ground.position[path]
        (row,) = (row for row in ground.definitions([file])[file] if row.qualname == symbol)
        sites.append(EditSite(file, row, 0.9))

    pairs = [claim.text for claim in describe_edit(ground, sites) if "implements the same method" in claim.text]

    assert len(pairs) == 1, pairs


def test_an_overload_is_no_other_implementation_of_a_method(made: Made, learn: Callable[[], Repository]) -> None:
    sum_to = "    int sum(int limit) {\n        return limit;\n    }\n"
    all_of = "    int sum() {\n        return sum(9);\n    }\n"
    files = {
        "shop/Countable.java": "package shop;\n\ninterface Countable {\n    int sum();\n}\n",
        "shop/Cart.java": f"package shop;\n\nclass Cart implements Countable {{\n{all_of}{sum_to}}}\n",
        "shop/Bag.java": f"package shop;\n\nclass Bag implements Countable {{\n{sum_to}}}\n",
        "shop/Box.java": f"package shop;\n\nclass Box implements Countable {{\n{all_of}}}\n",
    }
    made.commit("Count", files)
    ground = learn().reader.ground
    file = ground.position["shop/Cart.java"]
    row = next(row for row in ground.definitions([file])[file] if row.qualname == "Cart.sum")

    told = [claim.text for claim in describe_edit(ground, [EditSite(file, row, 0.9)]) if claim.kind == "relatives"]

    assert told == [
        "shop/Countable.java:1-5 Countable.sum in 4 is overridden by Cart.sum: int sum();",
        "shop/Box.java:1-7 Box.sum in 4 implements the same method as Cart.sum: int sum() {",
    ]


def test_a_line_that_has_changed_is_not_quoted(made: Made, learn: Callable[[], Repository]) -> None:
    repository = learn()
    made.write("shop/till.py", FILES["shop/till.py"].replace("return rule.price(amount)", "return amount"))
    repository.refresh()

    found = said(repository, "shop/discount.py", "Discount.price")

    assert "callers" not in found
    assert "relatives" in found


def test_a_line_with_a_secret_is_not_quoted(made: Made, learn: Callable[[], Repository]) -> None:
    token = "ghp_" + "a1B2" * 9
    made.commit(
        "Call it with a token", {"shop/pay.py": FILES["shop/till.py"].replace("price(amount)", f'price("{token}")')}
    )

    found = said(learn(), "shop/discount.py", "Discount.price")

    assert token not in str(found)
    assert len(found["callers"]) == 1


def test_who_calls_what_is_unlikely_to_be_edited_is_not_told(learn: Callable[[], Repository]) -> None:
    ground = learn().reader.ground
    file, rounding = ground.position["shop/discount.py"], ground.position["shop/rounding.py"]
    (price,) = (row for row in ground.definitions([file])[file] if row.qualname == "Discount.price")
    (rounded,) = ground.definitions([rounding])[rounding]

    found = describe_edit(ground, [EditSite(file, price, 0.9), EditSite(rounding, rounded, 0.1)])

    assert [claim.text for claim in found if claim.kind == "callers"] == [
        "shop/till.py:1-10 charge calls price in 6: return rule.price(amount)"
    ]


def test_a_line_that_registers_a_function_is_not_said_to_call_it(made: Made, learn: Callable[[], Repository]) -> None:
    rules = "from shop.rounding import round_half_up\n\n\ndef find(name):\n    return {'half': round_half_up}[name]\n"
    made.commit("Rules by name", {"shop/discount.py": "", "shop/rules.py": rules})

    found = said(learn(), "shop/rounding.py", "round_half_up")

    assert found["callers"] == ["shop/rules.py:1-5 find uses round_half_up in 5: return {'half': round_half_up}[name]"]


def test_of_many_types_that_implement_a_method_none_is_a_precedent(made: Made, learn: Callable[[], Repository]) -> None:
    voucher = FILES["shop/voucher.py"]
    made.commit("Vouchers", {f"shop/voucher{n}.py": voucher.replace("Voucher", f"Voucher{n}") for n in range(12)})
    repository = learn()

    assert said(repository, "shop/discount.py", "Discount.price")["relatives"] == [
        "shop/base.py:1-3 Rule.price in 2 is overridden by Discount.price: def price(self, amount):"
    ]
    assert said(repository, "shop/base.py", "Rule.price")["relatives"][0] == (
        "shop/discount.py:1-11 Discount.price in 9 overrides Rule.price (one of 14): def price(self, amount):"
    )


def test_callers_and_relatives_in_unlikely_files_are_not_told(learn: Callable[[], Repository]) -> None:
    ground = learn().reader.ground
    file, voucher = ground.position["shop/discount.py"], ground.position["shop/voucher.py"]
    (price,) = (row for row in ground.definitions([file])[file] if row.qualname == "Discount.price")

    found = describe_edit(ground, [EditSite(file, price, 0.9)], {file: 0.8, voucher: 0.2})

    assert [(claim.kind, claim.text.split()[1]) for claim in found] == [
        ("relatives", "Voucher.price"),
        ("writers", "reset"),
    ]


def test_a_field_of_the_same_name_and_a_row_of_a_table_are_named(made: Made, learn: Callable[[], Repository]) -> None:
    walk = "pub fn max_depth(builder: &mut Builder, most: usize) {\n    builder.limit(most);\n}\n"
    options = 'pub struct Options {\n    pub max_depth: usize,\n}\n\npub const HELP: &str = "max_depth";\n'
    others = {
        "src/help.rs": "// max_depth is explained here\npub fn help() {}\n",
        "src/web.vue": "<a max_depth-of='1'>\n",
    }
    made.commit("Walk", {"src/walk.rs": walk, "src/options.rs": options, **others})

    found = said(learn(), "src/walk.rs", "max_depth")

    assert found == {"mentions": ["src/options.rs:1-5 Options has `max_depth` too in 2: pub max_depth: usize,"]}


def test_of_what_many_files_call_one_caller_is_named_and_how_many_there_are(
    made: Made, learn: Callable[[], Repository]
) -> None:
    call = "from shop.rounding import round_half_up\n\n\ndef total(value):\n    return round_half_up(value)\n"
    made.commit("Many", {f"shop/a{n}.py": call for n in range(9)})

    found = said(learn(), "shop/rounding.py", "round_half_up")

    (caller,) = found["callers"]
    assert " calls round_half_up (as 9 more files do) in 5: return round_half_up(value)" in caller
