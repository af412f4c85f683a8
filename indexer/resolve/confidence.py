"""How often a use is right, by the way it was resolved: measured against type checkers and compilers.

`make truth ARGS=--ways` prints the measure, and docs/evidence/truth.md holds it: fitted on some repositories, checked
on others.
"""

from __future__ import annotations

import numpy as np

from noctule.indexer.arrays import Array, Floats
from noctule.indexer.resolve.types import (
    DECLARED,
    DERIVED,
    EXPANDED,
    MADE,
    NAMED,
    OWN,
    OWNER,
    PRECISE,
    QUALIFIED,
    RETURNED,
)

BY_WAY = {
    PRECISE: 0.999,
    NAMED: 0.999,
    QUALIFIED: 0.995,
    OWN: 0.974,
    OWNER: 0.999,
    DECLARED: 0.998,
    MADE: 0.985,
    RETURNED: 0.999,
    DERIVED: 0.962,
    EXPANDED: 0.981,
}
"""(right + 1) / (all + 2), so that few are not taken for many."""
IMPORTED = BY_WAY[NAMED]
"""An import of a language whose names are not resolved."""
TOLD = 0.95
"""Least confidence of a use that a claim mentions."""
_FIRST = min(BY_WAY)
_TABLE = np.array([BY_WAY[way] for way in range(_FIRST, max(BY_WAY) + 1)], np.float32)


def confidence_of(how: Array) -> Floats:
    """Return how sure uses are that were resolved in some ways."""
    found: Floats = _TABLE[how.astype(np.int64) - _FIRST]
    return found
