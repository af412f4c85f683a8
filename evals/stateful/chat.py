"""A prompt in, an answer out: through the worker process of `indexer.llm`, written down, and within a cap in dollars.

Nothing is dropped without a word: a parameter that a model does not take is left out once the provider or the library
says so, and the request records that. Knows no arm and no score.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import Event, Lock
from typing import TYPE_CHECKING, Any, Protocol

from noctule.evals.errors import CapReached, ModelFailed, ModelWithoutTools
from noctule.evals.solvers.agent_usage import parse_usage
from noctule.evals.stateful.request import OK, ChatPrompt, Journal, Place, RequestRecord
from noctule.indexer.llm.client import GRACE_S, LIMIT_FACTOR
from noctule.indexer.llm.errors import BudgetSpent, NoModel, ThinkingError
from noctule.indexer.llm.fault import Fault, classify_fault
from noctule.indexer.llm.key import Key
from noctule.indexer.llm.messages import AskModel, AskScores, ModelAnswer, ModelFacts, ModelFault, TextScores
from noctule.indexer.llm.retry import RetryPolicy, retry
from noctule.indexer.llm.settings import Prices
from noctule.indexer.llm.usage import Bounds

if TYPE_CHECKING:
    from collections.abc import Iterator


class ModelProvider(Protocol):
    """Whoever reaches the model: `WorkerClient`, or a double of it."""

    def facts(self, model: str, stop: Event) -> ModelFacts | ModelFault:
        """Say what is known of a model."""
        ...

    def ask(self, request: AskModel, stop: Event, limit_s: float) -> ModelAnswer | ModelFault:
        """Send a request."""
        ...

    def score(self, request: AskScores, stop: Event, limit_s: float) -> TextScores | ModelFault:
        """Have a text scored."""
        ...


class DollarCap:
    """What a run may still spend. What is under way counts with the most that it can cost."""

    def __init__(self, dollars: float, spent: float) -> None:
        self.dollars = dollars
        self._lock = Lock()
        self._spent = spent
        self._under_way = 0.0

    @property
    def spent(self) -> float:
        """What was spent."""
        return self._spent

    @contextmanager
    def reserve(self, most: float) -> Iterator[Callable[[float], None]]:
        """Set aside the most that a request can cost; the function that is given settles it. CapReached."""
        with self._lock:
            if self._spent + self._under_way + most > self.dollars:
                raise CapReached(
                    f"the next request can cost ${most:.4f}, and ${self._spent:.4f} of ${self.dollars:,.2f} are spent",
                    "give a higher --cap: the same command goes on from there",
                )
            self._under_way += most
        cost = [0.0]
        try:
            yield lambda dollars: cost.__setitem__(0, dollars)
        finally:
            with self._lock:
                self._under_way -= most
                self._spent += cost[0]


class ModelAsker(Protocol):
    """Asks a model: `Chat`, or what only works out what would be asked."""

    @property
    def has_answers(self) -> bool:
        """Whether the model ever answered."""
        ...

    def ask(self, place: Place, turn: int, prompt: ChatPrompt) -> RequestRecord:
        """Return the answer."""
        ...


@dataclass
class Chat:
    """Asks one model for one run; any number of threads may ask at once."""

    model: str
    provider: ModelProvider
    key: Key
    prices: Prices
    cap: DollarCap
    journal: Journal
    retries: RetryPolicy = field(default_factory=RetryPolicy)
    timeout_s: float = 600.0
    stop: Event = field(default_factory=Event)
    dropped: set[str] = field(default_factory=set)
    """Parameters that the model was found not to take."""

    @property
    def has_answers(self) -> bool:
        """Whether the model ever answered."""
        return any(record.is_answered for record in self.journal.records)

    def ask(self, place: Place, turn: int, prompt: ChatPrompt) -> RequestRecord:
        """Return the answer, from the run's own memory where it was asked before. CapReached, ModelFailed, RunError."""
        known = self.journal.get((place, turn, prompt.digest()))
        if known is not None:
            return known
        left_out: set[str] = set()

        def send(attempt: int) -> RequestRecord:
            left_out.update(self.dropped & prompt.parts().keys())
            return self._send(place, turn, prompt, attempt, sorted(left_out))

        try:
            return retry(send, self.retries, time.sleep, lambda fault: self._simplify(fault, prompt, left_out))
        except (NoModel, BudgetSpent):
            raise
        except ThinkingError as error:
            if prompt.tools and "tool" in str(error).lower() and "rejects the request" in str(error):
                raise ModelWithoutTools(
                    f"{self.model} takes no tools, and sleep needs them: {error}",
                    "name a model or a server with tool calls, or only --arms test context",
                ) from error
            raise ModelFailed(f"{self.model} gave no answer: {error}") from error

    def score(self, place: Place, text: str) -> TextScores:
        """Return what the server says of the tokens of a text. CapReached, ModelFailed."""

        def send(attempt: int) -> TextScores:
            most = Bounds(len(text.encode()), 1).most
            with self.cap.reserve(self.prices.dollars(most, worst=True)) as settle:
                answer = self.provider.score(AskScores(self.model, text), self.stop, self.timeout_s)
                usage = parse_usage(answer.usage)
                dollars = None if usage is None else self.prices.dollars(usage)
                charged = self.prices.dollars(most) if dollars is None else dollars
                settle(charged)
            digest = ChatPrompt(({"role": "user", "content": text},)).digest()
            record = RequestRecord(place, 0, digest, attempt, OK, 0.0, usage, dollars, at=_today(), charged=charged)
            if isinstance(answer, ModelFault):
                fault = classify_fault(answer, self.key.secrets())
                self.journal.add(replace(record, status=fault.kind, why=str(fault)))
                raise fault
            self.journal.add(record)
            return answer

        try:
            return retry(send, self.retries, time.sleep)
        except ThinkingError as error:
            raise ModelFailed(f"{self.model} gave no scores: {error}") from error

    def _simplify(self, fault: Fault, prompt: ChatPrompt, left_out: set[str]) -> bool:
        """Leave out a parameter that was refused, from this request and all later ones.

        Another thread may have found out meanwhile; this request was sent with it all the same.
        """
        said = str(fault).lower()
        if "rejects the request" not in said:
            return False
        for name in ("reasoning_effort", "thinking", "temperature"):
            if name.partition("_")[0] in said and name in prompt.parts() and name not in left_out:
                self.dropped.add(name)
                return True
        return False

    def _send(self, place: Place, turn: int, prompt: ChatPrompt, attempt: int, dropped: Sequence[str]) -> RequestRecord:
        self.journal.check()
        parts = prompt.parts()
        for name in dropped:
            del parts[name]
        most = Bounds(prompt.size_bytes(), prompt.most_output).most
        limit_s = self.timeout_s * LIMIT_FACTOR
        with self.cap.reserve(self.prices.dollars(most, worst=True)) as settle:
            started = time.perf_counter()
            request = AskModel({"model": self.model, **parts}, prompt.most_output, limit_s)
            answer = self.provider.ask(request, self.stop, limit_s + GRACE_S)
            seconds = round(time.perf_counter() - started, 4)
            usage = parse_usage(answer.usage)
            dollars = None if usage is None else self.prices.dollars(usage)
            billed = not isinstance(answer, ModelFault) or answer.billed
            # Where nobody says what it cost, the most that it can have cost counts against the cap.
            charged = dollars if dollars is not None else self.prices.dollars(most, worst=True) if billed else 0.0
            settle(charged)
        record = RequestRecord(
            *(place, turn, prompt.digest(), attempt, OK, seconds, usage, dollars),
            dropped=tuple(dropped),
            at=_today(),
            charged=charged,
        )
        if isinstance(answer, ModelFault):
            if answer.kind == "empty" and answer.finish == "length":  # all that it may write went into reasoning
                record = replace(record, finish="length")
            else:
                fault = classify_fault(answer, self.key.secrets())
                self.journal.add(replace(record, status=fault.kind, why=str(fault)))
                raise fault
        else:
            record = replace(record, finish=answer.finish, sent=answer.sent, text=answer.text, calls=answer.calls)
        self.journal.add(record)
        return record


def as_message(record: RequestRecord) -> dict[str, Any]:
    """Return the message of the OpenAI protocol that an answer is in the conversation."""
    calls = [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.text}}
        for call in record.calls
    ]
    return {"role": "assistant", "content": record.text, **({"tool_calls": calls} if calls else {})}


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
