"""A request in, a model's reply out, within what the user allows. Knows no note and no prompt.

`Ask` is all that a thinker knows of it. Before anything is sent: the files that it names may leave the machine, lines
with secrets are taken out once more, the most it can cost is set aside, and what is sent is written down. What passes
is asked for again; a reply is kept until its job is done, so that a job that was killed and begins again
does not pay for it twice.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import BoundedSemaphore, Event
from typing import TYPE_CHECKING, Any

from noctule.indexer.llm.audit_log import request_hash
from noctule.indexer.llm.errors import (
    NoModel,
    NotSendable,
    Stopped,
    TooLong,
    UnnamedModel,
    Unusable,
)
from noctule.indexer.llm.fault import Fault, classify_fault
from noctule.indexer.llm.key import Key
from noctule.indexer.llm.messages import AskModel, ModelAnswer, ModelFault, ToolCall
from noctule.indexer.llm.reports import Sent
from noctule.indexer.llm.request import Call, Payload, Reply, Request, Role
from noctule.indexer.llm.retry import RetryPolicy, retry
from noctule.indexer.llm.settings import Choice, Prices
from noctule.indexer.llm.usage import Bounds, Usage

if TYPE_CHECKING:
    from noctule.indexer.llm.audit_log import AuditLog
    from noctule.indexer.llm.egress import EgressPolicy
    from noctule.indexer.llm.reply_cache import ReplyCache
    from noctule.indexer.llm.spending import SpendingLimit
    from noctule.indexer.llm.worker_client import WorkerClient

THOUGHT_TOKENS: Mapping[str, int] = {"": 4_096, "minimal": 1_024, "low": 2_048, "medium": 4_096, "high": 8_192}
"""By effort: what a model that reasons may write before its answer; more than litellm asks its provider for."""
STEEP_BYTES = 128_000
"""Requests that may take more tokens than this count with the prices of the longest ones."""
LIMIT_FACTOR = 5
"""A whole answer may take so many times as long as its longest silence."""
GRACE_S = 30.0
MOST_BYTES_A_TOKEN = 16
"""A request that is longer than a model could read even so is not sent."""


@dataclass(frozen=True, slots=True)
class _Terms:
    """What is known of the model that a request goes to."""

    model: str
    to: str
    prices: Prices | None
    reasons: bool
    most_read: int | None


class Client:
    """Asks models for one job; any number of threads may ask at once, and `concurrency` of them are served."""

    def __init__(
        self,
        choice: Choice,
        spending: SpendingLimit,
        sent: AuditLog,
        egress: EgressPolicy,
        key: Key,
        stop: Event,
        worker: WorkerClient,
        kept: ReplyCache,
        job: str,
        retries: RetryPolicy = RetryPolicy(),  # noqa: B008 - a frozen value
    ) -> None:
        self.choice = choice
        self.spending = spending
        self.job = job
        self._sent = sent
        self._egress = egress
        self._key = key
        self._stop = stop
        self._worker = worker
        self._kept = kept
        self._retries = retries
        self._turn = BoundedSemaphore(choice.concurrency)

    def ask(self, request: Request) -> Reply:
        """Ask, and ask again where that may help. ThinkingError; `Ask` is this method."""
        if not self.choice.named:
            raise UnnamedModel("no model is configured", "docs/models.md explains how to configure one")
        for path in request.paths:
            if why := self._egress.why_not(path):
                raise NotSendable(f"{path} stays on this machine: {why}")
        payload = Payload(request, self._key.secrets())
        name = self._kept.claim(payload.digest(self.choice.model(request.model), self.choice.effort))
        kept = self._kept.get(name)
        if kept is not None:
            return _decode_reply(kept)
        with self._turns():
            return self._retry(request, payload, name)

    def forget_replies(self) -> None:
        """Let go of the replies that were kept: the job has what it wanted, or gives up."""
        self._kept.delete()

    @contextmanager
    def _turns(self) -> Iterator[None]:
        while not self._turn.acquire(timeout=0.05):
            self._check_stop()
        try:
            self._check_stop()
            yield
        finally:
            self._turn.release()

    def _check_stop(self) -> None:
        if self._stop.is_set():
            raise Stopped("thinking was stopped")

    def _retry(self, request: Request, payload: Payload, name: str) -> Reply:
        def mend(fault: Fault) -> bool:
            if payload.simplify(str(fault)):
                return True
            if fault.is_unusable:
                payload.in_one_piece()
            return False

        def wait(seconds: float) -> None:
            if self._stop.wait(seconds):
                raise Stopped("thinking was stopped")

        return retry(lambda _attempt: self._once(request, payload, name), self._retries, wait, mend)

    def _terms(self, role: Role, sent_bytes: int) -> _Terms:
        model = self.choice.model(role)
        facts = self._worker.facts(model, self._stop)
        if isinstance(facts, ModelFault):
            raise classify_fault(facts, self._key.secrets()).error
        told = self.choice.user_prices(role)
        prices = told or (facts.steep if sent_bytes > STEEP_BYTES else facts.prices)
        return _Terms(model, facts.to, prices, facts.reasons, facts.most_read)

    def _once(self, request: Request, payload: Payload, name: str) -> Reply:
        """Send a request once and settle what it cost. Fault, ThinkingError."""
        content = payload.content()
        terms = self._terms(request.model, len(content))
        if terms.most_read is not None and len(content) > MOST_BYTES_A_TOKEN * terms.most_read:
            raise TooLong(f"{len(content):,} bytes are more than {terms.model} can read")
        thinks = terms.reasons or bool(self.choice.effort)
        most_written = request.most_output + (THOUGHT_TOKENS[self.choice.effort] if thinks else 0)
        bounds = Bounds(len(content), most_written)
        most = bounds.most
        reservation = self.spending.reserve(self.job, most.tokens, _dollars(terms.prices, most, worst=True), self._stop)
        usage: Usage | None = None  # until it is known, what was set aside counts
        try:
            self._log_request(request, terms, content)
            answer = self._worker.ask(self._message(terms, payload, most_written), self._stop, self._limit_s + GRACE_S)
            usage = _charge(bounds, answer)
            if isinstance(answer, ModelFault):
                raise classify_fault(answer, self._key.secrets())
            dollars = _dollars(terms.prices, usage)
            reply = _usable(answer, request, Reply("", (), usage, "", terms.model, dollars or 0.0, dollars is not None))
            self._kept.put(name, _encode_reply(reply))
            return reply
        except (NotSendable, NoModel):
            usage = Usage()
            raise
        finally:
            if usage is not None:
                self.spending.settle(reservation, usage.tokens, _dollars(terms.prices, usage))

    @property
    def _limit_s(self) -> float:
        return self.choice.timeout_s * LIMIT_FACTOR

    def _message(self, terms: _Terms, payload: Payload, most_written: int) -> AskModel:
        parts = {"model": terms.model, **payload.parts, "reasoning_effort": self._effort(payload)}
        return AskModel(parts, most_written, self._limit_s)

    def _effort(self, payload: Payload) -> str | None:
        return self.choice.effort or None if "reasoning_effort" not in payload.dropped else None

    def _log_request(self, request: Request, terms: _Terms, content: bytes) -> None:
        about = request.purpose, request.subject
        self._sent.add(
            Sent(
                round(time.time(), 3), terms.to, terms.model, *about, len(content), request_hash(content), request.paths
            )
        )


def _charge(bounds: Bounds, answer: ModelAnswer | ModelFault) -> Usage:
    """Return what an attempt is taken to have cost: nothing where it was turned away, all where its answer was lost."""
    if isinstance(answer, ModelAnswer):
        return bounds.charge(answer.usage, answer.got_bytes)
    if not answer.billed:
        return Usage()
    if answer.usage is not None and answer.usage.tokens > 0:
        return bounds.charge(answer.usage, answer.got_bytes)
    return bounds.most


def _dollars(prices: Prices | None, usage: Usage, *, worst: bool = False) -> float | None:
    return None if prices is None else prices.dollars(usage, worst=worst)


def _usable(answer: ModelAnswer, request: Request, reply: Reply) -> Reply:
    """Return the reply that an answer makes. Fault where a schema was asked for and no JSON object came."""
    calls = tuple(_call(number, call) for number, call in enumerate(answer.calls))
    text, finish = answer.text, answer.finish
    if request.schema is not None and not calls:
        found = find_json_object(text)
        if found is None:
            how = "cut off" if finish == "length" else "not a JSON object"
            raise Fault(Unusable(f"the answer cannot be used: it is {how}"), passing=finish != "length")
        text = found
    return Reply(text, calls, reply.usage, finish, reply.model, reply.dollars, reply.priced)


def _call(number: int, call: ToolCall) -> Call:
    id_, name, text = call.id, call.name, call.text
    try:
        arguments = json.loads(text or "{}")
    except (ValueError, RecursionError):
        arguments = None
    if not isinstance(arguments, dict):
        return Call(id_ or f"call-{number}", name, {}, text)
    return Call(id_ or f"call-{number}", name, arguments)


_FENCED = re.compile(r"```(?:json)?\s*\n(.*?)\n?```", re.DOTALL)


def find_json_object(text: str) -> str | None:
    """Return the JSON object that a text is, or that stands in its only code block or behind what a model thought."""
    text = text.rpartition("</think>")[2].strip()
    fenced = _FENCED.findall(text)
    for candidate in (text, *(fenced if len(fenced) == 1 else ())):
        try:
            if isinstance(json.loads(candidate), dict):
                return str(candidate)
        except (ValueError, RecursionError):
            continue
    return None


def _encode_reply(reply: Reply) -> dict[str, Any]:
    calls = [{"id": c.id, "name": c.name, "text": c.broken or json.dumps(c.arguments)} for c in reply.calls]
    told = {"finish": reply.finish, "model": reply.model, "dollars": reply.dollars, "priced": reply.priced}
    return {"text": reply.text, "calls": calls, "usage": reply.usage.to_json(), **told}


def _decode_reply(record: Mapping[str, Any]) -> Reply:
    calls = tuple(_call(number, ToolCall(**call)) for number, call in enumerate(record["calls"]))
    told = record["finish"], record["model"], record["dollars"], record["priced"]
    return Reply(record["text"], calls, Usage(**record["usage"]), *told)
