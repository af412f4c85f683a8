"""How sure a ranking is: probabilities of files and definitions, and whether a task is about this repository at all.

Numbers only. The coefficients are those of logistic regressions over tasks of many repositories, tasks of other
repositories and small talk; docs/decisions/ranking.md says which, and how well they hold.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from noctule.indexer.arrays import Floats
from noctule.indexer.search.bm25 import Signals


def file_probabilities(scores: Floats) -> list[float]:
    """Return for each file how likely the task's change touches it."""
    finite = np.where(np.isfinite(scores), scores.astype(np.float64), -np.inf)
    top = finite.max(initial=-np.inf)
    if not np.isfinite(top):
        return [0.0] * len(scores)
    odds = np.exp(finite - top)
    return (odds / odds.sum()).tolist()  # type: ignore[no-any-return]


def definition_probabilities(own: Sequence[float], file_scores: Floats) -> list[float]:
    """Return for each definition how likely the change touches it; `own` are log(P(file) P(definition | file))."""
    finite = file_scores[np.isfinite(file_scores)].astype(np.float64)
    if not len(finite) or not len(own):
        return [0.0] * len(own)
    top = float(finite.max())
    total = top + float(np.log(np.exp(finite - top).sum()))
    return np.minimum(np.exp(np.array(own, np.float64) - total), 1.0).tolist()  # type: ignore[no-any-return]


def is_about(signals: Signals) -> bool:
    """Tell whether a task is about this repository."""
    return signals.coverage >= 0.25
