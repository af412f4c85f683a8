"""A request in, a model's reply out, within what the user allows. Knows no note and no prompt.

`Ask` is all that a thinker knows of it. Before anything is sent: the files that it names may leave the machine, lines
with secrets are taken out once more, the most it can cost is set aside, and what is sent is written down. What passes
is asked for again with patience; a reply is kept until its job is done, so that a job that was killed and begins again
does not pay for it twice.
"""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import BoundedSemaphore, Event
from typing import TYPE_CHECKING, Any

from noctule.indexer.llm.audit_log import digest_of
from noctule.indexer.llm.errors import (
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
from noctule.indexer.llm.key import Key, scrubbed
from noctule.indexer.llm.reports import Sent
from noctule.indexer.llm.request import Body, Call, Reply, Request, Role
from noctule.indexer.llm.retry import PATIENCE, Patience, seconds_of
from noctule.indexer.llm.settings import Choice, Prices
from noctule.indexer.llm.usage import Bounds, Usage

if TYPE_CHECKING:
    from noctule.indexer.llm.audit_log import SentLog
    from noctule.indexer.llm.egress import Outgoing
    from noctule.indexer.llm.reply_cache import KeptReplies
    from noctule.indexer.llm.spending import Purse
    from noctule.indexer.llm.worker_client import Line

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


class _Fault(Exception):
    """One attempt failed with `error`; where it is `passing`, another may do."""

    def __init__(self, error: ThinkingError, passing: bool = False, asked_s: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.passing = passing
        self.asked_s = asked_s


class Asker:
    """Asks models for one job; any number of threads may ask at once, and `concurrency` of them are served."""

    def __init__(
        self,
        choice: Choice,
        purse: Purse,
        sent: SentLog,
        outgoing: Outgoing,
        key: Key,
        stop: Event,
        line: Line,
        kept: KeptReplies,
        job: str,
        patience: Patience = PATIENCE,
    ) -> None:
        self.choice = choice
        self.purse = purse
        self.job = job
        self._sent = sent
        self._outgoing = outgoing
        self._key = key
        self._stop = stop
        self._line = line
        self._kept = kept
        self._patience = patience
        self._turn = BoundedSemaphore(choice.concurrency)

    def ask(self, request: Request) -> Reply:
        """Ask, and ask again where that may help. ThinkingError; `Ask` is this method."""
        if not self.choice.named:
            raise NoModel("no model is configured", "docs/models.md explains how to configure one")
        for path in request.paths:
            if why := self._outgoing.why_not(path):
                raise NotSendable(f"{path} stays on this machine: {why}")
        body = Body(request, self._key.secrets())
        name = self._kept.claim(body.digest(self.choice.model(request.model), self.choice.effort))
        kept = self._kept.get(name)
        if kept is not None:
            return _reply_of(kept)
        with self._turns():
            return self._patiently(request, body, name)

    def done(self) -> None:
        """Let go of the replies that were kept: the job has what it wanted, or gives up."""
        self._kept.done()

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

    def _patiently(self, request: Request, body: Body, name: str) -> Reply:
        attempt = 0
        while True:
            attempt += 1
            try:
                return self._once(request, body, name)
            except _Fault as fault:
                if body.simplify(str(fault)):
                    continue
                unusable = isinstance(fault.error, Unusable)
                most = self._patience.unusable_attempts if unusable else self._patience.attempts
                too_long = (fault.asked_s or 0.0) > self._patience.longest_asked_s
                if not fault.passing or attempt >= most or too_long:
                    raise fault.error from None
                if unusable:
                    body.in_one_piece()
                if self._stop.wait(self._patience.wait_s(attempt, fault.asked_s, random.random())):
                    raise Stopped("thinking was stopped") from None

    def _terms(self, role: Role, sent_bytes: int) -> _Terms:
        model = self.choice.model(role)
        facts = self._line.facts(model, self._stop)
        if "to" not in facts:
            raise self._fault(facts).error
        told = self.choice.told_prices(role)
        table = facts["steep" if sent_bytes > STEEP_BYTES else "prices"]
        million = {name: price * 1e6 for name, price in table.items()} if table else None
        prices = told or (Prices(**million) if million is not None else None)
        return _Terms(model, facts["to"], prices, bool(facts["reasons"]), facts["most_read"])

    def _once(self, request: Request, body: Body, name: str) -> Reply:
        """Send a request once and settle what it cost. _Fault, ThinkingError."""
        content = body.content()
        terms = self._terms(request.model, len(content))
        if terms.most_read is not None and len(content) > MOST_BYTES_A_TOKEN * terms.most_read:
            raise TooLong(f"{len(content):,} bytes are more than {terms.model} can read")
        thinks = terms.reasons or bool(self.choice.effort)
        most_written = request.most_output + (THOUGHT_TOKENS[self.choice.effort] if thinks else 0)
        bounds = Bounds(len(content), most_written)
        most = bounds.most
        reservation = self.purse.reserve(self.job, most.tokens, _dollars(terms.prices, most, worst=True), self._stop)
        usage: Usage | None = None  # until it is known, what was set aside counts
        try:
            self._write_down(request, terms, content)
            answer = self._line.ask(self._message(terms, body, most_written), self._stop, self._limit_s + GRACE_S)
            usage = _charged(bounds, answer)
            if "fault" in answer:
                raise self._fault(answer)
            dollars = _dollars(terms.prices, usage)
            reply = _usable(answer, request, Reply("", (), usage, "", terms.model, dollars or 0.0, dollars is not None))
            self._kept.put(name, _record_of(reply))
            return reply
        except (NotSendable, NoModel):
            usage = Usage()
            raise
        finally:
            if usage is not None:
                self.purse.settle(reservation, usage.tokens, _dollars(terms.prices, usage))

    @property
    def _limit_s(self) -> float:
        return self.choice.timeout_s * LIMIT_FACTOR

    def _message(self, terms: _Terms, body: Body, most_written: int) -> dict[str, Any]:
        request = {"model": terms.model, **body.parts, "reasoning_effort": self._effort(body)}
        return {"do": "ask", "request": request, "most_output": most_written, "limit_s": self._limit_s}

    def _effort(self, body: Body) -> str | None:
        return self.choice.effort or None if "reasoning_effort" not in body.dropped else None

    def _write_down(self, request: Request, terms: _Terms, content: bytes) -> None:
        about = request.purpose, request.subject
        self._sent.add(
            Sent(round(time.time(), 3), terms.to, terms.model, *about, len(content), digest_of(content), request.paths)
        )

    def _fault(self, answer: Mapping[str, Any]) -> _Fault:
        """Turn what the line tells into an error of ours, without anything in it that is secret."""
        text = scrubbed(str(answer.get("text", "")), self._key.secrets())
        asked_s = seconds_of(str(answer.get("retry_after", "")), time.time())
        match answer["fault"]:
            case "missing":
                advice = "install it again with: pip install 'noctule[models]'"
                return _Fault(NoModel(f"the package that calls models cannot be loaded: {text}", advice))
            case "too long":
                return _Fault(TooLong(f"the request is too long for the model: {text}"))
            case "declined":
                return _Fault(Declined(f"the model declined: {text}"))
            case "rejected":
                return _Fault(Rejected(f"the provider rejects the request: {text}", _ADVICE.get(answer["status"], "")))
            case "empty":
                # Where all that it may write went into reasoning, it will again.
                return _Fault(Unusable(f"the answer cannot be used: {text}"), answer.get("finish") != "length")
            case "loops":
                return _Fault(Unusable(f"the answer cannot be used: it repeats itself: {text}"))
            case "cut":
                return _Fault(Unusable(f"the answer cannot be used: {text}"), passing=True)
            case _:
                again_s = 60.0 if asked_s is None else asked_s
                return _Fault(Unreachable(f"the model cannot be reached: {text}", "", again_s), True, asked_s)


_ADVICE: Mapping[int, str] = {
    401: "check the key (docs/models.md says where it is read from)",
    403: "check that the key may use this model",
    404: "check the model name and the address",
}


def _charged(bounds: Bounds, answer: Mapping[str, Any]) -> Usage:
    """Return what an attempt is taken to have cost: nothing where it was turned away, all where its answer was lost."""
    told = Usage(**answer["usage"]) if answer.get("usage") else None
    if "fault" not in answer:
        return bounds.charged(told, answer["got_bytes"])
    if not answer.get("billed"):
        return Usage()
    if told is not None and told.tokens > 0:
        return bounds.charged(told, answer.get("got_bytes", 0))
    return bounds.most


def _dollars(prices: Prices | None, usage: Usage, *, worst: bool = False) -> float | None:
    if prices is None:
        return None
    if worst:
        return (usage.read * max(prices.read, prices.kept) + usage.written * prices.written) / 1e6
    plain = usage.read - usage.cached - usage.kept
    read = plain * prices.read + usage.cached * prices.cached + usage.kept * prices.kept
    return (read + usage.written * prices.written) / 1e6


def _usable(answer: Mapping[str, Any], request: Request, reply: Reply) -> Reply:
    """Return the reply that an answer makes. _Fault where a schema was asked for and no JSON object came."""
    calls = tuple(_call(number, call) for number, call in enumerate(answer["calls"]))
    text, finish = str(answer["text"]), str(answer["finish"])
    if request.schema is not None and not calls:
        found = json_object_in(text)
        if found is None:
            how = "cut off" if finish == "length" else "not a JSON object"
            raise _Fault(Unusable(f"the answer cannot be used: it is {how}"), passing=finish != "length")
        text = found
    return Reply(text, calls, reply.usage, finish, reply.model, reply.dollars, reply.priced)


def _call(number: int, call: Mapping[str, Any]) -> Call:
    id_, name, text = (str(call[part]) for part in ("id", "name", "text"))
    try:
        arguments = json.loads(text or "{}")
    except (ValueError, RecursionError):
        arguments = None
    if not isinstance(arguments, dict):
        return Call(id_ or f"call-{number}", name, {}, text)
    return Call(id_ or f"call-{number}", name, arguments)


_FENCED = re.compile(r"```(?:json)?\s*\n(.*?)\n?```", re.DOTALL)


def json_object_in(text: str) -> str | None:
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


def _record_of(reply: Reply) -> dict[str, Any]:
    calls = [{"id": c.id, "name": c.name, "text": c.broken or json.dumps(c.arguments)} for c in reply.calls]
    told = {"finish": reply.finish, "model": reply.model, "dollars": reply.dollars, "priced": reply.priced}
    return {"text": reply.text, "calls": calls, "usage": reply.usage.to_json(), **told}


def _reply_of(record: Mapping[str, Any]) -> Reply:
    calls = tuple(_call(number, call) for number, call in enumerate(record["calls"]))
    told = record["finish"], record["model"], record["dollars"], record["priced"]
    return Reply(record["text"], calls, Usage(**record["usage"]), *told)
