"""Why something is ranked where it is, in words: what each signal of the ranking says to a reader. Ranks nothing.

A signal says a kind and a detail; it is looked up whole, then by its first word.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from noctule.indexer.arrays import Floats
from noctule.indexer.results import Reason

MOST = 4


class Sayings(dict[str, tuple[str, str] | None]):
    """Kind and detail of each signal; a missing signal is looked up by its first word, once."""

    def __missing__(self, signal: str) -> tuple[str, str] | None:
        """Return kind and detail for the first word of the signal, if it is known."""
        found = self[signal] = self.get(signal.partition(" ")[0])
        return found


OF_FILES = Sayings(
    {
        "words": ("words", "its text matches the task"),
        "unit": ("symbol", "a symbol in it matches the task"),
        "units": ("symbol", "a symbol in it matches the task"),
        "path": ("path", "its path matches the task"),
        "path named": ("named", "the task names this file"),
        "module named": ("named", "the task names this module"),
        "scope": ("path", "the title begins with this part of the project"),
        "defines": ("defines", "defines names in the task"),
        "frame": ("trace", "in the task's stack trace"),
        "commits": ("history", "commits with similar messages changed it"),
        "uses": ("graph", "other likely files use it"),
        "used by": ("graph", "it uses other likely files"),
        "with": ("co-change", "changes together with other likely files"),
        "churn": ("churn", "changes often"),
    }
)
OF_SYMBOLS = Sayings(
    {
        "all": ("words", "its text matches the task"),
        "title": ("words", "its text matches the task"),
        "prose": ("words", "its text matches the task"),
        "code": ("words", "its text matches the task"),
        "pairs": ("words", "its text matches the task"),
        "local": ("words", "its text matches the task"),
        "share": ("words", "its text matches the task"),
        "called": ("graph", "code that the task names leads to it"),
        "named": ("named", "the task names it"),
        "owner named": ("named", "the task names a part of its name"),
        "name": ("name", "its name matches the task"),
        "frame": ("trace", "in the task's stack trace"),
        "touched": ("churn", "recent commits changed it"),
    }
)


def explain(
    names: Sequence[str],
    values: Floats,
    weights: Mapping[str, float],
    says: Sayings,
    better: Sequence[Mapping[str, str]],
    beside: Sequence[Sequence[Reason]],
) -> list[tuple[Reason, ...]]:
    """Say in words for each column of `values` what each signal added, the weightiest first.

    Of several signals of a kind only the first is named; what adds no hundredth is left out. For each column, `better`
    holds more exact details, by kind, and `beside` what no signal says.
    """
    signals = sorted(range(len(names)), key=names.__getitem__)  # of equals the first by name
    said = [says[names[at]] for at in signals]
    kinds = sorted({one[0] for one in said if one is not None})
    kind_of = np.array([-1 if one is None else kinds.index(one[0]) for one in said], np.intp)
    each = np.array([weights.get(names[at], 0.0) for at in signals])
    added = values[signals] * each[:, np.newaxis]  # in doubles
    ranked = np.argsort(-added, axis=0, kind="stable")
    worth, of_kind = np.take_along_axis(added, ranked, 0), kind_of[ranked]
    counts = (worth > 0.01) & (of_kind >= 0)
    columns, width = values.shape[1], len(kinds)
    places = (of_kind + np.arange(columns) * width)[counts]
    sums = np.bincount(places, worth[counts], columns * width).reshape(columns, width)
    first = np.full(columns * width, -1, np.intp)
    first[places[::-1]] = ranked[counts][::-1]  # of what is assigned to one place, the last stays: the weightiest
    best = np.argsort(-sums, axis=1, kind="stable")[:, :MOST]  # of equals the first by kind
    whose = first.reshape(columns, width)
    columns_of = (best, np.take_along_axis(whose, best, 1), np.take_along_axis(sums, best, 1))
    details = ["" if one is None else one[1] for one in said]
    found: list[tuple[Reason, ...]] = []
    for exact, more, *told in zip(better, beside, *(column.tolist() for column in columns_of), strict=True):
        reasons = [
            Reason(kinds[kind], exact.get(kinds[kind], details[at]), weight)
            for kind, at, weight in zip(*told, strict=True)
            if at >= 0
        ]
        if more:
            reasons = sorted([*reasons, *more], key=lambda one: (-one.weight, one.kind))[:MOST]
        found.append(tuple(reasons))
    return found
