"""The command against a real server of the OpenAI protocol on loopback, through the real client."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from noctule.evals.errors import BadTaskFile, CapReached, UnknownSolver
from noctule.evals.stateful.request import read_requests
from noctule.indexer.errors import BadTask
from noctule.indexer.llm.usage import Usage
from tests.evals.conftest import Ran
from tests.evals.stateful.students import Student, write_problems
from tests.openai_server import OpenAIServer, Status

Evaluate = Callable[..., Ran]
PRICES = ("--prices", "1", "0.5", "4")
needs_models = pytest.mark.skipif(
    importlib.util.find_spec("litellm") is None, reason="litellm is an extra: pip install 'noctule[models]'"
)


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOCTULE_MODEL_KEY", "the key of the test")


def test_nothing_is_sent_before_yes_and_every_prompt_can_be_read(evaluate: Evaluate, tmp_path: Path) -> None:
    file = write_problems(tmp_path / "GSM_p2.jsonl", 3)
    with OpenAIServer() as server:
        words = [
            "stateful",
            "gsm",
            file,
            "--model",
            "openai/x",
            "--address",
            server.url,
            *PRICES,
            "--out",
            tmp_path / "run",
        ]

        asked = evaluate(*words)
        dry = evaluate(*words, "--arms", "test", "sleep", "--levels", "0", "--dry-run")

        assert server.requests == []
    assert "Nothing is sent without --yes." in asked.out
    assert f"18 requests to openai/x at {server.url}" in dry.said  # for each of three: four of a sleep and two answers
    prompts = [json.loads(line) for line in (tmp_path / "run/prompts.jsonl").read_text().splitlines()]
    slept = [p for p in prompts if p["arm"] == "S"]
    assert len(prompts) == 18
    assert "How many cubes" in prompts[0]["messages"][1]["content"]
    assert all("How many" not in json.dumps(p["messages"]) for p in slept)
    assert not (tmp_path / "run/results.jsonl").exists()


@needs_models
def test_a_run_is_accounted_for_resumed_and_says_what_was_dropped(evaluate: Evaluate, tmp_path: Path) -> None:
    file = write_problems(tmp_path / "GSM_p1.jsonl", 6)
    student = Student()
    with OpenAIServer(answers=student.answer) as server:
        words = [
            "stateful",
            "gsm",
            file,
            "--model",
            "openai/gpt-4o-mini",
            "--address",
            server.url,
            "--pause",
            "0",
            *PRICES,
        ]
        words += ["--out", tmp_path / "run", "--yes", "--levels", "0,4", "--arms", "test", "sleep"]
        server.play([Status(503), Status(429, "0.01")])

        ran = evaluate(*words, "--sleep-effort", "low", "--limit", "4")
        first = len(server.requests)
        again = evaluate(*words, "--sleep-effort", "low", "--limit", "4")

        assert first == len(server.requests) == 4 * (2 + 2 + 2 + 2 + 2) + 2
        records = list(read_requests(tmp_path / "run"))
        assert server.books == (student.books.read, student.books.cached, student.books.written)
    assert sum((r.usage for r in records if r.usage), Usage()) == student.books
    assert {r.status for r in records} == {"ok", "status 503", "throttled", "status 400"}
    refused = [r for r in records if r.status == "status 400"]
    assert all("reasoning_effort" in r.why and r.usage is None for r in refused)  # by the library: nothing was sent
    asked = [r for r in records if r.place.arm == "S low" and r.turn == 1]
    assert all(r.dropped == ("reasoning_effort",) and "reasoning_effort" not in r.sent for r in asked)
    assert all(r.sent["temperature"] == 0.0 for r in records if r.is_answered and r.place.arm == "test")
    assert not [request for request in student.requests if "reasoning_effort" in request]
    assert "takes no reasoning_effort; it was left out and recorded" in ran.err
    assert "Nothing is left to ask." in again.out
    assert "the key of the test" not in (tmp_path / "run/requests.jsonl").read_text()
    page = evaluate("report", tmp_path / "run")
    assert "stateful gsm with openai/gpt-4o-mini: 4 problems of 4 clusters" in page.said
    html = (tmp_path / "run/report.html").read_text()
    assert "prefers-color-scheme: dark" in html
    assert "currentColor" in html


def test_wrong_input_is_one_clear_line(evaluate: Evaluate, tmp_path: Path) -> None:
    file = write_problems(tmp_path / "p1.jsonl", 2)
    broken = tmp_path / "p2.jsonl"
    broken.write_text(file.read_text() + '{"id": 1}\n')
    common = ["--model", "openai/x", "--address", "http://127.0.0.1:9/v1", *PRICES, "--out", tmp_path / "run"]

    for words, error, why in (
        (["gsm", broken], BadTaskFile, "line 3: it holds no text"),
        (["gsm", file, "--arms", "tests"], UnknownSolver, "unknown arm 'tests'"),
        (["gsm", file, "--levels", "0-9"], BadTask, "--levels is '0-9'"),
        (["gsm", file, "--levels", "4-0"], BadTask, "--levels is '4-0'"),
        (["gsm", file, "--effort", "low", "--thinking-tokens", "100"], BadTask, "two names of one budget"),
        (["gsm", file, "--k", "two"], BadTask, "--k is 'two'"),
        (["gsm", file, "--yes", "--cap", "0"], CapReached, "can cost"),
    ):
        with pytest.raises(error, match=why):
            evaluate("stateful", *words, *common)


@pytest.mark.parametrize(
    "wrong", [("--cap", "nan"), ("--cap", "-1"), ("--prices", "nan", "0", "1"), ("--pause", "inf")]
)
def test_money_that_is_no_number_is_refused(
    evaluate: Evaluate, tmp_path: Path, capsys: pytest.CaptureFixture[str], wrong: tuple[str, ...]
) -> None:
    file = write_problems(tmp_path / "p1.jsonl", 2)

    with pytest.raises(SystemExit) as ended:
        evaluate("stateful", "gsm", file, "--model", "openai/x", "--out", tmp_path / "run", "--yes", *wrong)

    assert ended.value.code == 2
    assert "is not a number of at least 0" in capsys.readouterr().err
