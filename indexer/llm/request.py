"""What a model is asked and what it replies, as values; and a request as it goes out: the protocol's parts, clean of
secrets, and fewer where a provider takes fewer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from noctule.indexer.llm.audit_log import request_hash
from noctule.indexer.llm.egress import clean_message
from noctule.indexer.llm.usage import Usage

Role = Literal["think", "check"]


@dataclass(frozen=True, slots=True)
class Request:
    """What a model is to be asked: messages and tools as the OpenAI protocol has them, and a schema for its answer.

    `purpose` and `subject` are for the user, who can see what was sent; `paths` are the files that text in the messages
    comes from: none of them may be one that stays on the machine.
    """

    purpose: str
    messages: tuple[Mapping[str, Any], ...]
    tools: tuple[Mapping[str, Any], ...] = ()
    schema: Mapping[str, Any] | None = None
    most_output: int = 1_500
    model: Role = "think"
    temperature: float | None = None
    subject: str = ""
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """A tool that the model wants called; `broken` is what it gave for arguments where that is no JSON object."""

    id: str
    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    broken: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model answered: text, calls of tools, or both; where a schema was asked for, the text is a JSON object.

    `finish` is "stop", "tool calls" or "length". `dollars` is 0 where `priced` is False: nobody knows the prices.
    """

    text: str
    calls: tuple[Call, ...] = ()
    usage: Usage = field(default_factory=Usage)
    finish: str = "stop"
    model: str = ""
    dollars: float = 0.0
    priced: bool = True


Ask = Callable[[Request], Reply]
"""Ask a model. ThinkingError."""


class Payload:
    """A request's parts as they go out, without secrets, and with less in it where a provider does not take it all."""

    def __init__(self, request: Request, secrets: tuple[str, ...]) -> None:
        self.parts: dict[str, Any] = {"messages": [clean_message(message, secrets) for message in request.messages]}
        self.dropped: set[str] = set()
        self._request = request
        if request.tools:
            self.parts["tools"] = list(request.tools)
        if request.temperature is not None:
            self.parts["temperature"] = request.temperature
        if request.schema is not None:
            schema = {"name": "answer", "schema": request.schema, "strict": True}
            self.parts["response_format"] = {"type": "json_schema", "json_schema": schema}
        # As a stream, so that a slow answer is told from none, and one that never ends can be cut off.
        self.parts["stream"] = True
        self.parts["stream_options"] = {"include_usage": True}

    def content(self) -> bytes:
        """Return the bytes that the request takes."""
        return json.dumps(self.parts, ensure_ascii=False).encode("utf-8", "surrogatepass")

    def in_one_piece(self) -> None:
        """Ask for an answer in one piece: some servers stream badly, and in a stream the library loses refusals."""
        for name in ("stream", "stream_options"):
            self.parts.pop(name, None)

    def digest(self, model: str, effort: str) -> str:
        """Return the hash of all that the answer depends on."""
        return request_hash(f"{model}\0{effort}\0{self._request.purpose}\0".encode() + self.content())

    def simplify(self, said: str) -> bool:
        """Leave out what a provider said it does not take, if it is one of the parts that can be."""
        for name, words in _OPTIONAL.items():
            if name not in self.dropped and words.search(said) and (name in self.parts or name == "reasoning_effort"):
                self.dropped.add(name)
                self.parts.pop(name, None)
                if name == "response_format":
                    wanted = (
                        f"Answer with one JSON object and nothing else. Its schema: {json.dumps(self._request.schema)}"
                    )
                    self.parts["messages"] = [*self.parts["messages"], {"role": "user", "content": wanted}]
                return True
        return False


_OPTIONAL: Mapping[str, re.Pattern[str]] = {
    name: re.compile(rf"(?s)rejects the request.*(?:{words})", re.IGNORECASE)
    for name, words in (
        ("response_format", "response_?format|json_schema|structured output"),
        ("stream_options", "stream_options|include_usage"),
        ("temperature", "temperature"),
        ("reasoning_effort", "reasoning_effort|reasoning effort|thinking"),
    )
}
