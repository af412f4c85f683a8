"""What `noctule predict` says at the base: how likely each file changes next, asked in three ways.

`forecast` knows nothing but the repository, so it is what was expected before the task was known. `forecast+given` is
told some files of the change, as a user who has begun it; `forecast+task` is told the task's text. Every file's chance
is accounted for: those from `LEAST_CHANCE` on and those of the gold one by one, the others as sums.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from noctule.evals.solvers.answer import MOST_FILES, SolverAnswer
from noctule.evals.tasks.checkout import BaseCheckout
from noctule.evals.tasks.gold import Gold
from noctule.evals.tasks.task import Task

QUESTIONS = ("forecast", "forecast+given", "forecast+task")
LEAST_CHANCE = 0.01
MOST_GIVEN = 3


class ForecastSolver:
    """Asks for the chance of every file."""

    def __init__(self, question: str) -> None:
        self._question = question

    def solve(self, task: Task, ground: BaseCheckout, gold: Gold) -> SolverAnswer:
        """Ask; where the model is withheld, the answer says why and abstains."""
        given = draw_sample(gold.files, task.pair) if self._question == "forecast+given" else ()
        text = task.text if self._question == "forecast+task" else ""
        forecast = ground.repository.predict(given, text, len(ground.snapshot.files))
        if forecast.withheld is not None:
            return SolverAnswer(abstained=True, detail={"withheld": forecast.withheld, "given": list(given)})
        chances = {p.path: p.probability for p in forecast.change_points if p.symbol is None}
        told = {p: round(c, 5) for p, c in chances.items() if c >= LEAST_CHANCE or p in gold.files}
        rest = [c for p, c in chances.items() if p not in told]
        return SolverAnswer(
            files=tuple(chances)[:MOST_FILES],
            measures={f"promised_{name}": rate for name, rate in forecast.hit_rate.items()},
            detail={
                "given": list(given),
                "chances": told,
                "rest": [len(rest), round(sum(rest), 6), round(sum(c * c for c in rest), 8)],
            },
        )


def draw_sample(files: Sequence[str], seed: str) -> tuple[str, ...]:
    """Draw which files of a change are known, the same ones at each run: one to three of them, never all of several."""
    order = sorted(files, key=lambda path: _number(f"{seed} {path}"))
    return tuple(order[: 1 + _number(seed) % max(min(MOST_GIVEN, len(order) - 1), 1)])


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()[:8])
