"""What a query costs with sleep ahead of it and without, in tokens. Pure arithmetic of arXiv 2504.13171, section 5.3.

With N queries for one state of the repository, a request-time token at t times the price of a sleep-time token, S
tokens of sleep, b request-time tokens with what sleep left and B without: a query costs (S + N t b) / N against t B, in
sleep-time tokens. What is read ahead of every answer (the pack, its prefill) is part of b.
"""

from __future__ import annotations

from dataclasses import dataclass

PRICES = (1, 2, 5, 10)
QUERIES = (1, 2, 5, 10)


@dataclass(frozen=True, slots=True)
class Costs:
    """Mean tokens of sleep for one repository state, and of one query with and without it."""

    sleep: float
    with_sleep: float
    without: float

    def per_query(self, queries: int, price: float) -> tuple[float, float]:
        """Return (with sleep, without), in sleep-time tokens."""
        return self.sleep / queries + price * self.with_sleep, price * self.without

    def break_even(self, price: float) -> float | None:
        """Return how many queries pay for the sleep; None where none do."""
        gain = price * (self.without - self.with_sleep)
        return self.sleep / gain if gain > 0 else None
