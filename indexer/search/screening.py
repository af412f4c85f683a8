"""Whether a ranking could find that a task is about a repository, for a part of its price. Ranks nothing.

A workspace asks this of its repositories before they rank a task. "Yes" is said of some that then have no answer.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from noctule.indexer.search import confidence
from noctule.indexer.search.confidence import HELD, LEAST_ABOUT, LEAST_HELD, NAMES_A_PLACE, SCORE, SHORTEST_NAME
from noctule.indexer.search.index import Index
from noctule.indexer.search.known_files import find_known_files
from noctule.indexer.search.query import TaskQuery
from noctule.indexer.search.small_repository import SMALL, is_about_small

HIGHEST_SCORE = 0.5
"""The score of the first file is higher in one of 70 rankings. Of 907 that had an answer none was left out for it."""


def may_answer(index: Index, text: str, task: TaskQuery, words: Mapping[str, float]) -> bool:
    """Tell whether a task may be answered here; `words` are those of `confidence.measure_words`."""
    if index.size < SMALL and is_about_small(words[HELD] >= LEAST_HELD, task, index.size, index.known_names):
        return True
    highest = {**words, NAMES_A_PLACE: float(_may_name_a_place(index, task)), SCORE: HIGHEST_SCORE}
    if confidence.estimate_about(highest) >= LEAST_ABOUT or _is_name(task):
        return True
    return find_known_files(text, index.paths, np.zeros(index.size, np.float32)) is not None


def _may_name_a_place(index: Index, task: TaskQuery) -> bool:
    if task.paths or task.frames or task.dotted or task.scope:
        return True
    return bool(index.known_names.find_definitions(name for name in task.names if len(name) > SHORTEST_NAME))


def _is_name(task: TaskQuery) -> bool:
    """Tell whether a title is what `rules.apply` puts first whatever the words say: one name, or a path."""
    is_whole = not task.terms["prose"] and not task.terms["code"]
    return bool(task.renamed or (is_whole and task.titled) or any(place > 2 for place in task.paths.values()))
