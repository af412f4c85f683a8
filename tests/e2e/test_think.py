"""A named model thinks, its notes stand the repository's own past, and are served: by the real command."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests import truthful
from tests.e2e.conftest import Noctule
from tests.e2e.repositories import Repo, make_shop
from tests.openai_server import Late, OpenAIServer, Status
from tests.patience import PATIENCE_S, soon

KEY = "sk-test-0a1b2c3d4e5f6a7b"


@pytest.fixture
def model() -> Iterator[OpenAIServer]:
    with OpenAIServer(answers=truthful.answer) as server:
        yield server


@pytest.fixture
def thinking(noctule: Noctule, model: OpenAIServer) -> Noctule:
    """The command of a user who has named a model."""
    environment = {
        "NOCTULE_MODEL_THINK": "openai/scripted",
        "NOCTULE_MODEL_ADDRESS": model.url,
        "NOCTULE_MODEL_THINK_PRICE": "1/2",
        "NOCTULE_MODEL_KEY": KEY,
        "NOCTULE_MODEL_TIMEOUT_S": "30",
        "NO_PROXY": "127.0.0.1",
    }
    return replace(noctule, environment={**noctule.environment, **environment})


@pytest.fixture(scope="module")
def long_shop(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    return make_shop(tmp_path_factory.mktemp("think") / "shop", commits=60)


def status(noctule: Noctule, shop: Repo) -> dict[str, Any]:
    told: dict[str, Any] = noctule.json("status", shop.path)["model_notes"]
    return told


def test_a_model_thinks_its_notes_are_replayed_what_passes_is_served_and_none_is_thought_again(
    thinking: Noctule, model: OpenAIServer, long_shop: Repo
) -> None:
    report = thinking.json("sleep", "--think", long_shop.path)
    told = status(thinking, long_shop)
    asked = len(model.requests)
    again = thinking.ok("sleep", "--think", long_shop.path)

    done = [t for t in report["thoughts"] if t["outcome"] == "done"]
    assert done == report["thoughts"]
    assert {t["subject"] for t in done} >= {"shop/cart.py", "shop/mail.py"}
    assert report["gate"]["tasks"] == 40
    assert report["gate"] == told["gate"]
    assert sum(t["claims"] for t in done) > 0
    assert report["tokens"] == len(model.billed) * (truthful.PROMPT + truthful.OUTPUT)
    assert report["dollars"] == pytest.approx(len(model.billed) * (truthful.PROMPT * 1 + truthful.OUTPUT * 2) / 1e6)
    assert told["notes"] >= 1
    assert told["tokens_left"] == 500_000 - report["tokens"]
    served = thinking.json("notes", long_shop.path, "shop/cart.py")["claims"]
    by_model = [claim for claim in served if claim["by"]]
    assert {claim["kind"] for claim in by_model} <= set(told["gate"]["open"])
    assert {*told["gate"]["open"], *told["gate"]["why"]} >= {"answer", "breaks", "expected queries"}
    shown = {name: kind["shown"] for name, kind in told["gate"]["kinds"].items()}
    assert any(shown.values())
    # What hardly any pack had room for is not known to help, nor known not to.
    assert all(told["gate"]["why"][name].startswith("unknown: ") for name, times in shown.items() if times < 5)
    assert len(model.requests) == asked
    assert "Thought about 0 subjects" in again.out


def test_what_is_thought_for_the_gate_knows_nothing_of_what_came_after(
    thinking: Noctule, model: OpenAIServer, long_shop: Repo
) -> None:
    report = thinking.json("sleep", "--think", "--most", "5", long_shop.path)
    (base,) = {thought["revision"] for thought in report["thoughts"]}
    later = long_shop.git("rev-list", f"{base}..HEAD").split()
    said = json.dumps(model.requests)

    assert len(later) >= 40
    assert "case 18" in said  # the last that the base knows
    assert [n for n in range(20, 60) if f"case {n}" in said or f"Revision {n}" in said or f", {n}" in said] == []
    assert [commit for commit in later if commit[:12] in said] == []


def test_what_another_process_thinks_about_is_left_to_it(
    thinking: Noctule, model: OpenAIServer, long_shop: Repo
) -> None:
    thinking.ok("sleep", long_shop.path)
    model.answers = lambda request: replace(truthful.answer(request), after_s=8.0)
    with thinking.start("sleep", "--think", "--most", "1", long_shop.path) as first:
        assert soon(lambda: bool(model.requests))
        second = thinking.json("sleep", "--think", "--most", "1", long_shop.path)
        first.communicate(timeout=PATIENCE_S)

    assert "shop/cart.py" not in [thought["subject"] for thought in second["thoughts"]]


def test_a_dry_run_says_what_would_be_sent_and_sends_nothing(
    thinking: Noctule, noctule: Noctule, model: OpenAIServer, long_shop: Repo
) -> None:
    without_key = replace(
        thinking, environment={n: v for n, v in thinking.environment.items() if n != "NOCTULE_MODEL_KEY"}
    )
    dry = without_key.json("sleep", "--dry-run", long_shop.path)
    said = without_key.ok("sleep", "--dry-run", long_shop.path).out

    assert model.requests == []
    assert (dry["model"], dry["to"]) == ("openai/scripted", model.url.removeprefix("http://").removesuffix("/v1"))
    assert dry["subjects"][0]["paths"] == ["shop/cart.py"]
    assert all(one["bytes"] > 500 and 0 < one["tokens_likely"] <= one["tokens_most"] for one in dry["subjects"])
    assert 0 < dry["dollars_likely"] <= dry["dollars_most"] <= 1.0
    assert "this command sends nothing" in said
    assert noctule.json("sleep", "--dry-run", long_shop.path)["why"] == "no model is configured (docs/models.md)"


def test_nothing_is_thought_without_a_model(noctule: Noctule, long_shop: Repo) -> None:
    ran = noctule("sleep", "--think", long_shop.path)

    assert ran.code == 2
    assert "no model is configured" in ran.err


def test_a_wrong_key_ends_thinking_at_once_and_is_not_shown(
    thinking: Noctule, model: OpenAIServer, long_shop: Repo
) -> None:
    model.answers = lambda _request: Status(401)
    ran = thinking("sleep", "--think", long_shop.path)

    assert ran.code == 1
    assert "check the key" in ran.err
    assert KEY not in ran.out + ran.err
    assert len(model.requests) == 1
    assert "rejects" in status(thinking, long_shop)["failing"]


def test_a_budget_ends_thinking_before_it_is_passed(thinking: Noctule, model: OpenAIServer, long_shop: Repo) -> None:
    poor = replace(thinking, environment={**thinking.environment, "NOCTULE_LIMITS_TOKENS_PER_DAY": "48000"})
    report = poor.json("sleep", "--think", long_shop.path)

    assert 0 < report["tokens"] <= 48_000
    assert "left" in report["ended"]
    assert status(poor, long_shop)["gate"]["open"] == []


def test_an_interrupt_ends_a_request_that_is_under_way(thinking: Noctule, model: OpenAIServer, long_shop: Repo) -> None:
    thinking.ok("sleep", long_shop.path)
    model.answers = lambda _request: Late(2 * PATIENCE_S)
    with thinking.start("sleep", "--think", long_shop.path) as process:
        assert soon(lambda: bool(model.requests))
        process.send_signal(signal.SIGINT)
        started = time.monotonic()
        out, err = process.communicate(timeout=PATIENCE_S)

    assert (process.returncode, b"interrupted" in err) == (130, True), (out, err)
    assert time.monotonic() - started < PATIENCE_S
    spent = thinking.json("status", "--sent", long_shop.path)["here"]
    assert spent["tokens"] > 0  # what nobody heard the answer of counts with the most it can cost


def test_most_subjects_are_an_option(thinking: Noctule, model: OpenAIServer, long_shop: Repo) -> None:
    said = thinking.ok("sleep", "--think", "--most", "1", long_shop.path).out

    assert [line.split(" at ")[0] for line in said.splitlines() if " claim" in line] == ["shop/cart.py"]
    assert "Thought about 1 subject with openai/scripted" in said
    assert "the number of subjects that --most allows is done" in said


def test_the_key_is_in_no_argument_and_in_no_file(thinking: Noctule, model: OpenAIServer, long_shop: Repo) -> None:
    thinking.ok("sleep", long_shop.path)
    model.answers = lambda request: replace(truthful.answer(request), after_s=0.5)
    with thinking.start("sleep", "--think", "--most", "1", long_shop.path) as process:
        assert soon(lambda: bool(model.requests))
        told = Path(f"/proc/{process.pid}/cmdline").read_bytes() if Path("/proc").is_dir() else b""
        process.communicate(timeout=PATIENCE_S)

    assert KEY.encode() not in told
    files = [path for path in thinking.cache.rglob("*") if path.is_file()]
    assert [path for path in files if KEY.encode() in path.read_bytes()] == []
    assert json.dumps(model.headers[0]).count(KEY) == 1
