"""How many repositories have a term: nearly all have "parse", few have "autumn". Terms in, shares out.

What a task shares with a repository says little where any repository has it. `benchmarks/common_terms.py` made the
table from 41 repositories in 14 languages.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

TERMS_FILE = Path(__file__).with_name("common_terms.txt")
"""One row for each level: the share of repositories, and the terms that so many have."""
LEVELS = (0.5, 0.7, 0.9)
RARE = 0.15
"""The share of repositories that have a term of no row, for one that a task has."""
MOST_TERMS = 60
"""So many terms of a task are looked at: a long log would outweigh any repository."""


@lru_cache(maxsize=1)
def read_shares() -> Mapping[str, float]:
    """Return the share of repositories for each common term."""
    shares: dict[str, float] = {}
    for row in TERMS_FILE.read_text(encoding="ascii").splitlines():
        level, *terms = row.split()
        shares.update(dict.fromkeys(terms, float(level)))
    return shares


def weigh_evidence(known: Sequence[str]) -> float:
    """Return how telling it is that a repository has these terms of a task, the heaviest first.

    A sum of log odds, damped: the twentieth rare word says less than the first.
    """
    shares = read_shares()
    return math.log1p(-sum(math.log(shares.get(term, RARE)) for term in known[:MOST_TERMS]))
