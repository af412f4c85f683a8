"""What no weight may overrule: forms for issues are no answer; a path that a task names in full is, or what it quotes.

Scores of the ranking in, scores out. Reads no text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from noctule.indexer.arrays import Floats
from noctule.indexer.search.index import Index
from noctule.indexer.search.query import TaskQuery

FIRST = 3
"""So many are the first ones."""


def apply(scores: Floats, index: Index, task: TaskQuery, quoting: Iterable[int] = ()) -> None:
    """Change the scores in place; `quoting` are the files that say what the task quotes."""
    named = list(dict.fromkeys(_full_path_matches(index, task)))
    forms = [file for file in index.issue_forms if file not in named]
    scores[forms] = -np.inf
    put_first(scores, [*named, *(file for file in quoting if file not in named)])


def put_first(scores: Floats, chosen: Sequence[int]) -> None:
    """Change the scores in place so that those which are chosen are among the first, as far as these reach."""
    first = chosen[:FIRST]
    others = np.delete(scores, first)
    ahead = FIRST - len(first)
    if not first or not len(others):
        return
    # As many others as there is room for may stay before them.
    bound = np.partition(others, -ahead - 1)[-ahead - 1] if ahead < len(others) else others.min()
    if not np.isfinite(bound):
        return
    for rank, at in enumerate(first):
        scores[at] = max(scores[at], bound + 1e-3 * (len(first) - rank))


def _full_path_matches(index: Index, task: TaskQuery) -> Iterator[int]:
    """Yield the files whose whole path stands in the title or in a sentence, the title's first."""
    for path, place in sorted(task.paths.items(), key=lambda pair: -pair[1]):
        files, depth = index.matching_files(path)
        if place > 1 and len(files) == 1 and index.paths[files[0]].count("/") + 1 == depth:
            yield files[0]
