"""What the tests of asking share: an client over the real library, and a server on loopback that plays the provider."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from noctule.indexer.llm.audit_log import AuditLog
from noctule.indexer.llm.client import Client
from noctule.indexer.llm.egress import EgressPolicy
from noctule.indexer.llm.key import Key
from noctule.indexer.llm.reply_cache import ReplyCache
from noctule.indexer.llm.reports import Sent
from noctule.indexer.llm.request import Request
from noctule.indexer.llm.retry import RetryPolicy
from noctule.indexer.llm.settings import Choice
from noctule.indexer.llm.spending import SpendingLimit, Today
from noctule.indexer.llm.worker_client import WorkerClient
from noctule.indexer.runtime.budget import Limits
from tests.openai_server import OpenAIServer

KEY = "sk-test-4f9a8b7c6d5e4f3a"
HASTY = RetryPolicy(first_s=0.01, longest_s=0.02)
PLENTY = Limits(tokens_per_job=10_000_000, dollars_per_job=100, tokens_per_day=10_000_000, dollars_per_day=100)
QUESTION = Request("note", ({"role": "user", "content": "What is this file for?"},), subject="shop/basket.py")


@dataclass
class Desk:
    """Everything that an client stands on, for a store in `folder`."""

    folder: Path
    choice: Choice
    worker: WorkerClient
    stop: Event = field(default_factory=Event)
    limits: Limits = PLENTY
    key: Key = field(default_factory=lambda: Key(KEY))
    files: frozenset[str] = frozenset({"shop/basket.py", "tests/test_basket.py"})

    @property
    def spending(self) -> SpendingLimit:
        return SpendingLimit(self.folder.parent, self.choice, self.folder.name, self.limits)

    @property
    def today(self) -> Today:
        return self.spending.today(everywhere=True)

    @property
    def sent(self) -> tuple[Sent, ...]:
        return AuditLog(self.folder).read()

    def client(self, job: str = "job", retries: RetryPolicy = HASTY, **changed: Any) -> Client:
        choice = replace(self.choice, **changed)
        return Client(
            choice,
            SpendingLimit(self.folder.parent, choice, self.folder.name, self.limits),
            AuditLog(self.folder),
            EgressPolicy(choice, self.files, {"debug.log": "ignored by git"}),
            self.key,
            self.stop,
            self.worker,
            ReplyCache(self.folder, job),
            job,
            retries,
        )


@pytest.fixture(scope="module")
def playing() -> Iterator[OpenAIServer]:
    with OpenAIServer() as server:
        yield server


@pytest.fixture(scope="module")
def worker(playing: OpenAIServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerClient]:
    """One process for the tests of a module: it takes seconds to start."""
    worker = WorkerClient(choice_of(playing), Key(KEY), tmp_path_factory.mktemp("nowhere"))
    yield worker
    worker.close()


@pytest.fixture
def server(playing: OpenAIServer) -> Iterator[OpenAIServer]:
    playing.forget()
    yield playing
    assert playing.turns == []
    assert playing.beyond == 0


@pytest.fixture
def desk(server: OpenAIServer, worker: WorkerClient, tmp_path: Path) -> Desk:
    folder = tmp_path / "cache" / "shop-123"
    folder.mkdir(parents=True)
    return Desk(folder, choice_of(server), worker)


def choice_of(server: OpenAIServer) -> Choice:
    return Choice(think="openai/played", address=server.url, timeout_s=5, think_price="2/8")
