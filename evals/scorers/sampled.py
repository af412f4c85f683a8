"""Several draws of one answer: whether one of k is right, and whether most of k are. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence


def pass_at_k(draws: int, right: int, k: int) -> float:
    """Return the chance that one of k draws is right, unbiased, from `right` of more draws (Chen et al. 2021).

    Somebody who knows the answer must pick the right one: this is more than a user can have.
    """
    return 1.0 - math.comb(draws - right, k) / math.comb(draws, k)


def majority(numbers: Sequence[str | None], rights: Sequence[bool]) -> bool:
    """Tell whether the number that most draws give is right; of equally frequent ones, the first."""
    told = [number for number in numbers if number is not None]
    if not told:
        return False
    most = max(told, key=lambda number: (Counter(told)[number], -told.index(number)))
    return rights[list(numbers).index(most)]
