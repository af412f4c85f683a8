"""What is said of models, as values: what was sent, and what of the day's budgets is left. Works nothing out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from indexer.answers import Answer, Value


@dataclass(frozen=True, slots=True)
class Sent(Value):
    """One request that left the machine; `to` is a host or a provider, `digest` the blake2b of its body."""

    at: float
    to: str
    model: str
    purpose: str
    subject: str
    bytes: int
    digest: str
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Spending(Value):
    """What models have cost today, under way and lost requests at their most, and what they may cost; None: no limit.

    Dollars of `unpriced` requests are not among them: nobody knows what they cost.
    """

    tokens: float
    tokens_a_day: float | None
    dollars: float
    dollars_a_day: float | None
    requests: int
    unpriced: int


@dataclass(frozen=True, slots=True)
class SentReport(Answer):
    """All that left the machine about one repository, and what models have cost today; no `model`: none is named."""

    root: str
    model: str
    checker: str
    address: str
    requests: int
    bytes: int
    bytes_by_receiver: Mapping[str, int]
    here: Spending
    everywhere: Spending
    sent: tuple[Sent, ...]
