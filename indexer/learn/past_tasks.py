"""The newest changes of a repository as tasks, and the commit to ask them at. Asks nothing and fits nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from noctule.indexer.files.git import Git, RepositoryPlace
from noctule.indexer.history.dates import Longs
from noctule.indexer.history.history import History
from noctule.indexer.history.log import Commit, these
from noctule.indexer.history.task_text import unfit
from noctule.indexer.progress import Work

MOST_SEEN = 4_000
LARGEST_MERGE = 50
"""A merge of more commits brings in another project, of which the revision before it knows nothing."""
_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class PastTasks:
    """A commit of the main line, and commits that came in after it and that somebody could have asked for, in order."""

    base: str
    asked: tuple[Commit, ...]


def newest_tasks(place: RepositoryPlace, history: History, most: int, work: Work) -> PastTasks | None:
    """Return the newest `most` commits of a history that make a task, and the newest base that knows none of them.

    None where no commit makes a task. OutOfTime, GitError.
    """
    if not len(history):
        return None
    git = Git(place)
    line, came_in = _main_line(history)
    brought = np.bincount(came_in, minlength=len(line))
    order = np.lexsort((np.arange(len(history)), came_in))[::-1]
    order = order[(brought[came_in[order]] <= LARGEST_MERGE) & (came_in[order] > 0)][:MOST_SEEN]
    found: list[tuple[int, Commit]] = []
    for start in range(0, len(order), _AT_ONCE):
        if len(found) >= most:
            break
        work.check()
        rows = order[start : start + _AT_ONCE].tolist()
        commits = these(git, [history.oids[row] for row in rows], exact_renames=place.partial)
        found += [(int(came_in[row]), c) for row, c in zip(rows, commits, strict=True) if unfit(c) is None]
    found = found[:most][::-1]
    if not found:
        return None
    base = history.oids[line[min(at for at, _ in found) - 1]]
    return PastTasks(base, tuple(commit for _, commit in found))


def _main_line(history: History) -> tuple[list[int], Longs]:
    """Return the line of first parents up to the newest commit, oldest first, and where on it each commit came in."""
    offsets, parents = history.parent_offsets.tolist(), history.parent_ids.tolist()
    line = [len(history) - 1]
    while offsets[line[-1]] < offsets[line[-1] + 1]:
        line.append(parents[offsets[line[-1]]])
    line.reverse()
    came_in = np.full(len(history), -1, np.int64)
    for place, merge in enumerate(line):
        stack = [merge]
        while stack:
            commit = stack.pop()
            if came_in[commit] < 0:
                came_in[commit] = place
                stack += parents[offsets[commit] : offsets[commit + 1]]
    return line, came_in
