"""What a task quotes is found in its text, and leads to the source that says it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noctule.indexer.results import Pack
from noctule.indexer.search.quotations import find_quotations
from noctule.indexer.serve.repository import Repository
from tests.repositories import Repository as Made


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("It prints 'No tools for this' twice", "No tools for this"),
        ('It prints "cannot open the drawer".', "cannot open the drawer"),
        ("See `if drawer is open:` there", "if drawer is open:"),
        ("It says “The drawer is stuck” then", "The drawer is stuck"),
        ("    shop.DrawerError: the drawer of till 7 is stuck for good\n", "is stuck for good"),
        ("panic: no drawer in slot: open it first\n", "open it first"),
        ("After that we get: Drawer mapping is overwriting the till of 7", "Drawer mapping is overwriting the till of"),
        ("The log says that: no drawer was given", "no drawer was given"),
        ("java.lang.IllegalStateException: No drawer was given\n", "No drawer was given"),
    ],
)
def test_messages_and_quotations_are_found(text: str, quoted: str) -> None:
    assert quoted in find_quotations(text)


@pytest.mark.parametrize(
    "text",
    [
        "It's what they don't say, isn't it",
        "'till' and 'drawer' are two words",
        "The message is: IndexError: list index out of range",
        "AttributeError: 'Till' object has no attribute 'drawer'",
        "IndexError: list index out of range",
        "java.lang.NullPointerException: Cannot invoke it on a null till",
    ],
)
def test_words_and_messages_of_the_language_are_no_quotations(text: str) -> None:
    assert find_quotations(text) == ()


@given(st.text(alphabet="'\"`“” aE:~\n\r\ud800x", max_size=400))
def test_any_text_can_be_searched(text: str) -> None:
    assert all(q.count(" ") >= 1 for q in find_quotations(text))


def test_options_and_variables_of_a_title_are_looked_for_between_quotation_marks() -> None:
    title = "Ignore --no-drawer where SHOP_TILL is set, not -- that"

    assert find_quotations(title, title) == ('"no-drawer"', "'no-drawer'", '"SHOP_TILL"', "'SHOP_TILL'")
    assert find_quotations("Broken output", "no-var: --fix breaks --sort, --unsorted does not") == (
        '"unsorted"',
        "'unsorted'",
    )


NOISE = "def drawer_{0}(till):\n    # open the drawer of the till, stuck or not\n    return till.drawer.open({0})\n"
SAYS = 'def warn(out):\n    out.write(f"nothing to be done for {out.name}")\n'


@pytest.fixture
def made(tmp_path: Path) -> Made:
    made = Made(tmp_path / "shop")
    noise = {f"shop/drawer_{n}.py": "\n\n".join(NOISE.format(10 * n + m) for m in range(8)) for n in range(6)}
    made.commit("Drawers", {**noise, "shop/other.py": SAYS, "tests/test_other.py": f"SAID = {SAYS!r}\n"})
    return made


def ask(made: Made, task: str) -> Pack:
    with Repository.open(made.root, cache=made.root.parent / "cache") as repository:
        repository.sleep()
        return repository.context(task)


def test_a_quoted_message_leads_to_the_definition_that_says_it(made: Made) -> None:
    pack = ask(made, "The drawer of the till is stuck, open says 'nothing to be done for' and the drawer stays shut")

    assert "shop/other.py" in [file.path for file in pack.files[:3]]
    (reason,) = [r for s in pack.symbols[:3] if s.symbol == "warn" for r in s.reasons if r.kind == "quotes"]
    assert reason.detail == 'line 2 says "nothing to be done for"'
    assert 'shop/other.py:1-2 warn (line 2 says "nothing to be done for")' in pack.text


def test_a_message_with_a_value_in_it_is_found(made: Made) -> None:
    pack = ask(made, "The drawer of the till does not open\n\nShopError: nothing to be done for the-till-at-the-door\n")

    assert "shop/other.py" in [file.path for file in pack.files[:3]]


def test_a_line_that_has_gone_since_is_not_said(made: Made) -> None:
    ask(made, "drawer")
    made.write("shop/other.py", SAYS.replace("nothing", "something"))

    with Repository.open(made.root, cache=made.root.parent / "cache") as repository:
        pack = repository.context("The drawer of the till is stuck, open says 'nothing to be done for' again")

    assert not [r for s in pack.symbols for r in s.reasons if r.kind == "quotes"]


def test_an_option_that_a_title_names_leads_to_where_it_is_declared(made: Made) -> None:
    made.commit(
        "An option",
        {"shop/flags.py": 'def add_flags(parser):\n    parser.add("--no-wait")\n    parser.put("wait-long")\n'},
    )

    pack = ask(made, "--wait-long opens the drawer of the till too early, stuck or not")

    assert "shop/flags.py" in [file.path for file in pack.files[:3]]
    (reason,) = [r for s in pack.symbols if s.symbol == "add_flags" for r in s.reasons if r.kind == "quotes"]
    assert reason.detail == 'line 3 says "wait-long"'
