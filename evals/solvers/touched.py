"""All files by when, or how often, the newest commits touched them: what a forecast has to beat.

Unlike `recency` these list tests, documentation and configuration too, since a commit touches those as well.
"""

from __future__ import annotations

from noctule.evals.solvers.answer import MOST_FILES, Answer
from noctule.evals.tasks.checkout import Ground
from noctule.evals.tasks.gold import Gold
from noctule.evals.tasks.task import Task


class TouchedLast:
    """The latest first."""

    def solve(self, task: Task, ground: Ground, gold: Gold) -> Answer:  # noqa: ARG002 - every solver is asked alike
        """Rank the files."""
        return Answer(files=ground.touched_last[:MOST_FILES])


class TouchedOften:
    """Those of the most commits first."""

    def solve(self, task: Task, ground: Ground, gold: Gold) -> Answer:  # noqa: ARG002 - every solver is asked alike
        """Rank the files."""
        return Answer(files=ground.touched_often[:MOST_FILES])
