"""What the process that thinks and the one that talks to a provider say to each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from noctule.indexer.llm.settings import Prices
from noctule.indexer.llm.usage import Usage
from noctule.indexer.runtime.messages import Message

FaultKind = Literal["missing", "too long", "declined", "rejected", "empty", "loops", "cut", "unreachable"]


@dataclass(frozen=True, slots=True)
class Connection(Message):
    """The first message: the key, the user's own address or none, and how long a silence may last.

    `is_strict`: a parameter that a model does not take is a fault, and not dropped without a word.
    """

    key: str = field(repr=False)
    address: str
    timeout_s: float
    is_strict: bool = False


@dataclass(frozen=True, slots=True)
class AskFacts(Message):
    """Say what is known of a model without asking anybody. `id` numbers the requests and their answers."""

    model: str
    id: int = 0


@dataclass(frozen=True, slots=True)
class AskModel(Message):
    """Send one request; its `parts` are as litellm takes them."""

    parts: Mapping[str, Any]
    most_output: int
    limit_s: float
    id: int = 0


@dataclass(frozen=True, slots=True)
class AskScores(Message):
    """Say how likely a model finds each token of a text, through a server that repeats what it is sent."""

    model: str
    text: str
    id: int = 0


@dataclass(frozen=True, slots=True)
class TextScores(Message):
    """The tokens of a text with the logarithms of their probabilities, as the server tells them, checked by nobody."""

    tokens: tuple[str, ...]
    logprobs: tuple[float | None, ...]
    usage: Usage | None
    id: int = 0


@dataclass(frozen=True, slots=True)
class ModelFacts(Message):
    """Who answers, for which prices (`steep`: those of the longest requests), and how much the model reads at most."""

    to: str
    prices: Prices | None
    steep: Prices | None
    reasons: bool
    most_read: int | None
    id: int = 0


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call of a tool, its arguments as the model wrote them."""

    id: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class ModelAnswer(Message):
    """A whole answer; `finish` is "stop", "tool calls" or "length", `usage` what the provider tells of tokens.

    `sent` are the parameters as the provider gets them, where the connection is strict.
    """

    text: str
    calls: tuple[ToolCall, ...]
    finish: str
    got_bytes: int
    usage: Usage | None
    sent: Mapping[str, Any] = field(default_factory=dict)
    id: int = 0


@dataclass(frozen=True, slots=True)
class ModelFault(Message):
    """What went wrong with a request, and whether it may have been `billed`; `late`: nothing came in time."""

    kind: FaultKind
    text: str = ""
    status: int = 0
    billed: bool = False
    retry_after: str = ""
    finish: str = ""
    got_bytes: int = 0
    usage: Usage | None = None
    late: bool = False
    id: int = 0


Answer = ModelFacts | ModelAnswer | TextScores | ModelFault
