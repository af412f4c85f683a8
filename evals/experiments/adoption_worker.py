"""Tasks in, what became of them for each scripted agent and wording out: one tree and two servers for each task.

One server knows the task's commit and its past, the other nothing. Ranks nothing and prints nothing.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from noctule.evals.experiments.adoption import (
    AGENTS,
    CHOOSERS,
    FIRST_LINE,
    PLAIN,
    WITHOUT,
    ScriptedAgent,
    WishOutcome,
    World,
    act,
    serve,
)
from noctule.evals.experiments.wordings import DESCRIPTIONS, FIRST_LINES, SERVED, Wording
from noctule.evals.tasks.checkout import BaseCheckout
from noctule.evals.tasks.task import Task
from noctule.evals.tasks.worktree import WorkTree
from noctule.indexer.files.git import RepositoryPlace
from noctule.indexer.progress import Report
from noctule.indexer.results import Progress
from noctule.indexer.serve.repository import Repository

TRIALS: tuple[tuple[ScriptedAgent, Wording], ...] = (
    *((agent, SERVED) for agent in (WITHOUT, *AGENTS, *CHOOSERS)),
    *((agent, wording) for wording in DESCRIPTIONS for agent in CHOOSERS),
    *((agent, wording) for wording in FIRST_LINES for agent in (PLAIN, FIRST_LINE)),
)


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of a task for one agent, which saw noctule in one wording."""

    agent: ScriptedAgent
    wording: Wording
    task: str
    outcome: WishOutcome


async def run_tasks(place: RepositoryPlace, tasks: Sequence[Task], progress: Report) -> list[Trial]:
    """Have every agent do every task. GitError, StoreError."""
    found: list[Trial] = []
    with WorkTree(place) as tree, tempfile.TemporaryDirectory(prefix="noctule-eval-") as folder:
        cache = Path(folder)
        for done, task in enumerate(tasks):
            progress(Progress("trying agents", done, len(tasks), "tasks"))
            tree.check_out(task.base)
            Repository.open(tree.path, cache=cache / "known").sleep()
            ground = BaseCheckout(place, task.base, cache / "none")
            async with serve(tree.path, cache / "known") as known, serve(tree.path, cache / "unknown") as unknown:
                world = World(task, ground, frozenset(task.gold_files or ()), known, unknown)
                for agent, wording in TRIALS:
                    found.append(Trial(agent, wording, task.id, await act(agent, world, wording)))
    return found
