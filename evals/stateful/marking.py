"""The text of an answer in, its number out, and whether that is the right one. No judge, and no data set.

Numbers are compared as decimals, not as strings: "45" is right where the gold is written "45.0".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

TOLERANCE = Decimal("1e-6")
_MONEY = "$€£¥₣₺"
_NUMBER = re.compile(
    rf"(?P<sign>(?<![\w)])[-−])?(?:\\?[{_MONEY}](?P<minus>[-−])?)?"
    r"(?:(?P<whole>\d+)\s+(?=\d+/\d))?(?P<top>\d[\d,]*(?:\.\d+)?|\.\d+)(?:/(?P<under>\d+))?%?"
)
_FRACTION = re.compile(r"\\[dt]?frac\s*\{\s*(\d+)\s*}\s*\{\s*(\d+)\s*}|\\[dt]?frac(\d)(\d)")
_ANSWER_IS = re.compile(r"answer is", re.IGNORECASE)
_BOXED = re.compile(r"\\boxed\s*\{((?:[^{}]|\{[^{}]*})*)}")
_WRAPPED = re.compile(r"\\(?:text|mathbf|mathrm|textbf)\s*\{([^{}]*)}")
_SHORT = re.compile(r"(?<![\d.,])\d{1,3}(?!\d|[.,]\d)")


@dataclass(frozen=True, slots=True)
class AnswerMark:
    """What was read in an answer; `number` is None where it holds none. `is_unboxed`: it was not marked as asked."""

    number: Decimal | None
    is_right: bool
    is_unboxed: bool = False


def mark(text: str, gold: Decimal, *, is_contest: bool = False) -> AnswerMark:
    """AnswerMark an answer; those of a contest are integers from 0 to 999 in a box."""
    number, is_unboxed = read_boxed(text) if is_contest else (read_number(text), False)
    return AnswerMark(number, number is not None and are_equal(number, gold), is_unboxed)


def are_equal(number: Decimal, gold: Decimal) -> bool:
    """Tell whether two numbers are the same, but for rounding."""
    return abs(number - gold) <= TOLERANCE * max(Decimal(1), abs(gold))


def read_number(text: str) -> Decimal | None:
    """Return the last number behind the last "answer is", else the last one of the text; None without any."""
    *_, last = _ANSWER_IS.split(text)
    return next((number for part in (last, text) if (number := _last_number(part)) is not None), None)


def read_boxed(text: str) -> tuple[Decimal | None, bool]:
    r"""Return the integer in the last `\boxed{}` that holds one, else as best it can be told, and whether unboxed."""
    for content in reversed(_BOXED.findall(text)):
        inner = _WRAPPED.sub(r"\1", content).rpartition("=")[2].strip(" \t\n.$")
        if re.fullmatch(r"\d+", inner) and len(inner.lstrip("0")) <= 3:
            return Decimal(inner), False
    *before, last = _ANSWER_IS.split(text)
    for part in (last, text) if before else (text,):
        if found := _SHORT.findall(part):
            return Decimal(found[-1]), True
    return None, True


def parse_gold(text: object) -> Decimal | None:
    """Return the number of a right answer as a data set writes it: alone, or behind "####"."""
    return _last_number(str(text).rpartition("####")[2])


def find_numbers(text: str) -> list[Decimal]:
    """Return the numbers of a text."""
    plain = _FRACTION.sub(lambda m: f" {m[1] or m[3]}/{m[2] or m[4]} ", text).replace("{,}", ",").replace("\\%", "%")
    return [number for match in _NUMBER.finditer(plain) if (number := _value(match)) is not None]


def _last_number(text: str) -> Decimal | None:
    found = find_numbers(text)
    return found[-1] if found else None


def _value(match: re.Match[str]) -> Decimal | None:
    try:
        value = Decimal(match["top"].replace(",", ""))
        if match["under"] is not None:
            value /= Decimal(match["under"])
    except (InvalidOperation, ZeroDivisionError):
        return None
    value += Decimal(match["whole"] or 0)
    return -value if match["sign"] or match["minus"] else value
