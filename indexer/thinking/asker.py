"""A request in, a model's reply out, within what the user allows. Knows no note and no prompt.

`Ask` is all that a thinker knows of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from indexer.thinking.usage import Usage

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

    `dollars` is 0 where `priced` is False: nobody knows the model's prices.
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
