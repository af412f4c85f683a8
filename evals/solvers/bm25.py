"""Plain BM25 over path and content: the baseline that everybody has.

A document is a file in a programming language, tests included; its words are those of its path and of its text, found
by `\\w+` and lower-cased: no stemming, no cutting of identifiers, no stop words. The query is the task's text, each
distinct word once. Okapi BM25 with k1 = 1.2 and b = 0.75.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter

import numpy as np
from numpy.typing import NDArray

from noctule.evals.solvers.answer import MOST_FILES, SolverAnswer
from noctule.evals.tasks.checkout import BaseCheckout
from noctule.evals.tasks.gold import Gold
from noctule.evals.tasks.task import Task

K1, B = 1.2, 0.75

_WORD = re.compile(r"\w+")


def split_words(text: str) -> list[str]:
    """Return the words of a text."""
    return _WORD.findall(text.lower())


class Bm25:
    """Counts each blob's words once; blobs that several commits share are not counted again."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._counted: dict[str, tuple[NDArray[np.int32], NDArray[np.int32]]] = {}

    def solve(self, task: Task, ground: BaseCheckout, gold: Gold) -> SolverAnswer:  # noqa: ARG002 - every solver is asked alike
        """Rank the files."""
        paths = ground.code
        if not paths:
            return SolverAnswer()
        self._count(ground, paths)
        terms, counts, sizes = zip(*(self._document(p, ground.blob(p)) for p in paths), strict=True)
        scores = self._scores(task.text, list(terms), list(counts), np.array(sizes, np.float64))
        order = sorted(range(len(paths)), key=lambda i: (-scores[i], paths[i]))
        return SolverAnswer(files=tuple(paths[i] for i in order[:MOST_FILES] if scores[i] > 0))

    def _count(self, ground: BaseCheckout, paths: tuple[str, ...]) -> None:
        unseen = [p for p in paths if ground.blob(p) not in self._counted]
        for path, content in ground.read_all(unseen):
            self._counted[ground.blob(path)] = self._columns(content.decode("utf-8", "replace"))

    def _columns(self, text: str) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        counts = Counter(split_words(text))
        numbers = self._numbers
        terms = array("i", (numbers.setdefault(word, len(numbers)) for word in counts))
        return np.frombuffer(terms, np.int32), np.frombuffer(array("i", counts.values()), np.int32)

    def _document(self, path: str, blob: str) -> tuple[NDArray[np.int32], NDArray[np.int32], int]:
        of_path = self._columns(path)
        of_text = self._counted.get(blob, (np.empty(0, np.int32), np.empty(0, np.int32)))
        terms, counts = (np.concatenate(pair) for pair in zip(of_text, of_path, strict=True))
        return terms, counts, int(counts.sum())

    def _scores(
        self, text: str, terms: list[NDArray[np.int32]], counts: list[NDArray[np.int32]], sizes: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        query = np.array(sorted({self._numbers[w] for w in split_words(text) if w in self._numbers}), np.int32)
        owner = np.repeat(np.arange(len(terms)), [len(t) for t in terms])
        term, count = np.concatenate(terms), np.concatenate(counts)
        asked = np.isin(term, query)
        owner, count = owner[asked], count[asked].astype(np.float64)
        place = np.searchsorted(query, term[asked])
        # A word of both path and text is one word of the document.
        pairs, where = np.unique(owner * max(len(query), 1) + place, return_inverse=True)
        frequency = np.bincount(where, count, len(pairs))
        owner, place = pairs // max(len(query), 1), pairs % max(len(query), 1)
        documents = np.bincount(place, minlength=len(query))
        idf = np.log1p((len(terms) - documents + 0.5) / (documents + 0.5))
        norm = K1 * (1 - B + B * sizes / max(sizes.mean(), 1.0))
        gain = idf[place] * frequency * (K1 + 1) / (frequency + norm[owner])
        return np.bincount(owner, gain, len(terms)).astype(np.float64)
