"""All files by when, or how often, the newest commits touched them: what a forecast has to beat.

Unlike `recency` these list tests, documentation and configuration too, since a commit touches those as well.
"""

from __future__ import annotations

from noctule.evals.solvers.answer import MOST_FILES, SolverAnswer
from noctule.evals.tasks.checkout import BaseCheckout
from noctule.evals.tasks.gold import Gold
from noctule.evals.tasks.task import Task


class TouchedLast:
    """The latest first."""

    def solve(self, task: Task, ground: BaseCheckout, gold: Gold) -> SolverAnswer:  # noqa: ARG002 - every solver is asked alike
        """Rank the files."""
        return SolverAnswer(files=ground.latest_touches[:MOST_FILES])


class TouchedOften:
    """Those of the most commits first."""

    def solve(self, task: Task, ground: BaseCheckout, gold: Gold) -> SolverAnswer:  # noqa: ARG002 - every solver is asked alike
        """Rank the files."""
        return SolverAnswer(files=ground.frequent_files[:MOST_FILES])
