"""What no weight may overrule: forms for issues are no answer; a path that a task names in full is, or what it quotes.

So is who defines the one name that is the whole task, or that is to be renamed, be it a test.

Scores of the ranking in, scores out. Reads no text.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import numpy as np

from noctule.indexer.arrays import Floats
from noctule.indexer.search.index import Index
from noctule.indexer.search.query import TaskQuery

FIRST = 3
"""So many are the first ones."""


def apply(
    scores: Floats,
    index: Index,
    task: TaskQuery,
    quoting: Iterable[int],
    defined: Mapping[int, Collection[str]],
) -> bool:
    """Change the scores in place; tell whether the title is a name that a few files define, or names a file in full.

    What is to be renamed may be defined in more files.

    `quoting` are the files that say what the task quotes, `defined` which of the task's names a file defines.
    """
    named = list(dict.fromkeys(_full_path_matches(index, task)))
    forms = [file for file in index.issue_forms if file not in named]
    scores[forms] = -np.inf
    put_first(scores, [*named, *(file for file in quoting if file not in named)])
    if (titled := find_titled(index, task)) is not None:
        put_all_first(scores, [titled])
    is_whole = not task.terms["prose"] and not task.terms["code"]
    name = task.renamed or (task.title.strip(" `").removesuffix("()") if is_whole else "")
    meant = [file for file, names in defined.items() if name in names] if name in task.titled else []
    if 0 < len(meant) <= FIRST:
        scores[meant] = np.maximum(scores[meant], scores.max() + 1)
        return True
    if meant and task.renamed:
        return True
    return any(place > 2 for place in task.paths.values()) and bool(named)


def find_titled(index: Index, task: TaskQuery) -> int | None:
    """Return the only file whose whole path the title names; a test that it names may fail for another's sake."""
    found = set(_full_path_matches(index, task, least=3))
    if len(found) != 1:
        return None
    file = found.pop()
    return None if index.role_names[index.role[file]] == "test" else file


def put_all_first(scores: Floats, chosen: Sequence[int]) -> None:
    """Change the scores in place so that those which are chosen come before all others, in their order."""
    top = scores[np.isfinite(scores)].max(initial=0.0)
    for rank, at in enumerate(chosen):
        scores[at] = top + len(chosen) - rank


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


def _full_path_matches(index: Index, task: TaskQuery, least: int = 2) -> Iterator[int]:
    """Yield the files whose whole path stands in the title (3) or in a sentence (2), the title's first."""
    for path, place in sorted(task.paths.items(), key=lambda pair: -pair[1]):
        if place >= least:
            yield from (file for file in index.matching_files(path)[0] if index.paths[file] == path)
