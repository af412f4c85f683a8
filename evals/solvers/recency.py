"""Source files by when they were last touched, whatever is asked."""

from __future__ import annotations

from noctule.evals.solvers.answer import MOST_FILES, Answer
from noctule.evals.tasks.checkout import Ground
from noctule.evals.tasks.gold import Gold
from noctule.evals.tasks.task import Task
from noctule.indexer.files.roles import role_of


class Recency:
    """Reads the log of the base's ancestors."""

    def solve(self, task: Task, ground: Ground, gold: Gold) -> Answer:  # noqa: ARG002 - every solver is asked alike
        """Rank the files."""
        code = set(ground.code)
        files = [p for p in ground.touched_last if p in code and role_of(p) == "source"]
        return Answer(files=tuple(files[:MOST_FILES]))
