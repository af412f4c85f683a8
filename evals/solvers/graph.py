"""The static graph alone: a walk over who refers to whom, from the files that define what the task names.

Personalised PageRank as aider's repository map runs it: seeds are the files that define an identifier of the task,
each identifier shared out among its definers. No words, no history. Where the task names nothing that is defined, the
walk starts everywhere.
"""

from __future__ import annotations

import numpy as np

from noctule.evals.solvers.answer import MOST_FILES, SolverAnswer
from noctule.evals.tasks.checkout import BaseCheckout
from noctule.evals.tasks.gold import Gold
from noctule.evals.tasks.task import Task
from noctule.indexer.search import query as tasks

SHORTEST_NAME = 3


class StaticGraph:
    """Uses the graph that sleep laid out."""

    def solve(self, task: Task, ground: BaseCheckout, gold: Gold) -> SolverAnswer:  # noqa: ARG002 - every solver is asked alike
        """Rank the files."""
        index = ground.repository.reader.index
        if not index.size:
            return SolverAnswer()
        seeds = np.zeros(index.size, np.float32)
        definers: dict[str, set[int]] = {}
        names = sorted(n for n in tasks.read(task.text).names if len(n) >= SHORTEST_NAME)
        store = ground.repository.open_store()
        if store is None:
            return SolverAnswer()
        try:
            for name, row, _position in store.find_definitions(names):
                definers.setdefault(name, set()).update(index.blob_files(row))
        finally:
            store.close()
        for files in definers.values():
            for file in files:
                seeds[file] += 1.0 / len(files)
        if not seeds.any():
            seeds[:] = 1.0
        scores = index.graph.pagerank(seeds)
        code = set(ground.code)
        order = sorted(range(index.size), key=lambda f: (-float(scores[f]), index.paths[f]))
        return SolverAnswer(files=tuple(index.paths[f] for f in order if index.paths[f] in code)[:MOST_FILES])
