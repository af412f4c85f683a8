"""A provider with a protocol of its own is asked, counted and doubted as any other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from noctule.indexer.llm.errors import Declined
from noctule.indexer.llm.key import Key
from noctule.indexer.llm.request import Call
from noctule.indexer.llm.settings import Choice
from noctule.indexer.llm.usage import Usage
from noctule.indexer.llm.worker_client import WorkerClient
from tests.anthropic_server import AnthropicServer, said
from tests.indexer.llm.asking import KEY, QUESTION, Desk

LOOK = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}


@pytest.fixture
def server() -> Iterator[AnthropicServer]:
    with AnthropicServer() as playing:
        yield playing


@pytest.fixture
def desk(server: AnthropicServer, tmp_path: Path) -> Iterator[Desk]:
    folder = tmp_path / "cache" / "shop-1"
    folder.mkdir(parents=True)
    choice = Choice(think="anthropic/claude-sonnet-4-5", address=server.url, timeout_s=10, effort="low")
    worker = WorkerClient(choice, Key(KEY), folder)
    yield Desk(folder, choice, worker)
    worker.close()


def test_answers_calls_prices_and_faults_are_as_with_any_other(server: AnthropicServer, desk: Desk) -> None:
    told = {"input_tokens": 50, "cache_read_input_tokens": 400, "cache_creation_input_tokens": 150}
    server.answers += [
        529,
        said("I look. ", ("look", '{"path": "a.py"}'), "tool_use", output_tokens=40, **told),
        said("", stop="refusal", input_tokens=20),
    ]
    client = desk.client()

    reply = client.ask(replace(QUESTION, tools=(LOOK,)))
    with pytest.raises(Declined):
        client.ask(QUESTION)

    assert (reply.text, reply.finish) == ("I look. ", "tool calls")
    assert reply.calls == (Call("toolu-1", "look", {"path": "a.py"}),)
    assert reply.usage == Usage(read=600, written=40, cached=400, kept=150)
    assert reply.dollars == pytest.approx((50 * 3 + 400 * 0.3 + 150 * 3.75 + 40 * 15) / 1e6)
    assert server.keys == [KEY] * 3
    first = server.requests[0]
    assert first["messages"][-1]["content"][-1]["cache_control"] == {"type": "ephemeral"}
    assert first["thinking"]["budget_tokens"] < first["max_tokens"] == 1_500 + 2_048
