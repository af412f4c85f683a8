"""How sure a ranking is: probabilities of files and definitions, and whether a task is about this repository at all.

Two logistic regressions over what task and repository share, fitted on own tasks of 30 repositories, tasks of other
repositories and small talk; docs/decisions/ranking.md says how well they hold where the repository was left out. What
is said of the first file falls with the doubt that the task is about this repository.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from noctule.indexer.arrays import Doubles, Floats, Ints
from noctule.indexer.search import ranking
from noctule.indexer.search.common_terms import weigh_evidence
from noctule.indexer.search.index import Index, Signals
from noctule.indexer.search.query import TaskQuery, weigh
from noctule.indexer.search.rules import find_titled
from noctule.indexer.search.scores import idf
from noctule.indexer.search.small_repository import SMALL, TINY, is_about_small
from noctule.indexer.store.store import Store

NAMED_OUTRIGHT = frozenset({"path named", "module named", "frame", "defines sharp"})
Words = Mapping[str, float] | None
"""What `measure_words` says of a task's words; None where it was not asked, or where there is no answer."""
NAMES_A_PLACE, SCORE, HELD = "names a place", "score of the first file", "most of the task in one file"
"""Features that are asked for by name."""
SHORTEST_NAME = 2
"""A name of so few letters is defined by chance."""
LEAST_ABOUT = 0.25
"""A task that is less likely than this to be about the repository gets no answer."""
LEAST_HELD = 0.25
"""One file of a small repository, which the fit has not seen, holds much of the task where it holds a quarter."""
TITLED = 0.85
"""So likely is the only file that the title names by its path: 863 of 882 commits changed it; issues do less often."""
LONG_TITLE = math.log1p(16)
"""A text of more distinct words shares some with any repository: they say less than those of a title."""
FEWEST, MOST = 50, 300
"""Of fewer files, or more, the size says no more: there the fit has seen little."""
MOST_NAMES = 80
CHANGES = "churn 100"
"""The signal that says how often a file changes."""
SAID, BESIDE_CODE = "unit prose", ("is test", "is docs")
"""The signal that tells how well a definition of a file fits what a task says, and the files where it is no sign."""
FARTHEST = 4.0
"""A larger lead of the first file over the second makes it no surer."""
DOUBTLESS, MOST_DOUBT = 0.25, 3.0
"""From such log odds on there is no doubt that a task is about this repository, and below others no more of it."""
HEADLINE = tuple(ranking.HEADLINE_WEIGHTS)
"""The features of `measure` that tell how likely the first file is right."""
_ABOUT: Mapping[str, float] = {
    "one": -6.069,
    HELD: 2.250,
    "most of the task in one file of code, by words": 1.835,
    NAMES_A_PLACE: 0.904,
    "its names that are used here": 0.966,
    "names that are defined here": 0.670,
    "names that are unknown here": -1.178,
    SCORE: 0.867,
    "telling words that are known here": 2.179,
    "size of the repository": -5.156,
    "words beyond a title": -1.5,
}
"""What each of the features of `measure` adds to the log odds that a task is about this repository."""
_DEFINITIONS = (0.15, 0.8)
_FILES = (0.5, 0.7)
"""What makes the share of a definition, or of a file after the first, a probability: a change touches several."""


class Confidence(NamedTuple):
    """The probability that a task is about this repository, and that the first file is right."""

    about: float
    first: float

    @property
    def is_about(self) -> bool:
        """Whether the task is to be answered."""
        return self.about >= LEAST_ABOUT


def judge(
    index: Index, store: Store, task: TaskQuery, signals: Signals, scores: Floats, words: Words = None
) -> Confidence:
    """Say how sure the first of a ranking is; `words` are what `measure_words` returned, if it was asked already."""
    found = measure(index, store, task, signals, scores, words)
    about, first = estimate_about(found), estimate_first(found, ranking.HEADLINE_WEIGHTS)
    if index.size < SMALL:
        held, share = found[HELD], found["share of the first file"]
        if about < LEAST_ABOUT and is_about_small(held >= LEAST_HELD, task, index.size, index.known_names):
            about = max(held, LEAST_ABOUT)
        if index.size <= TINY:
            first = max(first, share * math.sqrt(held))
    titled = find_titled(index, task)
    if titled is not None and titled == int(np.argmax(scores)):
        first = max(first, TITLED)
    return Confidence(about, first)


