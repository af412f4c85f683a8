from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from noctule.indexer.results import Reason
from noctule.indexer.serve.reasons import MOST, OF_FILES, explain

NAMES = ("words all", "path named", "uses", "path", "units", "unit title", "used by", "churn 100", "is code", "frame")
ROWS = st.lists(st.sampled_from([0.0, 0.004, 0.25, 0.5, 1.0, 0.1, 0.3]), min_size=len(NAMES), max_size=len(NAMES))


def explain_one(row: list[float], weights: dict[str, float], better: dict[str, str]) -> tuple[Reason, ...]:
    """Do what `explain` does for one column, signal by signal."""
    added = [(float(np.float32(value)) * weights[name], name) for value, name in zip(row, NAMES, strict=True)]
    kinds: dict[str, tuple[str, float]] = {}
    for weight, name in sorted(added, key=lambda one: (-one[0], one[1])):
        said = OF_FILES[name]
        if weight > 0.01 and said is not None:
            detail, total = kinds.get(said[0], (better.get(said[0], said[1]), 0.0))
            kinds[said[0]] = (detail, total + weight)
    ordered = sorted(kinds.items(), key=lambda one: (-one[1][1], one[0]))
    return tuple(Reason(kind, detail, weight) for kind, (detail, weight) in ordered[:MOST])


@given(st.lists(ROWS, max_size=4), st.lists(st.sampled_from([-1.0, 0.3, 1.0, 2.7]), min_size=10, max_size=10))
def test_reasons_are_the_weightiest_kinds_of_signals(rows: list[list[float]], each: list[float]) -> None:
    weights = dict(zip(NAMES, each, strict=True))
    better = {"graph": "a better detail"}
    values = np.array(rows, np.float32).reshape(-1, len(NAMES)).T

    told = explain(NAMES, values, weights, OF_FILES, [better] * len(rows), [()] * len(rows))

    assert told == [explain_one(row, weights, better) for row in rows]


def test_what_no_signal_says_stands_among_the_reasons_by_its_weight() -> None:
    values = np.ones((len(NAMES), 1), np.float32)
    weights = dict.fromkeys(NAMES, 1.0)
    quotes = Reason("quotes", "line 3 says it", 10.0)

    told = explain(NAMES, values, weights, OF_FILES, [{}], [[quotes]])

    assert (told[0][0], len(told[0])) == (quotes, MOST)
