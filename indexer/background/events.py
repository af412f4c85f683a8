"""Events that a sleeper reports to its owner."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from noctule.indexer.results import Value
from noctule.indexer.runtime.leader import State

EventKind = Literal["state", "fresh", "pending", "progress", "job", "failed", "waiting", "gone", "ended"]


@dataclass(frozen=True, slots=True)
class Event(Value):
    """What happened to a sleeper, in a sentence; with the figures that belong to it."""

    event: EventKind
    text: str
    state: State
    at: float
    ms: float | None = None
    files: int | None = None
    done: int | None = None
    total: int | None = None


OnEvent = Callable[[Event], None]
