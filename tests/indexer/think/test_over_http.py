"""Thinking over the real library, against a server that plays a model: what it sends is what a provider takes."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from noctule.indexer.llm import prompts
from noctule.indexer.llm.egress import EgressPolicy
from noctule.indexer.llm.errors import Unreachable
from noctule.indexer.model_notes.store import ModelNote
from noctule.indexer.serve.repository import Repository
from noctule.indexer.think.write_note import think
from tests.indexer.llm.asking import Desk, desk, playing, server, worker
from tests.indexer.think.test_write_note import API, CORE, FALSE, FINISH, GOOD, STEPS, TEST, rethink
from tests.openai_server import Broken, Cut, OpenAIServer, Say, Status, Turn
from tests.patience import PATIENCE_S
from tests.repositories import Repository as Made

__all__ = ["desk", "playing", "server", "worker"]  # fixtures

FILES: dict[str, str | bytes] = {
    "shop/__init__.py": "",
    "shop/core.py": CORE,
    "shop/api.py": API,
    "tests/test_api.py": TEST,
    "shop/settings.py": 'PASSWORD = "hunter2-correct-horse-7"\nfrom shop.core import area\n',
}
QUERIES = Say(text=json.dumps({"queries": ["How is a price worked out?"]}))
VERDICTS = Say(text=json.dumps({"verdicts": [{"sentence": n, "verdict": "supported"} for n in (1, 2)]}))
LOOK = ("read", {"path": "shop/settings.py", "first": 1, "last": 2})


@pytest.fixture
def shop(tmp_path: Path) -> Repository:
    made = Made(tmp_path / "repo")
    made.commit("Start", FILES)
    repository = Repository.open(made.root, cache=tmp_path / "store")
    repository.sleep()
    return repository


def thought(shop: Repository, desk: Desk, **changed: Any) -> ModelNote | None:
    choice = replace(desk.choice, **changed)
    client = replace(desk, files=frozenset(FILES)).client(**changed)
    return think(
        "shop/core.py",
        shop,
        client.ask,
        choice,
        EgressPolicy.of(choice, shop.snapshot()),
        time.monotonic() + PATIENCE_S,
        lambda: False,
    )


def test_a_note_is_written_over_the_wire(server: OpenAIServer, desk: Desk, shop: Repository) -> None:
    server.play(
        [
            QUERIES,
            Say(calls=(LOOK, ("related", {"path": "shop/core.py"}))),
            Say(calls=(rethink(GOOD, FALSE), FINISH)),
            VERDICTS,
        ]
    )

    note = thought(shop, desk)

    assert note is not None
    assert [claim.text for claim in note.claims] == [GOOD["text"]]
    assert note.refused == {"names what is not there": 1}
    spent = desk.spending.job_spending("job")
    assert (note.tokens, note.dollars) == (spent.tokens, pytest.approx(spent.dollars))
    bodies = [json.dumps(request) for request in server.requests]
    assert not any("hunter2" in body for body in bodies)
    assert "[secret]" in bodies[2]
    assert all(prompts.THINK.text in request["messages"][0]["content"] for request in server.requests[:3])
    assert [m["role"] for m in server.requests[2]["messages"]] == [
        "system",
        "user",
        "user",
        "assistant",
        "tool",
        "tool",
    ]
    assert [s.purpose for s in desk.sent] == ["anticipate", "think", "think", "check"]
    assert desk.sent[2].paths == ("shop/core.py", "shop/settings.py")


def test_five_thoughts_run_side_by_side_and_vote(server: OpenAIServer, desk: Desk, shop: Repository) -> None:
    def answer(request: dict[str, Any]) -> Turn:
        text = json.dumps(request["messages"])
        if "tools" in request:
            return Say(calls=(rethink(GOOD, STEPS) if "look first" in text.lower() else rethink(GOOD), FINISH))
        return VERDICTS if "Sentence 1" in text else QUERIES

    server.answers = answer
    note = thought(shop, desk, thoughts=5, concurrency=3)
    server.answers = None

    assert note is not None
    assert [(claim.text, claim.votes) for claim in note.claims] == [(GOOD["text"], 5), (STEPS["text"], 1)]
    assert len(server.requests) == 7
    assert note.tokens == desk.spending.job_spending("job").tokens


FAULTS: list[tuple[str, list[Turn]]] = [
    ("a broken answer", [Broken(), Say(calls=(rethink(GOOD), FINISH))]),
    ("a cut stream", [Cut(), Say(calls=(rethink(GOOD), FINISH))]),
    ("too many requests", [Status(429, "0"), Say(calls=(rethink(GOOD), FINISH))]),
    (
        "broken arguments",
        [Say(calls=(("rethink", '{"claims": [{"te'),), finish="length"), Say(calls=(rethink(GOOD), FINISH))],
    ),
    ("talk", [Say(text="Let me think."), Say(calls=(rethink(GOOD), FINISH))]),
    ("an order in a claim", [Say(calls=(rethink({**GOOD, "text": "You must run `area` first."}, GOOD), FINISH))]),
]


@pytest.mark.parametrize("turns", [turns for _, turns in FAULTS], ids=[name for name, _ in FAULTS])
def test_a_faulty_answer_costs_a_turn_and_not_the_note(
    server: OpenAIServer, desk: Desk, shop: Repository, turns: list[Turn]
) -> None:
    server.play([QUERIES, *turns, VERDICTS])

    note = thought(shop, desk)

    assert note is not None
    assert [claim.text for claim in note.claims] == [GOOD["text"]]


def test_a_thought_that_was_cut_off_goes_on_from_the_replies_that_were_kept(
    server: OpenAIServer, desk: Desk, shop: Repository
) -> None:
    server.play([QUERIES, Say(calls=(LOOK,)), *[Status(503)] * 12])
    with pytest.raises(Unreachable):
        thought(shop, desk)
    asked = len(server.requests)
    server.forget()
    server.play([Say(calls=(rethink(GOOD), FINISH)), VERDICTS])

    note = thought(shop, desk)

    assert note is not None
    assert [claim.text for claim in note.claims] == [GOOD["text"]]
    assert asked >= 3
    assert len(server.requests) == 2
