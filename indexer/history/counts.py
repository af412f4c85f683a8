"""What a churn and a co-change are, for all who count them: which commits count, and how older ones fade. Pure.

A merge repeats what others did, a bot changes whatever its tool finds, and a commit of many files says nothing of two
of them. The forecast counts on its own: it has to go through history commit by commit, each time from the past alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from noctule.indexer.arrays import Floats, Ints
from noctule.indexer.history.history import BOT, MASS_FILES, MERGE


def telling(flags: NDArray[Any], sizes: NDArray[Any], *, largest: int = MASS_FILES) -> NDArray[np.bool_]:
    """Return which commits say that their files belong together; `sizes` are numbers of files."""
    found: NDArray[np.bool_] = ((flags & (MERGE | BOT)) == 0) & (sizes > 0) & (sizes <= largest)
    return found


def churn(files: Ints, ages: NDArray[Any], half_life: float, width: int) -> Floats:
    """Return how often each of `width` files changed, a change `half_life` commits ago counting half.

    `files` are numbers of files, one for each change; `ages` say how many commits came after each change.
    """
    counts: Floats = np.bincount(files, np.exp2(-ages / half_life), width)
    return counts
