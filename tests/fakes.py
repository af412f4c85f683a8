"""Doubles for tests: small, and loud about what was not scripted."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from noctule.indexer.llm.request import Call, Reply, Request
from noctule.indexer.llm.usage import Usage

Turn = Reply | Exception | Callable[[Request], Reply]


def says(text: str = "", **answer: Any) -> Reply:
    """A reply of text, or of the JSON object that the keywords make."""
    return Reply(json.dumps(answer) if answer else text, usage=Usage(100, 10), dollars=0.01)


def calling(*calls: tuple[str, Mapping[str, Any] | str], text: str = "") -> Reply:
    """A reply that calls tools; arguments that are a text are broken ones."""
    made = tuple(
        Call(f"call-{n}", name, {}, given) if isinstance(given, str) else Call(f"call-{n}", name, given)
        for n, (name, given) in enumerate(calls)
    )
    return Reply(text, made, usage=Usage(100, 10), finish="tool calls", dollars=0.01)


@dataclass
class Model:
    """Answers requests by their purpose, each from its own script, in order; keeps what it was asked."""

    think: Sequence[Turn] = ()
    anticipate: Sequence[Turn] = (says(queries=["How is a price worked out?"]),)
    check: Sequence[Turn] | None = None
    """None: every sentence is supported."""
    requests: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._left = {"think": [*self.think], "anticipate": [*self.anticipate], "check": [*(self.check or ())]}

    def ask(self, request: Request) -> Reply:
        with self._lock:
            self.requests.append(request)
            if request.purpose == "check" and self.check is None:
                return says(verdicts=[{"sentence": n, "verdict": "supported"} for n in range(1, 33)])
            assert self._left[request.purpose], f"nobody scripted another request to {request.purpose}"
            turn = self._left[request.purpose].pop(0)
        if isinstance(turn, Exception):
            raise turn
        return turn(request) if callable(turn) else turn

    @property
    def unasked(self) -> dict[str, int]:
        """How many turns of each script nobody asked for."""
        return {purpose: len(left) for purpose, left in self._left.items() if left}

    def asked(self, purpose: str) -> list[Request]:
        return [request for request in self.requests if request.purpose == purpose]
