"""Scores of a server are believed only if they can be those of the text; and what stands in for them."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from noctule.evals.errors import NoScores
from noctule.evals.run_folder import Run, read_rows
from noctule.evals.stateful.chat import Chat, DollarCap
from noctule.evals.stateful.forecast import (
    SCORED,
    compressed_bits,
    read_scores,
    record_proxies,
    score_questions,
    surprise,
)
from noctule.evals.stateful.problem import Problem
from noctule.evals.stateful.request import Journal
from noctule.indexer.llm.key import Key
from noctule.indexer.llm.messages import ModelFault, TextScores
from noctule.indexer.llm.settings import Prices
from noctule.indexer.llm.usage import Usage
from tests.evals.stateful.students import InProcess, Student, chance

HEAD, QUESTION = "It is red.\n", "How many?"
PROBLEMS = [
    Problem(
        f"p{at}", "gsm", "P1", f"c{at}", f"Box {at} holds {at} cubes.", f"How many cubes are in box {at}?", Decimal(at)
    )
    for at in range(12)
]


def pieces(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\n|[^\S\n]?\S+", text))


def echo(text: str) -> TextScores:
    """A server as vLLM is: words in their usual order are likelier, and one token more is written."""
    found = pieces(text)
    usual = {" many", " cubes", " are", " in"}
    before = ("", *found)
    logprobs = [
        -1.0 if one in usual and last.strip() in "How many cubes are in" else -4.0
        for last, one in zip(before, found, strict=False)
    ]
    return TextScores((*found, " x"), (None, *logprobs[1:], -2.0), Usage(len(found), 1))


def test_the_tokens_of_the_question_are_summed() -> None:
    score = read_scores(
        TextScores(("It", " is red.\n", "How", " many?", "!"), (None, -1.0, -2.0, -3.0, -9.0), None), HEAD, QUESTION
    )

    assert (score.total, score.tokens, score.mean) == (-5.0, 2, -2.5)


@pytest.mark.parametrize(
    ("tokens", "logprobs", "read", "why"),
    [
        (("!",), (-1.0,), 0, "only what it writes"),
        (("It is red.\n", QUESTION), (-1.0, -2.0), 0, "which nothing can have"),
        (("It is red.\n", "What?"), (None, -2.0), 0, "not those of the text"),
        (("It is red.\n", QUESTION), (None, 0.5), 0, "no logarithm"),
        (("It is red.\n", QUESTION), (None, -2.0), 9, "says that it read 9"),
    ],
)
def test_what_cannot_be_scores_of_the_text_is_refused(
    tokens: tuple[str, ...], logprobs: tuple[float | None, ...], read: int, why: str
) -> None:
    with pytest.raises(NoScores, match=why):
        read_scores(TextScores(tokens, logprobs, Usage(read, 1)), HEAD, QUESTION)


def ask(folder: Path, scores: Callable[[str], TextScores | ModelFault]) -> list[dict[str, object]]:
    provider = InProcess(Student(), scores=scores)
    with Journal(folder) as journal, Run(folder, {"kind": "stateful"}, "test") as run:
        chat = Chat("base", provider, Key(), Prices(1, 1, 1, 1), DollarCap(1.0, 0.0), journal)
        record_proxies(PROBLEMS, run)
        score_questions(PROBLEMS, chat, run)
        score_questions(PROBLEMS, chat, run)
        assert len(journal.records) == 12 * 3  # two for the check of each, one for its score; and never again
        assert chat.cap.spent > 0
    return [dict(row.answer or {}) for row in read_rows(folder) if row.solver == SCORED]


def test_a_server_that_can_is_asked_once_for_each_question(tmp_path: Path) -> None:
    scores = ask(tmp_path, echo)

    assert len(scores) == 12
    assert all(score["tokens"] == 7 for score in scores)


def test_a_server_that_cannot_is_named_and_nothing_is_scored(tmp_path: Path) -> None:
    flat = lambda text: TextScores((*pieces(text), "x"), (None, *[-1.0] * len(pieces(text))), None)  # noqa: E731
    refuses = lambda _: ModelFault("rejected", "Only no echo is supported", 400)  # noqa: E731
    coin = lambda text: TextScores(  # noqa: E731
        (*pieces(text), "x"), (None, *[-chance(text) for _ in pieces(text)]), None
    )
    for name, server, why in (
        ("flat", flat, "likelier than"),
        ("coin", coin, "as chance may have it"),
        ("none", refuses, "Only no echo is supported"),
    ):
        with pytest.raises(NoScores, match=why):
            ask(tmp_path / name, server)  # type: ignore[arg-type]
        assert not [row for row in read_rows(tmp_path / name) if row.solver == SCORED]


def test_usual_words_surprise_less_than_odd_ones() -> None:
    odd = Problem("odd", "gsm", "P1", "odd", "Box 3 holds 3 cubes.", "Whence quoth yonder zebra thrice?", Decimal(3))

    found = surprise([*PROBLEMS, odd])

    assert found["p3"].mean > found["odd"].mean + 1
    assert compressed_bits(odd.context, odd.question) > compressed_bits(odd.context, "Box 3 holds 3 cubes.")
