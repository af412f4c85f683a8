"""Several rankings of files in, one order out: a model's beside recency, frequency and co-change, alone and blended.

Which order serves is chosen for the first file, the first five, ten and twenty by what found most on held-out commits.
Knows no history; works on scores.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from noctule.indexer.arrays import Doubles, unique

CUTS = (1, 5, 10, 20)
MODEL = "model"
BLENDS: Mapping[str, Mapping[str, float]] = {
    MODEL: {MODEL: 1.0},
    "recency": {"recency": 1.0},
    "frequency": {"frequency": 1.0},
    "co-change": {"co-change": 1.0},
    "model and recency": {MODEL: 1.0, "recency": 0.7},
    "model and frequency": {MODEL: 1.0, "frequency": 0.7},
    "model and co-change": {MODEL: 1.0, "co-change": 0.7},
    "all": {MODEL: 1.0, "recency": 0.5, "frequency": 0.5, "co-change": 0.5},
}
"""By name, the weight of each ranking; a ranking that a question does not have counts nothing."""
DEEP = 60
"""A ranking speaks for its first files only."""
RANK = 3.0
"""Reciprocal rank fusion: a file at rank r has the weight over RANK + r."""
MOST_BELOW = 0.01
"""An order that finds so much less than the best plain ranking does not serve."""

Scores = Mapping[str, NDArray[np.floating]]
"""By name, each ranking's score of every file."""


def names(scores: Scores) -> list[str]:
    """Return the blends that some rankings can make."""
    return [name for name, weights in BLENDS.items() if weights.keys() & scores.keys() and _is_new(name, scores)]


def _is_new(name: str, scores: Scores) -> bool:
    """Tell whether a blend holds more than another one of the rankings that there are."""
    return name == "all" or BLENDS[name].keys() <= scores.keys()


def order(name: str, scores: Scores, candidates: NDArray[np.bool_], most: int) -> NDArray[np.intp]:
    """Return the first `most` candidates by a blend; those that no ranking has among its first follow by the model."""
    return Orders(scores, candidates).blend(name, most)


class Orders:
    """The first candidates of each ranking, worked out once for all blends."""

    def __init__(self, scores: Scores, candidates: NDArray[np.bool_]) -> None:
        self._scores = scores
        self._candidates = candidates
        self._count = int(candidates.sum())
        self._model = np.where(candidates, scores[MODEL], -np.inf)
        self._best: dict[str, NDArray[np.intp]] = {}

    def blend(self, name: str, most: int) -> NDArray[np.intp]:
        """Return the first `most` candidates by a blend, as `order` does."""
        count = min(most, self._count)
        weights = {ranking: weight for ranking, weight in BLENDS[name].items() if ranking in self._scores}
        # Where one ranking votes, its order is that of the votes.
        ahead = self._best_of(*weights) if len(weights) == 1 else self._order_by_votes(weights)
        if len(ahead) >= count:
            return ahead[:count]
        rest = self._model.copy()
        rest[ahead] = -np.inf
        return np.concatenate([ahead, _best(rest, count - len(ahead))])

    def _order_by_votes(self, weights: Mapping[str, float]) -> NDArray[np.intp]:
        """Return the files that any of some rankings has among its first, by their votes and then by the model."""
        leaders, behind, places = self._leaders
        votes = np.zeros(len(leaders))
        for ranking, weight in weights.items():
            mine = places[ranking]
            votes[mine] += _votes(weight)[: len(mine)]
        found = votes.nonzero()[0]
        return leaders[found[np.lexsort((behind[found], -votes[found]))]]

    @cached_property
    def _leaders(self) -> tuple[NDArray[np.intp], NDArray[np.floating], dict[str, NDArray[np.intp]]]:
        """The first candidates of all rankings, ascending; their scores by the model, negated; and who stands where."""
        best = {ranking: self._best_of(ranking) for ranking in self._scores}
        leaders = unique(np.concatenate([*best.values()]))
        return leaders, -self._model[leaders], {name: leaders.searchsorted(files) for name, files in best.items()}

    def _best_of(self, ranking: str) -> NDArray[np.intp]:
        found = self._best.get(ranking)
        if found is None:
            scores = np.where(self._candidates, self._scores[ranking], -np.inf)
            found = self._best[ranking] = _best(scores, min(DEEP, self._count))
        return found


