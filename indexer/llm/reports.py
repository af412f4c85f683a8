"""What is said of models, as values: what was sent, and what of the day's budgets is left. Works nothing out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from noctule.indexer.results import Answer, Value


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


@dataclass(frozen=True, slots=True)
class Exported(Answer):
    """What `notes --export` wrote; `left_out` counts claims by the reason why they stay on this machine."""

    file: str
    notes: int
    claims: int
    left_out: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Imported(Answer):
    """What `notes --import` took over: notes with at least one claim that holds here; `dropped` counts the rest.

    By reason: of a claim why it could not be proven here, of a line why it is no note, of a note why it is not needed.
    """

    file: str
    notes: int
    claims: int
    dropped: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class WouldSend(Value):
    """One subject that would be thought about, with what its first request holds.

    `tokens_likely` and `tokens_most` are of the whole job; `dollars_...` are null where nobody knows the prices.
    """

    subject: str
    revision: str | None
    reason: str
    paths: tuple[str, ...]
    bytes: int
    tokens: int
    tokens_likely: int
    tokens_most: int
    dollars_likely: float | None
    dollars_most: float | None


@dataclass(frozen=True, slots=True)
class DryRun(Answer):
    """What thinking would send at this moment, and to whom; without a model nothing, and `why` says so.

    `tokens_...` and `dollars_...` are of all subjects within what is left of the day. `to` is a host or a provider.
    """

    root: str
    model: str
    checker: str
    to: str
    why: str
    subjects: tuple[WouldSend, ...]
    bytes: int
    tokens_likely: int
    tokens_most: int
    dollars_likely: float | None
    dollars_most: float | None
    tokens_left: float | None
    dollars_left: float | None


@dataclass(frozen=True, slots=True)
class ThoughtOf(Value):
    """One subject that was thought about: `outcome` is "done", "failed" or "stopped", `why` says of a failure why."""

    subject: str
    revision: str | None
    outcome: str
    claims: int
    refused: Mapping[str, int]
    tokens: int
    dollars: float
    seconds: float
    why: str


@dataclass(frozen=True, slots=True)
class ThinkReport(Answer):
    """What `sleep --think` did, why it ended, and what the gate says by now."""

    root: str
    model: str
    thoughts: tuple[ThoughtOf, ...]
    ended: str
    gate: Mapping[str, object]
    tokens: int
    dollars: float
