"""Forty answers as models write them, each with the number that a reader finds in it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noctule.evals.stateful.marking import AnswerMark, are_equal, mark, parse_gold, read_boxed, read_number

ANSWERS = [
    ("The answer is 45.", "45"),
    ("the ANSWER IS: 45", "45"),
    ("The answer is 45.0", "45.0"),
    ("The answer is $45.", "45"),
    ("The answer is $1,234.50.", "1234.50"),
    ("The answer is **72**.", "72"),
    ("The answer is €0.75", "0.75"),
    ("The answer is ₺12 in all.", "12"),
    ("The answer is ¥1,000,000.", "1000000"),
    ("The answer is 32.5%.", "32.5"),
    ("The answer is 32.5\\%.", "32.5"),
    ("The answer is -7.", "-7"),
    ("The answer is −7.", "-7"),
    ("The answer is -$7.", "-7"),
    ("The answer is $-7.", "-7"),
    ("The answer is 3/4.", "0.75"),
    ("The answer is 1 1/2 cups.", "1.5"),
    ("The answer is \\frac{3}{4}.", "0.75"),
    ("The answer is $\\tfrac12$.", "0.5"),
    ("The answer is 10-4=6", "6"),
    ("12 x 3 = 36. The answer is 36 plums.", "36"),
    ("The answer is 5? No. The answer is 6.", "6"),
    ("Half of 90 is 45, so she has 45", "45"),
    ("She is between 10-15", "15"),
    ("The answer is .5", "0.5"),
    ("The answer is 1{,}250.", "1250"),
    ("The answer is \\$18.", "18"),
    ("We add 3 and 4, so 7. The answer is seven.", "7"),
    ("The answer is forty.", None),
    ("I cannot tell.", None),
    ("", None),
    ("The answer is 5/0.", None),
]
BOXED = [
    (r"So it is \boxed{204}.", "204", False),
    (r"\boxed{17} no, \boxed{ 025 }", "25", False),
    (r"\boxed{\text{113}}", "113", False),
    (r"\boxed{m+n=116}", "116", False),
    (r"\boxed{000}", "0", False),
    (r"In 2024, the answer is 73.", "73", True),
    ("From 2024 I get 902", "902", True),
    (r"\boxed{\frac{1}{2}} so 3", "3", True),
    ("It is 1,024 or 2024.5", None, True),
]


@pytest.mark.parametrize(("text", "number"), ANSWERS)
def test_a_number_is_read(text: str, number: str | None) -> None:
    assert read_number(text) == (None if number is None else Decimal(number))


@pytest.mark.parametrize(("text", "number", "is_unboxed"), BOXED)
def test_an_integer_in_a_box_is_read(text: str, number: str | None, is_unboxed: bool) -> None:
    assert read_boxed(text) == (None if number is None else Decimal(number), is_unboxed)


def test_right_and_wrong_are_told_apart_by_value() -> None:
    assert len(ANSWERS) + len(BOXED) > 40
    assert mark("The answer is 45", Decimal("45.0")) == AnswerMark(Decimal(45), True)
    assert mark("The answer is 0.333333", Decimal(1) / Decimal(3)).is_right
    assert not mark("The answer is 0.33", Decimal(1) / Decimal(3)).is_right
    assert not mark("None", Decimal(0)).is_right
    assert are_equal(Decimal(10**9), Decimal(10**9 + 1))
    assert mark(r"\boxed{5}", Decimal(5), is_contest=True) == AnswerMark(Decimal(5), True, False)


@given(st.decimals(min_value=-(10**6), max_value=10**6, places=2))
def test_a_gold_comes_back_from_a_sentence(gold: Decimal) -> None:
    assert mark(f"The answer is {gold}.", gold).is_right
    assert mark(f"The answer is ${gold:,}.", gold).is_right
    assert parse_gold(f"4 + 5 = 9\n#### {gold}") == gold