@cache
def _votes(weight: float) -> Doubles:
    """Return what a ranking gives to each of its first files."""
    return np.asarray(weight / (RANK + np.arange(DEEP)))


def _best(scores: NDArray[np.floating], count: int) -> NDArray[np.intp]:
    """Return the positions of the highest scores, in order."""
    if count <= 0:
        return np.zeros(0, np.intp)
    below = -scores
    best = below.argpartition(count - 1)[:count] if count < len(scores) else np.arange(len(scores))
    return best[np.lexsort((best, below[best]))]


def stitch(orders: Mapping[str, Sequence[int] | NDArray[np.intp]], serving: Sequence[str], most: int) -> list[int]:
    """Return one order: up to each of CUTS by the blend that serves there, behind the last as that one goes on."""
    if len(set(serving)) == 1:
        return [int(file) for file in orders[serving[0]][:most]]
    found: dict[int, None] = {}
    for cut, name in zip((*CUTS[:-1], most), serving, strict=True):
        for file in orders[name]:
            if len(found) >= min(cut, most):
                break
            found.setdefault(int(file))
    return list(found)


class OrderChoice:
    """Counts what each blend finds on held-out commits, and says which of them serve."""

    def __init__(self) -> None:
        self._lists: list[tuple[Mapping[str, NDArray[np.intp]], frozenset[int], bool]] = []
        self._recalls: dict[tuple[str, ...], Doubles] = {}
        """By serving orders, the recall of each question at CUTS."""

    def take(self, scores: Scores, candidates: NDArray[np.bool_], wanted: NDArray[np.integer], *, test: bool) -> None:
        """Count one question; of those of the test no order may find less than a plain ranking does."""
        orders = Orders(scores, candidates)
        lists = {name: orders.blend(name, CUTS[-1]) for name in names(scores)}
        self._lists.append((lists, frozenset(wanted.tolist()), test))
        self._recalls.clear()

    @property
    def trials(self) -> int:
        """How many questions of the test there were."""
        return sum(test for _, _, test in self._lists)

    def rates(self, name: str, *, test_only: bool = True) -> list[float]:
        """Return the mean recall of a blend at CUTS."""
        return self._mean([name] * len(CUTS), test_only=test_only)

    def choose(self) -> tuple[str, ...]:
        """Return the blend that serves up to each of CUTS."""
        known = list(self._lists[0][0])
        whole = {name: self.rates(name, test_only=False) for name in known}
        test = {name: self.rates(name) for name in known}
        least = [max(test[name][at] for name in known if name in PLAIN) - MOST_BELOW for at in range(len(CUTS))]
        fit = [[name for name in known if test[name][at] >= least[at]] for at in range(len(CUTS))]
        chosen = [max(names_, key=lambda name: (whole[name][at], -known.index(name))) for at, names_ in enumerate(fit)]
        for at in range(len(CUTS)):  # what one order leaves to the next is not all that the next would have found
            if self._mean(chosen)[at] < least[at]:
                chosen[: at + 1] = [max(fit[at], key=lambda name: whole[name][at])] * (at + 1)
        return tuple(chosen)

    def mean_recall(self, serving: Sequence[str]) -> list[float]:
        """Return the mean recall at CUTS of what serves."""
        return self._mean(serving)

    def _mean(self, serving: Sequence[str], *, test_only: bool = True) -> list[float]:
        key = tuple(serving)
        if key not in self._recalls:
            self._recalls[key] = np.array(
                [_recalls(stitch(lists, key, CUTS[-1]), wanted) for lists, wanted, _ in self._lists]
            )
        counted = [test or not test_only for *_, test in self._lists]
        return [float(mean) for mean in self._recalls[key][counted].mean(axis=0)] if any(counted) else [0.0] * len(CUTS)


def _recalls(files: Sequence[int], wanted: frozenset[int]) -> list[float]:
    return [len(wanted.intersection(files[:cut])) / len(wanted) for cut in CUTS]


PLAIN = ("recency", "frequency", "co-change")
