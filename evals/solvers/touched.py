"""All files by when, or how often, the newest commits touched them: what a forecast has to beat.

Unlike `recency` these list tests, documentation and configuration too, since a commit touches those as well.
"""

from __future__ import annotations

from evals.gold import Gold
from evals.ground import Ground
from evals.solvers.answer import MOST_FILES, Answer
from evals.tasks.task import Task


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
