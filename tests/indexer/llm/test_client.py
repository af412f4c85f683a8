"""Asking a model over the real library: what goes out, what it costs, and everything that a provider can do wrong."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path
from random import Random
from threading import Thread
from typing import Any

import psutil
import pytest

from noctule.indexer.llm.errors import (
    BudgetSpent,
    Declined,
    NoModel,
    NotSendable,
    Rejected,
    Stopped,
    ThinkingError,
    TooLong,
    Unreachable,
    Unusable,
)
from noctule.indexer.llm.key import Key
from noctule.indexer.llm.request import Call, Request
from noctule.indexer.llm.retry import RetryPolicy
from noctule.indexer.llm.settings import Choice
from noctule.indexer.llm.spending import Today
from noctule.indexer.llm.usage import AROUND, Usage
from noctule.indexer.llm.worker_client import WorkerClient
from noctule.indexer.runtime import state
from noctule.indexer.runtime.budget import Amounts, Limits
from tests.indexer.llm.asking import KEY, QUESTION, Desk, desk, playing, server, worker
from tests.openai_server import Broken, Cut, Endless, Late, OpenAIServer, Say, Stalled, Status, Turn
from tests.patience import PATIENCE_S

LONG_S = 2 * PATIENCE_S
"""Nobody waits so long for what is to be abandoned, on a busy machine either."""

__all__ = ["desk", "playing", "server", "worker"]  # fixtures

SCHEMA = {"type": "object", "properties": {"claims": {"type": "array"}}, "required": ["claims"]}
LOOK = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}
SECRET = 'password = "hunter2-correct-horse-7"'
PATIENT = RetryPolicy(first_s=0.01, longest_s=0.02, longest_asked_s=2)


def question(text: str, **changed: Any) -> Request:
    return replace(QUESTION, messages=({"role": "user", "content": text},), **changed)


# What goes out and what comes back


def test_an_answer_comes_with_its_usage_and_its_price(server: OpenAIServer, desk: Desk) -> None:
    server.play([Say(text="It holds articles.", prompt=120, cached=100, output=15)])

    reply = desk.client().ask(QUESTION)

    assert reply.text == "It holds articles."
    assert reply.finish == "stop"
    assert reply.usage == Usage(read=120, written=15, cached=100)
    assert reply.dollars == pytest.approx((120 * 2 + 15 * 8) / 1e6)
    assert desk.today == Today(135, reply.dollars, 1)
    assert desk.spending.job_spending("job") == Amounts(tokens=135, dollars=reply.dollars)
    assert server.requests[0]["model"] == "played"
    assert server.requests[0]["max_tokens"] == 1_500
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"


def test_calls_of_tools_come_with_their_arguments_and_broken_ones_as_they_are(server: OpenAIServer, desk: Desk) -> None:
    server.play([Say(text="", calls=(("look", {"path": "a.py", "start": 3}), ("look", '{"path": "a'), ("end", "")))])

    reply = desk.client().ask(replace(QUESTION, tools=(LOOK,)))

    assert reply.finish == "tool calls"
    assert reply.calls == (
        Call("call-1-0", "look", {"path": "a.py", "start": 3}),
        Call("call-1-1", "look", {}, '{"path": "a'),
        Call("call-1-2", "end", {}),
    )
    assert server.requests[0]["tools"] == [LOOK]


def test_a_conversation_with_calls_and_their_results_goes_out_as_it_is(server: OpenAIServer, desk: Desk) -> None:
    call = {"id": "call-1", "type": "function", "function": {"name": "look", "arguments": '{"path": "a.py"}'}}
    messages = (
        {"role": "system", "content": "You read."},
        {"role": "user", "content": "Begin."},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call-1", "content": "1: x = 1"},
    )
    server.play([Say()])

    desk.client().ask(replace(QUESTION, messages=messages, tools=(LOOK,)))

    assert server.requests[0]["messages"] == list(messages)


@pytest.mark.parametrize(
    "text",
    [
        '{"claims": []}',
        '```json\n{"claims": []}\n```',
        'So:\n```\n{"claims": []}\n```\n',
        '<think>a {</think>\n{"claims": []}',
    ],
)
def test_where_a_schema_is_asked_for_the_text_is_a_json_object(server: OpenAIServer, desk: Desk, text: str) -> None:
    server.play([Say(text=text)])

    assert json.loads(desk.client().ask(replace(QUESTION, schema=SCHEMA)).text) == {"claims": []}
    assert server.requests[0]["response_format"]["json_schema"]["schema"] == SCHEMA


def test_effort_is_passed_on_and_gives_room_for_what_is_reasoned(server: OpenAIServer, desk: Desk) -> None:
    server.play([Say(reasoned=8)])
    choice = replace(desk.choice, think="openai/gpt-5-mini", effort="low", think_price="")

    reply = desk.client(**{name: getattr(choice, name) for name in ("think", "effort", "think_price")}).ask(QUESTION)

    sent = server.requests[0]
    assert sent["reasoning_effort"] == "low"
    assert sent.get("max_completion_tokens", sent.get("max_tokens")) == 1_500 + 2_048
    assert reply.usage.reasoned == 8
    assert reply.dollars == pytest.approx((100 * 0.25 + 10 * 2.0) / 1e6)  # the library's own table of prices


def test_another_model_checks_where_one_is_named(server: OpenAIServer, desk: Desk) -> None:
    server.play([Say(), Say()])
    client = desk.client(check="openai/small")

    thought, checked = client.ask(QUESTION), client.ask(replace(QUESTION, model="check"))

    assert [request["model"] for request in server.requests] == ["played", "small"]
    assert (thought.priced, checked.priced) == (True, False)
    assert [sent.model for sent in desk.sent] == ["openai/played", "openai/small"]
    assert desk.today.unpriced == 1


def test_what_was_sent_is_written_down_without_a_word_of_it(server: OpenAIServer, desk: Desk) -> None:
    server.play([Say()])
    before = time.time()

    desk.client().ask(replace(QUESTION, paths=("shop/basket.py",)))

    (sent,) = desk.sent
    assert before - 1 < sent.at < time.time() + 1
    assert (sent.to, sent.model, sent.purpose, sent.subject, sent.paths) == (
        server.url.split("/")[2],
        "openai/played",
        "note",
        "shop/basket.py",
        ("shop/basket.py",),
    )
    assert sent.bytes > 50
    assert len(sent.digest) == 32
    for log in desk.folder.iterdir():
        assert KEY.encode() not in log.read_bytes()
        assert log.stat().st_mode & 0o077 == 0
    assert "What is this file for" not in str(state.rows(desk.folder, "SELECT * FROM sent"))


def test_no_more_requests_than_allowed_are_under_way_at_once(server: OpenAIServer, desk: Desk) -> None:
    server.play([Say(after_s=0.4) for _ in range(6)])
    client = desk.client(concurrency=2)

    with ThreadPoolExecutor(6) as pool:
        replies = list(pool.map(lambda n: client.ask(question(f"Question {n}")), range(6)))

    assert len(replies) == 6
    assert server.at_once == 2


def test_what_a_conversation_began_with_is_kept_by_providers_that_want_to_be_asked_for_it(
    server: OpenAIServer, desk: Desk
) -> None:
    server.play([Say(), Say()])

    desk.client(think="openai/claude-sonnet-4-5").ask(QUESTION)
    desk.client().ask(QUESTION)

    marked, plain = (json.dumps(request) for request in server.requests)
    assert "cache_control" in marked
    assert "cache_control" not in plain


# What must not go out


def test_lines_with_secrets_are_taken_out_of_every_message(server: OpenAIServer, desk: Desk) -> None:
    call = {"id": "c", "type": "function", "function": {"name": "look", "arguments": json.dumps({"name": SECRET})}}
    messages = (
        {"role": "system", "content": f"fine\n{SECRET}\nfine"},
        {"role": "user", "content": [{"type": "text", "text": f"a\n{SECRET}"}]},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": f"key: {KEY} and so on"},
        {"role": "user", "content": "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n-----END RSA PRIVATE KEY-----"},
    )
    server.play([Say()])

    desk.client().ask(replace(QUESTION, messages=messages))

    went = json.dumps(server.requests[0])
    assert "hunter2" not in went
    assert KEY not in went
    assert "MIIEpAIBAAKCAQEA" not in went
    assert server.requests[0]["messages"][0]["content"] == "fine\n[secret]\nfine"
    assert server.requests[0]["messages"][2]["tool_calls"][0]["id"] == "c"


@pytest.mark.parametrize(
    ("path", "send", "why"),
    [
        (".env", "all", "secrets"),
        ("debug.log", "all", "ignored by git"),
        ("elsewhere.py", "all", "not one of the indexed files"),
        ("../outside.py", "all", "not one of the indexed files"),
        ("tests/test_basket.py", "no tests", "tests are not to be sent"),
        ("tests/test_basket.py", "shop, docs/api", "only shop, docs/api may be sent"),
    ],
)
def test_a_request_that_names_what_stays_here_is_not_sent(desk: Desk, path: str, send: str, why: str) -> None:
    with pytest.raises(NotSendable, match=why):
        desk.client(send=send).ask(replace(QUESTION, paths=("shop/basket.py", path)))

    assert desk.sent == ()
    assert desk.today == Today()


def test_nothing_is_sent_where_no_model_is_named(desk: Desk) -> None:
    with pytest.raises(NoModel, match="no model is configured"):
        desk.client(think="", think_price="").ask(QUESTION)

    assert desk.today == Today()


def test_what_cannot_be_written_down_is_not_sent(desk: Desk) -> None:
    (desk.folder / state.FILE).mkdir()

    with pytest.raises(NotSendable, match="cannot record what is sent"):
        desk.client().ask(QUESTION)

    assert desk.today == Today(requests=1)


def test_a_request_that_could_pass_the_budget_is_not_sent(desk: Desk) -> None:
    with pytest.raises(BudgetSpent):
        desk.client(tokens_per_day=1_500 + AROUND).ask(QUESTION)
    with pytest.raises(BudgetSpent):
        desk.client(dollars_per_day=1_500 * 8 / 1e6).ask(QUESTION)

    assert desk.sent == ()


def test_short_values_of_variables_are_no_keys() -> None:
    variables = {
        "OTHER_API_KEY": "sk-other-0123456789",
        "SORT_KEY": "name",
        "API_TOKEN": "",
        "HOME": "/home/ada-lovelace",
    }

    assert Key("test").secrets(variables) == ("sk-other-0123456789",)  # else tests/ would read [key]s/
    assert Key("sk-mine-0123456").secrets(variables) == ("sk-other-0123456789", "sk-mine-0123456")
    assert Key().secrets({"SORT_KEY": "name"}) == ()


def test_the_address_of_the_user_gets_no_key_of_another_provider(
    server: OpenAIServer, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-belongs-to-openai-1234")
    server.play([Say()])
    desk.worker = WorkerClient(desk.choice, Key(), tmp_path)

    try:
        desk.client().ask(QUESTION)
    finally:
        desk.worker.close()

    assert "belongs" not in json.dumps(server.headers)


def test_a_model_without_its_key_is_told_at_once(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    choice = replace(desk.choice, address="")
    desk.worker = WorkerClient(choice, Key(), tmp_path)

    try:
        with pytest.raises(Rejected, match="no key was given") as told:
            desk.client(address="").ask(QUESTION)
    finally:
        desk.worker.close()

    assert "docs/models.md" in told.value.advice
    assert desk.today == Today(requests=1)


@pytest.mark.true_start  # it looks at the arguments and variables of the child
def test_the_key_is_in_no_argument_variable_file_or_error(server: OpenAIServer, desk: Desk) -> None:
    server.play([Status(401, message=f"Incorrect API key provided: {KEY}. See sk-t***5e4f and Bearer abcdefgh.")])
    desk.worker = WorkerClient(desk.choice, Key(KEY), desk.folder.parent)  # that of the other tests may be forked

    try:
        with pytest.raises(Rejected, match="rejects the request") as told:
            desk.client().ask(QUESTION)
        providers = [child for child in _children() if "noctule.indexer.llm.worker" in child]
    finally:
        desk.worker.close()

    assert KEY not in str(told.value)
    assert "5e4f" not in str(told.value)
    assert "abcdefgh" not in str(told.value)
    assert KEY not in repr(Key(KEY))
    assert all(KEY.encode() not in path.read_bytes() for path in desk.folder.parent.rglob("*") if path.is_file())
    assert providers
    assert not [child for child in providers if KEY in child]


def _children() -> Iterator[str]:
    """Yield the arguments and variables of each child of this process that lives."""
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            yield f"{child.cmdline()} {child.environ()}"


# What a provider can do wrong

PASSING: dict[str, tuple[Turn, int]] = {
    # the fault, and whether it counts with the most that it could have cost
    "too many requests": (Status(429), 0),
    "with patience asked for": (Status(429, "0.05"), 0),
    "until a date": (Status(429, formatdate(time.time() - 60, usegmt=True)), 0),
    "a failing server": (Status(500), 0),
    "a bad gateway": (Status(502), 0),
    "an unavailable server": (Status(503, "0"), 0),
    "an overloaded one": (Status(529), 0),
    "no answer in time": (Late(7), 1),
    "a stream that falls silent": (Stalled(7), 1),
    "a stream that dies": (Cut(), 1),
    "broken JSON": (Broken(), 1),
}


@pytest.mark.parametrize("fault", PASSING)
def test_what_passes_is_asked_for_again_and_counted(server: OpenAIServer, desk: Desk, fault: str) -> None:
    turn, billed = PASSING[fault]
    server.play([turn, Say(text="There it is.")])

    reply = desk.client().ask(QUESTION)

    assert reply.text == "There it is."
    assert len(server.requests) == len(desk.sent) == 2
    most = desk.sent[0].bytes + AROUND + QUESTION.most_output
    assert desk.today.tokens == reply.usage.tokens + billed * most
    assert desk.today.requests == 2


@pytest.mark.parametrize("turn", [Say(text=""), Say(choices=False), Say(text="no JSON"), Say(text='{"claims": ["a')])
def test_an_answer_of_no_use_is_asked_for_once_more_and_both_are_paid(
    server: OpenAIServer, desk: Desk, turn: Say
) -> None:
    server.play([turn, turn])

    with pytest.raises(Unusable, match="cannot be used"):
        desk.client().ask(replace(QUESTION, schema=SCHEMA))

    assert desk.today.tokens == sum(server.books)


FINAL: dict[str, tuple[Turn, type[ThinkingError]]] = {
    "a wrong key": (Status(401), Rejected),
    "no right to the model": (Status(403), Rejected),
    "a wrong name": (Status(404), Rejected),
    "a request that is none": (Status(400, message="unknown field"), Rejected),
    "a long request, to vLLM": (Status(400, message="This model's maximum context length is 8192 tokens."), TooLong),
    "to OpenAI": (Status(400, message="x", kind="context_length_exceeded"), TooLong),
    "to llama.cpp": (Status(400, message="the request exceeds the available context size, try increasing it"), TooLong),
    "to a gateway": (Status(413, message="prompt is too long: 210000 tokens > 200000 maximum"), TooLong),
    "an answer that is held back": (Say(finish="content_filter"), Declined),
    "an answer that repeats itself": (Endless(to_the_letter=True), Unusable),
    "nothing but reasoning": (Say(text="", finish="length", reasoned=10), Unusable),
}


@pytest.mark.parametrize("fault", FINAL)
def test_what_stays_wrong_is_not_asked_for_again(server: OpenAIServer, desk: Desk, fault: str) -> None:
    turn, error = FINAL[fault]
    server.play([turn])

    with pytest.raises(error):
        desk.client().ask(QUESTION)

    assert len(server.requests) == 1


def test_a_refusal_that_is_lost_in_the_stream_is_found_in_one_piece(server: OpenAIServer, desk: Desk) -> None:
    server.play([Say(refusal="I will not do that.")] * 2)

    with pytest.raises(Declined, match="I will not do that"):
        desk.client().ask(replace(QUESTION, schema=SCHEMA))

    assert [request.get("stream") for request in server.requests] == [True, None]
    assert desk.today.tokens == sum(server.books)


def test_calls_come_in_one_piece_too(server: OpenAIServer, desk: Desk) -> None:
    server.play([Cut(), Say(text="", calls=(("look", {"a": 1}), ("see", {})))])

    reply = desk.client().ask(replace(QUESTION, tools=(LOOK,)))

    assert [(call.name, call.arguments) for call in reply.calls] == [("look", {"a": 1}), ("see", {})]
    assert reply.usage == Usage(100, 10)


def test_an_answer_that_never_ends_is_cut_off(server: OpenAIServer, desk: Desk) -> None:
    server.play([Endless()])

    reply = desk.client().ask(replace(QUESTION, most_output=200))

    assert reply.finish == "length"
    assert 1_000 < len(reply.text) < 6_000
    assert server.endless_bytes < 10_000_000


def test_a_provider_that_stays_away_is_given_up_with_what_it_asked_for(server: OpenAIServer, desk: Desk) -> None:
    server.play([Status(503)] * PATIENT.attempts)
    with pytest.raises(Unreachable):
        desk.client(retries=PATIENT).ask(QUESTION)

    server.play([Status(429, "3600")])
    with pytest.raises(Unreachable) as told:
        desk.client(retries=PATIENT).ask(QUESTION)

    assert told.value.retry_after_s == 3_600
    assert desk.today == Today(requests=PATIENT.attempts + 1)


def test_offline_is_told_as_such_and_costs_nothing(desk: Desk, tmp_path: Path) -> None:
    desk.choice = replace(desk.choice, address="http://127.0.0.1:9/v1")
    desk.worker = WorkerClient(desk.choice, Key(), tmp_path)

    try:
        with pytest.raises(Unreachable, match="cannot be reached"):
            desk.client().ask(QUESTION)
    finally:
        desk.worker.close()

    assert desk.today.tokens == 0


def test_a_name_without_its_provider_is_explained_and_nothing_is_sent(desk: Desk) -> None:
    with pytest.raises(Rejected, match="lacks its provider"):
        desk.client(think="qwen3").ask(QUESTION)

    assert desk.sent == ()


@pytest.mark.parametrize(
    ("say", "read", "written"),
    [
        (Say(usage=False), (100, 10_000), (2, 50)),
        (Say(prompt=0, output=0), (100, 10_000), (2, 50)),
        (Say(prompt=1, output=1), (100, 10_000), (2, 50)),
        (Say(prompt=10**9, output=10**9), (100, 10_000), (1_500, 1_500)),
        (Say(prompt=900, output=2_000), (900, 900), (2_000, 2_000)),
    ],
)
def test_figures_that_cannot_be_are_not_believed(
    server: OpenAIServer, desk: Desk, say: Say, read: tuple[int, int], written: tuple[int, int]
) -> None:
    server.play([say])

    usage = desk.client().ask(question("word " * 200)).usage

    assert read[0] <= usage.read <= read[1]
    assert written[0] <= usage.written <= written[1]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("response_format", "'response_format' of type 'json_schema' is not supported with this model"),
        ("stream_options", "Unrecognized request argument supplied: stream_options"),
        ("temperature", "temperature is not supported"),
    ],
)
def test_what_a_provider_does_not_take_is_left_out(server: OpenAIServer, desk: Desk, name: str, told: str) -> None:
    server.play([Status(400, message=told), Say(text='{"claims": []}')])

    desk.client().ask(replace(QUESTION, schema=SCHEMA, temperature=0.2))

    first, second = server.requests
    assert name in first
    assert name not in second
    assert ("Its schema" in second["messages"][-1]["content"]) == (name == "response_format")


# Stopping, crashing and going on


@pytest.mark.parametrize("turn", [Late(LONG_S), Stalled(LONG_S), Status(429, "1.5"), Status(503)])
def test_a_stop_abandons_what_is_under_way_at_once(server: OpenAIServer, desk: Desk, turn: Turn) -> None:
    server.play([turn])
    desk.worker.facts(desk.choice.think, desk.stop)  # the process is up
    stopped_at = []
    lost = isinstance(turn, Late | Stalled)

    def stop() -> None:
        while not server.requests or (not lost and desk.today.open):  # what is answered has to have come in
            time.sleep(0.01)
        time.sleep(0.1)
        stopped_at.append(time.monotonic())
        desk.stop.set()

    Thread(target=stop).start()
    with pytest.raises(Stopped):
        desk.client(retries=RetryPolicy(first_s=LONG_S, longest_s=LONG_S)).ask(QUESTION)

    assert time.monotonic() - stopped_at[0] < PATIENCE_S
    assert desk.today.open == lost
    assert (desk.today.tokens > 0) == lost


def test_a_process_that_dies_is_started_again_and_its_request_counts(server: OpenAIServer, desk: Desk) -> None:
    server.play([Late(5), Say()])

    def kill() -> None:
        while not server.requests:
            time.sleep(0.01)
        desk.worker.close()

    Thread(target=kill).start()
    reply = desk.client().ask(QUESTION)

    assert reply.text == "I look."
    assert desk.today.tokens > reply.usage.tokens


def test_a_job_that_begins_again_is_given_the_same_replies_without_paying_twice(
    server: OpenAIServer, desk: Desk
) -> None:
    server.play([Say(text="one"), Say(text="two", calls=(("look", {"a": 1}),))])
    killed = desk.client("note of basket.py")
    first = [killed.ask(QUESTION), killed.ask(QUESTION)]
    spent = desk.today

    again = desk.client("note of basket.py")

    assert [again.ask(QUESTION), again.ask(QUESTION)] == first
    assert len(server.requests) == 2
    assert desk.today == spent
    assert again.spending.job_spending("note of basket.py").tokens == spent.tokens
    again.forget_replies()
    server.play([Say(text="three")])
    assert desk.client("note of basket.py").ask(QUESTION).text == "three"


def test_the_last_dollars_of_a_day_are_never_spent_twice_by_threads(server: OpenAIServer, desk: Desk) -> None:
    server.answers = lambda request: Say(prompt=1_000, output=1_500, after_s=0.01)
    desk.limits = Limits(tokens_per_job=1e9, dollars_per_job=1e9, tokens_per_day=1e9, dollars_per_day=0.1)
    client = desk.client(concurrency=8)

    def ask(number: int) -> bool:
        try:
            client.ask(question(f"Question {number}"))
        except BudgetSpent:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        answered = list(pool.map(ask, range(20)))

    assert 0 < sum(answered) < 20
    assert sum(server.books[::2]) * 1.0 == desk.today.tokens
    assert desk.today.dollars <= 0.1


def test_through_any_faults_the_account_holds_what_was_billed_and_no_more_than_allowed(
    server: OpenAIServer, desk: Desk
) -> None:
    dice = Random(7)
    faults = [Status(429, "0"), Status(500), Status(400), Cut(), Broken(), Say(text=""), Say(refusal="No.")]
    good = [Say(prompt=700 + n, output=300 + n) for n in range(8)]
    server.answers = lambda request: dice.choice(good) if dice.random() < 0.5 else dice.choice(faults)
    client = desk.client(tokens_per_day=60_000, concurrency=4)

    def ask(number: int) -> str:
        try:
            client.ask(question(f"Question {number} " + "word " * 300))
        except ThinkingError as error:
            return type(error).__name__
        return "answered"

    with ThreadPoolExecutor(4) as pool:
        came = set(pool.map(ask, range(60)))

    read, _, written = server.books
    assert {"answered", "BudgetSpent", "Rejected"} <= came
    assert read + written < desk.today.tokens <= 60_000  # answers that were lost count in full
    assert len(desk.sent) == len(server.requests) == desk.today.requests
    assert desk.today.open == 0


def test_the_default_choice_names_no_model() -> None:
    assert not Choice().named
    assert "OPENAI" not in os.environ.get("NOCTULE_MODEL_THINK", "")
