"""What requests to a model cost, one by one and in sum: tokens, seconds, dollars, retries. Calls no model.

Tokens are what the provider's usage fields say, never an estimate. Where a provider says nothing, that is counted too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from noctule.indexer.llm.usage import Usage
from noctule.indexer.results import Json

OK = "ok"


def parse_usage(usage: Usage | None) -> Usage | None:
    """Return the tokens that a provider tells with an answer; None where it tells none, or what makes no sense."""
    # No prompt is empty: litellm puts zeros where the provider said nothing.
    return usage if usage is not None and 0 < usage.read >= usage.cached >= 0 <= usage.written else None


@dataclass(frozen=True, slots=True)
class AgentRequest:
    """One request: `status` is "ok" or what went wrong; `usage` and `dollars` are None where nobody says them."""

    task: str
    arm: str
    step: int
    attempt: int
    status: str
    seconds: float
    usage: Usage | None = None
    dollars: float | None = None

    def to_json(self) -> Json:
        """Return the request as a line of the run's folder."""
        return asdict(self)

    @classmethod
    def of_json(cls, row: Mapping[str, object]) -> AgentRequest:
        """Return the request that `to_json` wrote."""
        usage = row["usage"]
        told = Usage(**usage) if isinstance(usage, dict) else None
        return cls(**{**row, "usage": told})  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Account:
    """Requests in sum; `untold` counts answers without usage. `dollars` is None where any answer's price is unknown."""

    requests: int
    retries: int
    untold: int
    usage: Usage
    seconds: float
    dollars: float | None

    @classmethod
    def of(cls, requests: Iterable[AgentRequest]) -> Account:
        """Add up."""
        listed = list(requests)
        answered = [r for r in listed if r.status == OK or r.usage is not None]
        prices = [r.dollars for r in answered]
        return cls(
            requests=len(listed),
            retries=sum(r.attempt > 1 for r in listed),
            untold=sum(r.usage is None for r in answered),
            usage=sum((r.usage for r in answered if r.usage is not None), Usage()),
            seconds=round(sum(r.seconds for r in listed), 4),
            dollars=None if None in prices else sum(p for p in prices if p is not None),
        )

    def measures(self) -> dict[str, float]:
        """Return the sums as an answer's numbers; what is unknown is absent."""
        found: dict[str, float] = {
            "requests": self.requests,
            "retries": self.retries,
            "untold": self.untold,
            "input": self.usage.read,
            "cached": self.usage.cached,
            "output": self.usage.written,
            "model_seconds": self.seconds,
        }
        return found if self.dollars is None else {**found, "dollars": self.dollars}

    def __str__(self) -> str:
        spent = f"{self.usage.read:,} input ({self.usage.cached:,} cached) and {self.usage.written:,} output tokens"
        price = "unknown price" if self.dollars is None else f"${self.dollars:.4f}"
        return f"{self.requests:,} requests ({self.retries:,} retries), {spent}, {self.seconds:,.1f} s, {price}"
