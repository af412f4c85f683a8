"""What tokens are worth: as the paper counts them, all of them, and in dollars. Pure arithmetic of its section 5.3.

The paper counts written tokens alone. What is read is not free: a note is read with every answer. So each figure stands
in three currencies, and the three may give three verdicts on the same facts.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from noctule.evals.scorers.amount import QueryCosts
from noctule.evals.scorers.clusters import Draws, Floats, Interval, ItemScore
from noctule.indexer.llm.usage import Usage

ROUNDING = 1e-9
"""A share of a cost that is no difference, but rounding of the arithmetic."""


class Currency(Enum):
    """In what cost is counted."""

    WRITTEN = "output tokens (the paper's)"
    ALL = "all tokens"
    DOLLARS = "dollars"

    def tokens(self, usage: Usage) -> float:
        """Return what a usage costs in a currency of tokens."""
        return float(usage.written if self is Currency.WRITTEN else usage.tokens)


class SleepPayoff(Enum):
    """Whether sleep pays, once the queries are many enough."""

    PAYS = "pays"
    NEVER = "never"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True, slots=True)
class BreakEven:
    """How many queries pay for a sleep. `queries` is given where the verdict is that it pays, and nowhere else.

    `gain` is what a query saves with the notes, B - b.
    """

    verdict: SleepPayoff
    queries: Interval | None
    gain: Interval
    sleep: float


def break_even(
    slept: list[ItemScore], with_notes: list[ItemScore], without: list[ItemScore], price: float = 1.0
) -> BreakEven | None:
    """Work out N* = S / (t (B - b)) with its interval over clusters; None where a part was not measured."""
    if not slept or not with_notes or not without:
        return None
    draws = Draws([score.cluster for score in (*slept, *with_notes, *without)])
    sleep, small, large = (draws.means(scores) for scores in (slept, with_notes, without))
    return judge(draws, sleep, small, large, price)


def judge(draws: Draws, sleep: Floats, small: Floats, large: Floats, price: float = 1.0) -> BreakEven:
    """Say whether sleep pays, from what it costs and what a query costs with it and without, draw by draw."""
    gain = large - small
    gain = np.where(np.abs(gain) <= ROUNDING * np.abs(large), 0.0, gain)
    found = draws.interval(gain)
    spent = float(sleep[0])
    if found.value is None or found.low is None or found.high is None or found.low <= 0 <= found.high:
        same = found.value is not None and found.low == found.high == 0
        return BreakEven(SleepPayoff.NEVER if same else SleepPayoff.CANNOT_TELL, None, found, spent)
    if found.high < 0:
        return BreakEven(SleepPayoff.NEVER, None, found, spent)
    safe = np.where(gain > 0, gain, np.nan)
    queries = np.where(gain > 0, sleep / (price * safe), np.where(np.isnan(gain), np.nan, np.inf))
    return BreakEven(SleepPayoff.PAYS, draws.interval(queries), found, spent)


def per_query(sleep: float, with_notes: float, without: float, queries: int, price: float) -> tuple[float, float]:
    """Return what a query costs with sleep ahead of it and without, S/N + t b and t B."""
    return QueryCosts(sleep, 0.0, with_notes, without).per_query(queries, price)


def longest_note(gain: float, price: float) -> float:
    """Return how many tokens a note may have to pay at all: w |c'| < t (B - b), since it is read with every answer."""
    return max(0.0, price * gain)
