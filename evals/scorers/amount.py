"""What a query costs with sleep ahead of it and without, in tokens. Pure arithmetic of arXiv 2504.13171, section 5.3.

With N queries for one state of the repository, a request-time token at t times the price of a sleep-time token, S
tokens of sleep, b request-time tokens with what sleep left and B without: a query costs (S + N t b) / N against t B, in
sleep-time tokens. What is read ahead of every answer (the pack, its prefill) is part of b.

Sleep without a model spends processor seconds and no token. They are charged as `CPU_SECOND_TOKENS` sleep-time tokens
each, so that one sum holds both; what else a second might cost before sleep no longer pays is told beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

PRICES = (1, 2, 5, 10)
QUERIES = (1, 2, 5, 10)
CPU_SECOND_TOKENS = 28.0
"""A rented processor at 5 cents an hour against half a dollar for a million tokens of a small model."""
CACHED_PRICE = 0.1
"""What a prompt token costs that the provider has cached, as a share of one it has not."""


def at_cached_prices(prompt_tokens: float, cached_tokens: float) -> float:
    """Return what prompts cost where the provider caches, in tokens that are not cached."""
    return prompt_tokens - (1 - CACHED_PRICE) * cached_tokens


def charge_sleep(tokens: float, cpu_s: float) -> float:
    """Return what sleep costs, in sleep-time tokens."""
    return tokens + CPU_SECOND_TOKENS * cpu_s


@dataclass(frozen=True, slots=True)
class QueryCosts:
    """Means: what sleep for one repository state took, and request-time tokens of a query with it and without."""

    tokens: float
    cpu_s: float
    with_sleep: float
    without: float

    @property
    def sleep(self) -> float:
        """What sleep for one state costs, in sleep-time tokens."""
        return charge_sleep(self.tokens, self.cpu_s)

    def per_query(self, queries: int, price: float) -> tuple[float, float]:
        """Return (with sleep, without), in sleep-time tokens."""
        return self.sleep / queries + price * self.with_sleep, price * self.without

    def break_even(self, price: float) -> float | None:
        """Return how many queries pay for the sleep; None where none do."""
        gain = price * (self.without - self.with_sleep)
        return self.sleep / gain if gain > 0 else None

    def dearest_second(self, price: float) -> float | None:
        """Return how many sleep-time tokens a processor second may cost for one query to pay; None without seconds."""
        gain = price * (self.without - self.with_sleep) - self.tokens
        return gain / self.cpu_s if self.cpu_s else None
