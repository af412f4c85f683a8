"""Context and question are told apart, also where a stop ends no sentence. Texts are made up and checked by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noctule.evals.stateful.split import Split, split, split_sentences

FOLDER = Path(__file__).parent


def cases(name: str) -> list[tuple[str, str, str]]:
    """Read "context || question || what stands behind it and belongs to the context", a line each."""
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    parts = [[part.strip() for part in line.split("||")] for line in lines]
    return [(context, question, rest[0] if rest else "") for context, question, *rest in parts]


def check(context: str, question: str, behind: str, *, has_tex: bool) -> None:
    found = split(" ".join(part for part in (context, question, behind) if part), has_tex=has_tex)

    assert found == Split(" ".join(part for part in (context, behind) if part), question, bool(behind))


@pytest.mark.parametrize(("context", "question", "behind"), cases("problems_plain.txt"))
def test_a_problem_with_money(context: str, question: str, behind: str) -> None:
    check(context, question, behind, has_tex=False)


@pytest.mark.parametrize(("context", "question", "behind"), cases("problems_tex.txt"))
def test_a_problem_with_formulas(context: str, question: str, behind: str) -> None:
    check(context, question, behind, has_tex=True)


def test_a_text_that_asks_nothing_ends_with_its_last_sentence() -> None:
    assert split("Noor has 3. Ida has 4.") == Split("Noor has 3.", "Ida has 4.")
    assert split("") == Split("", "")


@given(st.text(alphabet="aB .?!$3\n\"'\\[](){}", max_size=60), st.booleans())
def test_nothing_is_lost_or_made_up(text: str, has_tex: bool) -> None:
    assert "".join(split_sentences(text, has_tex=has_tex)).strip() == text.strip()
