"""Source files by when they were last touched, whatever is asked."""

from __future__ import annotations

from noctule.evals.solvers.answer import MOST_FILES, SolverAnswer
from noctule.evals.tasks.checkout import BaseCheckout
from noctule.evals.tasks.gold import Gold
from noctule.evals.tasks.task import Task
from noctule.indexer.files.roles import classify_role


class Recency:
    """Reads the log of the base's ancestors."""

    def solve(self, task: Task, ground: BaseCheckout, gold: Gold) -> SolverAnswer:  # noqa: ARG002 - every solver is asked alike
        """Rank the files."""
        code = set(ground.code)
        files = [p for p in ground.latest_touches if p in code and classify_role(p) == "source"]
        return SolverAnswer(files=tuple(files[:MOST_FILES]))
