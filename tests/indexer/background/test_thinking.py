"""A sleeper that may have a model think: with real children, the real library, and a scripted provider on loopback."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from queue import Empty, SimpleQueue

import pytest

from noctule.indexer.background.events import Event
from noctule.indexer.background.sleep_loop import Sleeper
from noctule.indexer.llm.key import Key
from noctule.indexer.llm.settings import Choice
from noctule.indexer.model_notes.gate import Verdict, keep, read_verdict
from noctule.indexer.model_notes.store import KINDS, NoteStore
from noctule.indexer.runtime import pause
from noctule.indexer.runtime.budget import Limits
from noctule.indexer.runtime.idle import Thresholds
from noctule.indexer.runtime.ledger import Ledger, Spent
from noctule.indexer.runtime.machine import family
from noctule.indexer.serve.repository import Repository
from noctule.indexer.think.plan import writer_name
from noctule.indexer.think.wiring import make_spending_limit
from tests import truthful
from tests.e2e.repositories import Repo, make_shop
from tests.indexer.background.test_sleep_loop import AT_ONCE, Watched
from tests.indexer.runtime.processes import is_stopped, lives, runs
from tests.openai_server import OpenAIServer, Say
from tests.patience import PATIENCE_S, soon

KEY = "sk-test-0a1b2c3d4e5f6a7b"


class Patient(Watched):
    """A sleeper whose events may take long to come."""

    def until(self, holds: Callable[[Event], bool]) -> Event:
        deadline = time.monotonic() + PATIENCE_S
        with contextlib.suppress(Empty):
            while (left := deadline - time.monotonic()) > 0:
                event = self.events.get(timeout=left)
                self.told.append(event)
                if holds(event):
                    return event
        raise AssertionError([(e.event, e.text) for e in self.told])


@pytest.fixture
def model() -> Iterator[OpenAIServer]:
    with OpenAIServer(answers=truthful.answer) as server:
        yield server


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    return make_shop(tmp_path_factory.mktemp("thinking") / "shop", commits=60)


@pytest.fixture
def repository(shop: Repo, tmp_path: Path) -> Repository:
    repository = Repository.open(shop.path, cache=tmp_path / "cache")
    repository.sleep()
    return repository


def choice(model: OpenAIServer, **more: object) -> Choice:
    return Choice(think="openai/scripted", address=model.url, think_price="1/2", timeout_s=30.0, **more)  # type: ignore[arg-type]


@contextlib.contextmanager
def sleeping(
    repository: Repository, chosen: Choice, thresholds: Thresholds = AT_ONCE, limits: Limits | None = None
) -> Iterator[Watched]:
    events: SimpleQueue[Event] = SimpleQueue()
    sleeper = Sleeper(repository, thresholds, limits or Limits(), 0.5, events.put)
    sleeper.allow_thinking(chosen, Key(KEY))
    sleeper.start()
    try:
        yield Patient(sleeper, repository, events)
    finally:
        sleeper.close()


def thoughts(repository: Repository) -> list[Spent]:
    return [s for s in Ledger(repository.folder).records().spent if s.kind == "think" and s.outcome != "began"]


def thinker_of(watched: Watched) -> int:
    """Wait for the process that thinks, and return it."""
    found: list[int] = []

    def there() -> bool:
        found.extend(pid for pid in watched.children() if runs(pid, "think.worker"))
        return bool(found)

    assert soon(there)
    return found[-1]


def slowly(request: dict[str, object]) -> Say:
    return replace(truthful.answer(request), after_s=3.0)


def test_while_nobody_works_past_tasks_are_replayed_and_it_is_said_why_nothing_is_open(
    repository: Repository, model: OpenAIServer
) -> None:
    with sleeping(repository, choice(model)) as watched:
        watched.until(lambda e: e.event == "job" and e.text == "gate past tasks: done")
        watched.until(lambda e: e.event == "job" and e.text == "gate replay of past tasks: done")
        watched.state("resting")

    verdict = read_verdict(repository.folder)
    assert verdict.was_given
    assert set(verdict.why) == {*KINDS, "expected queries"}
    assert {note.subject for note in NoteStore(repository.folder).notes()} >= {"shop/cart.py", "shop/money.py"}
    spent = thoughts(repository)
    assert {s.outcome for s in spent} == {"done"}
    assert sum(s.tokens for s in spent) == len(model.billed) * (truthful.PROMPT + truthful.OUTPUT)
    assert (
        sum(s.tokens for s in spent)
        == make_spending_limit(repository, choice(model), Limits()).today(everywhere=False).tokens
    )
    assert sum(s.dollars for s in spent) == pytest.approx(len(model.billed) * 2_400 / 1e6)


def test_once_the_gate_is_open_the_present_is_thought_about(
    repository: Repository, model: OpenAIServer, shop: Repo
) -> None:
    is_open = frozenset({"answer"})
    why = dict.fromkeys(set(KINDS) - is_open, "unknown")
    places = {"made_by": writer_name(choice(model)), "upto": shop.head(), "base": shop.head("HEAD~30")}
    keep(repository.folder, Verdict(open=is_open, why=why, at=9e9, **places))

    with sleeping(repository, choice(model)) as watched:
        watched.until(lambda e: e.event == "job" and e.text == "think shop/cart.py: done")

    assert "shop/cart.py" in {note.subject for note in NoteStore(repository.folder).notes()}
    assert not any(" at " in told.text for told in watched.told if told.text.startswith("think "))


def test_without_a_model_nothing_is_thought_about(repository: Repository, model: OpenAIServer) -> None:
    with sleeping(repository, Choice()) as watched:
        watched.state("resting")

        assert model.requests == []
    assert not read_verdict(repository.folder).was_given


def test_a_thought_is_stopped_at_once_and_goes_on_with_its_request_although_it_was_stopped_for_long(
    repository: Repository, model: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("noctule.indexer.background.job_runner.LONGEST_STOP_S", 1.0)
    model.answers = slowly
    with sleeping(repository, choice(model), replace(AT_ONCE, after_s=4.0)) as watched:
        process = thinker_of(watched)
        assert soon(lambda: bool(model.requests))
        watched.sleeper.note_activity()
        stopped = soon(lambda: is_stopped(process))
        watched.until(lambda e: e.event == "job" and e.text.startswith("think ") and e.text.endswith(": done"))

    assert stopped
    (first, *_) = thoughts(repository)
    assert first.outcome == "done"
    assert len([s for s in thoughts(repository) if s.outcome == "stopped"]) <= 1  # that of the end


def test_an_edit_is_served_fresh_beside_a_thought_and_does_not_end_it(
    repository: Repository, shop: Repo, model: OpenAIServer
) -> None:
    model.answers = slowly
    with sleeping(repository, choice(model)) as watched:
        process = thinker_of(watched)
        shop.write("shop/tip.py", "def tip_of(price):\n    return price\n")
        try:
            watched.until(lambda e: e.event == "fresh" and e.files == 1)
            alive = lives(process)
        finally:
            (shop.path / "shop/tip.py").unlink()
        watched.until(lambda e: e.event == "job" and e.text.startswith("think ") and e.text.endswith(": done"))

    assert alive


def test_a_pause_ends_a_thought_and_what_it_asked_counts_with_the_most_it_can_cost(
    repository: Repository, model: OpenAIServer
) -> None:
    model.answers = lambda request: replace(truthful.answer(request), after_s=60.0)
    with sleeping(repository, choice(model)) as watched:
        process = thinker_of(watched)
        assert soon(lambda: bool(model.requests))
        pause.pause(repository.folder)
        watched.until(lambda e: e.event == "job" and e.text.startswith("think ") and e.text.endswith(": stopped"))

        assert soon(lambda: not lives(process))
    (spent,) = thoughts(repository)
    assert spent.outcome == "stopped"
    assert spent.why.startswith("background indexing is paused")
    assert spent.tokens > 2_000
    assert spent.dollars > 0


def test_the_end_of_the_sleeper_ends_its_thinker_and_the_next_one_pays_for_no_reply_twice(
    repository: Repository, model: OpenAIServer
) -> None:
    with sleeping(repository, choice(model)) as watched:
        thinker_of(watched)
        assert soon(lambda: len(model.billed) >= 1)
        model.answers = lambda request: replace(truthful.answer(request), after_s=60.0)
        assert soon(lambda: len(model.requests) >= 2)
        before = family(watched.children())
    assert soon(lambda: not any(map(lives, before)))
    first = model.requests[0]

    model.answers = truthful.answer
    with sleeping(repository, choice(model)) as watched:
        watched.until(lambda e: e.event == "job" and e.text.startswith("think ") and e.text.endswith(": done"))
    assert sum(request["messages"] == first["messages"] for request in model.requests) == 1


def test_a_thinker_that_is_killed_costs_its_piece_and_nothing_else(repository: Repository, model: OpenAIServer) -> None:
    model.answers = slowly
    with sleeping(repository, choice(model)) as watched:
        process = thinker_of(watched)
        assert soon(lambda: bool(model.requests))
        os.kill(process, signal.SIGKILL)
        event = watched.until(lambda e: e.event == "failed" and e.text.startswith("think "))

        assert "its process ended" in event.text
        assert soon(lambda: "its process ended" in " ".join(watched.sleeper.status.failing.values()))
    (spent,) = thoughts(repository)
    assert (spent.outcome, spent.tokens > 2_000) == ("lost", True)


def test_no_network_is_a_setback_of_thinking_alone(repository: Repository, shop: Repo) -> None:
    nobody = Choice(think="openai/scripted", address="http://127.0.0.1:9/v1", think_price="0/0", timeout_s=5.0)
    with sleeping(repository, nobody) as watched:
        event = watched.until(lambda e: e.event == "failed" and e.text.startswith("think "))
        shop.write("shop/tip.py", "def tip_of(price):\n    return price\n")
        try:
            watched.until(lambda e: e.event == "fresh" and e.files == 1)
        finally:
            (shop.path / "shop/tip.py").unlink()
        watched.state("resting")

    assert "cannot be reached" in event.text
    assert len(thoughts(repository)) == 1


def test_limits_of_the_user_over_all_repositories_hold_for_the_sleeper(
    repository: Repository, model: OpenAIServer
) -> None:
    with sleeping(repository, choice(model, tokens_per_day=48_000.0)) as watched:
        watched.state("resting")

    assert 0 < sum(s.tokens for s in thoughts(repository)) <= 48_000
    assert len(model.billed) < 24


def test_a_choice_of_less_to_be_sent_ends_the_thought(repository: Repository, model: OpenAIServer) -> None:
    model.answers = lambda request: replace(truthful.answer(request), after_s=60.0)
    with sleeping(repository, choice(model)) as watched:
        process = thinker_of(watched)
        watched.sleeper.allow_thinking(choice(model, send="docs"), Key(KEY))

        assert soon(lambda: not lives(process))


def test_a_choice_that_is_taken_back_ends_the_thought(repository: Repository, model: OpenAIServer) -> None:
    model.answers = lambda request: replace(truthful.answer(request), after_s=60.0)
    with sleeping(repository, choice(model)) as watched:
        process = thinker_of(watched)
        watched.sleeper.allow_thinking(Choice(), Key())

        assert soon(lambda: not lives(process))
        watched.state("resting")
        time.sleep(0.2)
        assert not [pid for pid in watched.children() if runs(pid, "think.worker")]
