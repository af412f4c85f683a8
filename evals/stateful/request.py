"""The requests of a run, as lines of `requests.jsonl`: what was asked, what came back, what it cost. Sends nothing.

The file is also the memory of the run: a request that was answered once is never sent again, so that a run that was
killed goes on where it was, in the middle of a conversation too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, Self

from noctule.evals.errors import RunError
from noctule.evals.run_folder import append_line, describe_unwritable, encode_line, open_lines, read_lines
from noctule.indexer.llm.messages import ToolCall
from noctule.indexer.llm.usage import Usage

OK = "ok"
REQUESTS = "requests.jsonl"


@dataclass(frozen=True, slots=True)
class Place:
    """What a request belongs to: an arm, a budget of test time, a problem, and the number of the run or the sleep."""

    arm: str
    problem: str
    cluster: str
    budget: str = ""
    run: int = 0


@dataclass(frozen=True, slots=True)
class ChatPrompt:
    """What is to be asked. `effort` and `thinking_tokens` are left out where they say nothing."""

    messages: Sequence[Mapping[str, Any]]
    tools: Sequence[Mapping[str, Any]] = ()
    temperature: float | None = 0.0
    effort: str = ""
    thinking_tokens: int = 0
    most_output: int = 1_500

    def parts(self) -> dict[str, Any]:
        """Return the prompt as litellm takes it."""
        parts: dict[str, Any] = {"messages": list(self.messages)}
        if self.tools:
            parts["tools"] = list(self.tools)
        if self.temperature is not None:
            parts["temperature"] = self.temperature
        if self.effort:
            parts["reasoning_effort"] = self.effort
        if self.thinking_tokens:
            parts["thinking"] = {"type": "enabled", "budget_tokens": self.thinking_tokens}
        return parts

    def size_bytes(self) -> int:
        """Return how many bytes the prompt takes."""
        return len(json.dumps(self.parts(), ensure_ascii=False).encode("utf-8", "surrogatepass"))

    def digest(self) -> str:
        """Return the hash of all that an answer depends on."""
        text = json.dumps([self.parts(), self.most_output], sort_keys=True)
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """One request. `usage` and `dollars` are None where nobody says them; `dropped` is what the model does not take."""

    place: Place
    turn: int
    digest: str
    attempt: int
    status: str
    seconds: float
    usage: Usage | None = None
    dollars: float | None = None
    finish: str = ""
    sent: Mapping[str, Any] = field(default_factory=dict)
    dropped: Sequence[str] = ()
    text: str = ""
    calls: Sequence[ToolCall] = ()
    why: str = ""
    at: str = ""
    """The day on which it was asked."""
    charged: float | None = None
    """What counts against the cap: the most that it can have cost, where nobody says what it did."""

    @property
    def key(self) -> tuple[Place, int, str]:
        """What makes two requests the same."""
        return self.place, self.turn, self.digest

    @property
    def is_answered(self) -> bool:
        """Whether an answer came."""
        return self.status == OK

    @property
    def is_billed(self) -> bool:
        """Whether it was, or may have been, paid for."""
        return self.is_answered or self.usage is not None

    def to_json(self) -> dict[str, Any]:
        """Return the record as a line of the run's folder."""
        return asdict(self)

    @classmethod
    def of_json(cls, row: Mapping[str, Any]) -> RequestRecord:
        """Return the record that `to_json` wrote. KeyError, TypeError."""
        usage = row["usage"]
        told = {
            "place": Place(**row["place"]),
            "usage": None if usage is None else Usage(**usage),
            "calls": tuple(ToolCall(**call) for call in row["calls"]),
            "dropped": tuple(row["dropped"]),
        }
        return cls(**{**row, **told})


class Journal:
    """The requests of a run, open for adding to them, from any thread."""

    def __init__(self, folder: Path) -> None:
        """Open the file and read what was asked. RunError."""
        self._folder = folder
        self._lock = Lock()
        self._fault: RunError | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = open_lines(folder / REQUESTS)
        except OSError as error:
            raise describe_unwritable(folder, error) from error
        try:
            self.records = list(read_requests(folder))
        except BaseException:
            self._file.close()
            raise
        self._answers = {record.key: record for record in self.records if record.is_answered}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def get(self, key: tuple[Place, int, str]) -> RequestRecord | None:
        """Return the answer to a request that was asked before."""
        with self._lock:
            return self._answers.get(key)

    def check(self) -> None:
        """Make sure that what comes back can be kept: it will be paid for. RunError."""
        if self._fault is not None:
            raise self._fault

    def add(self, record: RequestRecord) -> None:
        """Add a request; it is in the file when this returns. RunError."""
        with self._lock:
            try:
                append_line(self._file, encode_line(record.to_json()))
            except OSError as error:
                self._fault = describe_unwritable(self._folder, error)
                raise self._fault from error
            self.records.append(record)
            if record.is_answered:
                self._answers[record.key] = record


def read_requests(folder: Path) -> Iterator[RequestRecord]:
    """Yield the requests of a run. RunError, which names the line."""
    for number, row in enumerate(read_lines(folder / REQUESTS), 1):
        try:
            yield RequestRecord.of_json(row)
        except (KeyError, TypeError) as error:
            raise RunError(
                f"line {number} of {folder / REQUESTS} is not a request: {error}",
                "it was changed: name another folder with --out",
            ) from error
