"""A scripted model answers questions about a repository: what each arm is told, what is scored, and what it costs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from noctule.evals.errors import UnknownSolver
from noctule.evals.report import markdown
from noctule.evals.report.content import page
from noctule.evals.report.question_costs import RepositoryCosts, break_even
from noctule.evals.run_folder import Results
from tests.evals.conftest import Ran, Shop
from tests.openai_server import OpenAIServer, Say


def look_up(request: dict[str, Any]) -> Say:
    """Read the file that the first message names; without one, search first."""
    told = request["messages"][1]["content"]
    turn = sum(m["role"] == "assistant" for m in request["messages"])
    tools = [tool["function"]["name"] for tool in request["tools"]]
    knows = "shop/price.py" in told
    tokens = 100 * (1 + turn) + (50 if knows else 0)
    if turn == (1 if knows else 2) or tools == ["submit"]:
        files = ["shop/price.py", "shop/none.py"] if turn else ["shop/mail.py"]
        return Say(calls=(("submit", {"answer": "It is taken off there.", "files": files}),), prompt=tokens)
    if knows or turn == 1:
        return Say(calls=(("read", {"path": "shop/price.py", "first_line": 1}),), prompt=tokens)
    return Say(calls=(("search", {"name": "discounted"}),), prompt=tokens)


def test_a_model_answers_with_what_is_known_ahead_and_without(
    evaluate: Callable[..., Ran], shop: Shop, tmp_path: Path
) -> None:
    asked = {"repo": "acme/shop", "commit": shop.base, "gold_files": ["shop/price.py"]}
    texts = ("Where is the discount of a season taken off?", "Where is the tax added to a price?")
    file = tmp_path / "questions.jsonl"
    file.write_text("".join(json.dumps({**asked, "id": f"q{n}", "question": t}) + "\n" for n, t in enumerate(texts)))
    command = (
        *("questions", file, "--clones", shop.root.parent, "--solver", "path", "--out", tmp_path / "run"),
        *("--processes", 1, "--model", "openai/played", "--prices", 1, 1, 1),
        *("--arms", "cold,pack,pack+notes,stale,shuffled", "--steps", "1,4"),
    )
    with OpenAIServer(answers=look_up) as server:
        told = evaluate(*command, "--address", server.url)
        assert not server.requests
        evaluate(*command, "--address", server.url, "--yes")
        sent = len(server.requests)
        evaluate(*command, "--address", server.url, "--yes")
        assert len(server.requests) == sent

    last = evaluate("report", tmp_path / "run").said
    assert "The model's F1 in 4 steps, pack: 100, +0 (+0 to +0) on cold (n 2)." in last
    assert "Questions that pay for the sleep, pack, 4 steps: " in last
    assert "About 50 requests to openai/played" in told.said
    assert "Nothing is sent without --yes." in told.said
    results = Results.read(tmp_path / "run")
    cold, pack = (results.answers[f"finder:{arm}@4"]["q0"] for arm in ("cold", "pack"))
    assert (cold.files, cold.measures["steps"], cold.measures["invented"]) == (("shop/price.py",), 3, 1)
    assert (pack.measures["steps"], pack.measures["opened_gold"], pack.measures["input"]) == (2, 1.0, 400)
    assert pack.detail["answer"] == "It is taken off there."
    assert results.answers["finder:cold@1"]["q0"].measures["opened_gold"] == 0
    firsts = [r["messages"][1]["content"] for r in server.requests]
    assert any("worked out beforehand" in text and "Notes about this repository" in text for text in firsts)
    assert "shuffled notes need questions about two repositories" in str(results.failed)
    text = markdown.render(page([results]))
    assert "## A model that answers questions, by steps" in text
    assert "break-even questions" in text


def test_questions_are_amortised_without_a_model(evaluate: Callable[..., Ran], shop: Shop, tmp_path: Path) -> None:
    asked = {"repo": "acme/shop", "commit": shop.base, "gold_files": ["shop/price.py"]}
    texts = ("Where is the discount of a season taken off?", "Where is the tax added to a price?")
    file = tmp_path / "questions.jsonl"
    file.write_text("".join(json.dumps({**asked, "id": f"q{n}", "question": t}) + "\n" for n, t in enumerate(texts)))

    said = evaluate("questions", file, "--clones", shop.root.parent, "--out", tmp_path / "run", "--processes", 1).said

    answers = Results.read(tmp_path / "run").answers
    assert all(answers[name][q].measures["found"] == 1 for name in ("explorer", "explorer+pack") for q in ("q0", "q1"))
    assert "tokens until it has seen a line of each gold file" in said
    assert "Questions that pay for the sleep, explorer+pack: " in said
    evaluate("report", tmp_path / "run")
    assert "| explorer+pack |  | 2 |" in (tmp_path / "run/report.md").read_text()


def test_a_break_even_has_an_interval_over_questions_and_repositories() -> None:
    even = RepositoryCosts("one", 1_000.0, [50.0] * 9, [100.0 + at for at in range(-4, 5)])
    free, noise = RepositoryCosts("two", 0.0, [50.0] * 9, [100.0] * 9), RepositoryCosts("three", 9.0, [5, 1], [1, 5])

    value, low, high = (float(word) for word in re.findall(r"\d+", break_even([even])))

    assert low <= value == 20 <= high
    assert low < high
    assert break_even([even, free]).startswith("10 (0 to ")
    assert break_even([noise]) == break_even([RepositoryCosts("few", 9.0, [1], [5])]) == "cannot tell"
    assert break_even([RepositoryCosts("dear", 9.0, [9] * 5, [1] * 5)]) == "never"


def test_an_unknown_arm_is_named(evaluate: Callable[..., Ran], shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    row = {"id": "q", "repo": "acme/shop", "commit": shop.base, "question": "Where?", "gold_files": ["shop/price.py"]}
    file.write_text(json.dumps(row) + "\n")

    with pytest.raises(UnknownSolver, match="unknown arm 'packs'"):
        evaluate(
            *("questions", file, "--clones", shop.root.parent, "--solver", "path", "--out", tmp_path / "run"),
            *("--model", "openai/played", "--arms", "packs"),
        )