def estimate_about(features: Mapping[str, float]) -> float:
    """Return how likely a task is about this repository; `features` are those of `measure`."""
    return _logistic(_ABOUT, features)


def estimate_first(features: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """Return how likely the first file of a ranking is right, by weights such as those in use."""
    return _logistic(weights, features)


def _log_odds(weights: Mapping[str, float], features: Mapping[str, float]) -> float:
    return sum(weight * features[name] for name, weight in weights.items())


def with_doubt(features: Mapping[str, float]) -> dict[str, float]:
    """Return the features with how doubtful it is that the task is about this repository."""
    return {**features, "doubt": min(max(DOUBTLESS - _log_odds(_ABOUT, features), 0.0), MOST_DOUBT)}


def measure(
    index: Index, store: Store, task: TaskQuery, signals: Signals, scores: Floats, words: Words = None
) -> dict[str, float]:
    """Return the features of a task and its ranking."""
    ranked = measure_ranking(scores, signals.names, signals.values)
    return with_doubt({**measure_task(index, store, task, signals, words), **ranked})


def measure_ranking(scores: Floats | Doubles, names: Sequence[str], values: Floats) -> dict[str, float]:
    """Return how far the first file of a ranking is ahead, how often it changes, and whether another one says more.

    That is what follows from the weights. `values` are signals, one row for each of `names`.
    """
    finite = np.sort(scores[np.isfinite(scores)].astype(np.float64))[::-1]
    top = float(finite[0]) if len(finite) else -50.0
    second = float(finite[1]) if len(finite) > 1 else -50.0
    return {
        "share of the first file": 1 / float(np.exp(finite - top).sum()) if len(finite) else 0.0,
        SCORE: (top - 8) / 4,
        "ahead of the second file": min(top - second, FARTHEST) / 2,
        "changes of the first file": float(values[names.index(CHANGES), np.argmax(scores)]) if len(finite) else 0.0,
        "another file says more": float(_says_more(scores, names, values)) if len(finite) else 0.0,
    }


def _says_more(scores: Floats | Doubles, names: Sequence[str], values: Floats) -> bool:
    """Tell whether a definition of another file of code has more of the task's words than any of the first file."""
    said, is_code = values[names.index(SAID)], values[names.index("is code")] > 0
    others = is_code & ~(values[[names.index(role) for role in BESIDE_CODE]] > 0).any(axis=0)
    return bool((said[others] > said[int(np.argmax(scores))]).any())


def measure_task(
    index: Index, store: Store, task: TaskQuery, signals: Signals, words: Words = None
) -> dict[str, float]:
    """Return the features that say whether a task is about a repository, without the ranking's weights."""
    outright = [at for at, name in enumerate(signals.names) if name in NAMED_OUTRIGHT]
    return {
        **(words or measure_words(index, store, task)),
        NAMES_A_PLACE: float(signals.values[outright].max(initial=0.0)),
    }


def measure_words(index: Index, store: Store, task: TaskQuery) -> dict[str, float]:
    """Return the features of `measure_task` that need no signals; whether the task names a place is not known yet."""
    # The words of code alone count where there are no others.
    weights = weigh(task, {"title": 2.0, "prose": 1.0}) or weigh(task, {"code": 0.5})
    code = index.code_blobs
    postings = index.postings(list(weights))
    rarity = {t: idf(len(postings[t].blobs) if t in postings else 0, len(index.rows)) for t in weights}
    worth = [weights[term] * rarity[term] for term in postings]
    blobs, of_blobs = _join([posting.blobs for posting in postings.values()], worth)
    units, of_units = _join([posting.units for posting in postings.values()], worth)
    by_file, by_unit = np.bincount(blobs, of_blobs, len(index.rows)), np.bincount(units, of_units, len(index.unit_blob))
    starts = np.cumsum([0, *(len(posting.blobs) for posting in postings.values())])[:-1]
    is_in_code = np.logical_or.reduceat(code[blobs], starts).tolist() if worth else []  # a posting is never empty
    in_code = sum(value for value, there in zip(worth, is_in_code, strict=True) if there)
    all_of_it = sum(weight * rarity[term] for term, weight in weights.items()) or 1.0
    words = math.log1p(len(weights))
    return {
        "one": 1.0,
        HELD: float(by_file.max(initial=0.0)) / all_of_it,
        "most of the task in one definition": float((by_unit * index.code_units).max(initial=0.0)) / all_of_it,
        "of the task in code": in_code / all_of_it,
        "words": words,
        "words beyond a title": max(words - LONG_TITLE, 0.0),
        "telling words that are known here": weigh_evidence([term for term in weights if term in postings]),
        "size of the repository": math.log1p(min(max(len(index.rows), FEWEST), MOST)) / 5 - 1,
        "most of the task in one file of code, by words": float((by_file * code).max(initial=0.0)) / all_of_it * words,
        NAMES_A_PLACE: 0.0,
        "length": math.log1p(task.length) / 3,
        "is a question": float(task.asks),
        "names a part of the project": float(bool(task.scope)),
        **_names(index, store, task),
    }


def _join(places: Sequence[Ints], worth: Sequence[float]) -> tuple[Ints, Doubles]:
    """Return all places in one row, and for each what its term is worth."""
    if not places:
        return np.empty(0, np.int32), np.empty(0, np.float64)
    return np.concatenate(places), np.repeat(np.array(worth, np.float64), [len(one) for one in places])


def _names(index: Index, store: Store, task: TaskQuery) -> dict[str, float]:
    """Return how many of the names that read like code are known here; a word with a capital is none."""
    names = [n for n in task.names if len(n) > SHORTEST_NAME][:MOST_NAMES]
    names = [n for n in names if not (n[0].isupper() and n[1:].islower())]
    defined = index.known_names.find_definitions(names)
    users = store.find_users([name for name in names if name not in defined])
    used = {n for n in names if n in defined or any(map(index.blob_files, users.get(n, ())))}
    return {
        "its names that are defined here": len(defined) / len(names) if names else 0.3,
        "its names that are used here": len(used) / len(names) if names else 0.4,
        "names": math.log1p(len(names)) / 3,
        "names that are defined here": math.log1p(len(defined)) / 2,
        "names that are unknown here": math.log1p(len(names) - len(used)) / 2,
    }


def _logistic(weights: Mapping[str, float], features: Mapping[str, float]) -> float:
    return 1 / (1 + math.exp(-max(min(_log_odds(weights, features), 50.0), -50.0)))


def file_probabilities(scores: Floats, first: float) -> list[float]:
    """Return for each file the probability that the task's change touches it; `first` is that of the first file.

    If the other files shared the rest in proportion to their scores, each would get too little; definitions do too.
    """
    finite = np.where(np.isfinite(scores), scores.astype(np.float64), -np.inf)
    top = finite.max(initial=-np.inf)
    if not np.isfinite(top):
        return [0.0] * len(scores)
    odds = np.exp(finite - top)
    best = int(np.argmax(finite))
    shares = odds / odds.sum()
    scale = (1 - first) / max(1 - float(shares[best]), 1e-9)
    likely = np.minimum(_raise_shares(shares * scale, _FILES), first)
    likely[best] = first
    return likely.tolist()  # type: ignore[no-any-return]


def definition_probabilities(own: Sequence[float], files: Sequence[int], likely: Sequence[float]) -> list[float]:
    """Return for each definition how likely the change touches it.

    `own` are log(P(file) P(definition | file)) up to a constant; `likely` holds the probability of each file. What is
    shared among the definitions of a file is too little for each, since a change touches several of them.
    """
    if not len(own):
        return []
    odds = np.exp(np.array(own, np.float64) - max(own))
    total: dict[int, float] = {}
    for file, one in zip(files, odds.tolist(), strict=True):
        total[file] = total.get(file, 0.0) + one
    shares = np.array([likely[f] * one / total[f] for f, one in zip(files, odds.tolist(), strict=True)])
    bound = np.array([likely[f] for f in files])
    return np.minimum(_raise_shares(shares, _DEFINITIONS), bound).tolist()  # type: ignore[no-any-return]


def _raise_shares(shares: Doubles, by: tuple[float, float]) -> Doubles:
    """Return the probabilities of several candidates that share one, since a change may touch more than one of them."""
    bounded = np.clip(shares, 1e-9, 1 - 1e-9)
    log_odds = np.log(bounded) - np.log1p(-bounded)
    found: Doubles = np.where(shares > 0, 1 / (1 + np.exp(-(by[0] + by[1] * log_odds))), 0.0)
    return found
