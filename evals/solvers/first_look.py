"""What `noctule context` serves about a repository never seen: a first look, or the pack where little is to be read."""

from __future__ import annotations

from noctule.evals.solvers import pack_text as served
from noctule.evals.solvers.answer import SolverAnswer
from noctule.evals.solvers.pack import DEFAULT_BUDGET
from noctule.evals.tasks.checkout import BaseCheckout
from noctule.evals.tasks.gold import Gold
from noctule.evals.tasks.task import Task
from noctule.indexer.serve.repository import Repository


class FirstLookSolver:
    """Looks at the base commit anew for each task, and at nothing that was learned of it."""

    def solve(self, task: Task, ground: BaseCheckout, gold: Gold) -> SolverAnswer:  # noqa: ARG002 - every solver is asked alike
        """Ask for the pack."""
        with Repository(ground.repository.ref) as repository:
            looked = repository.look_first(task.text)
            pack = (repository if looked else ground.repository).context(task.text, DEFAULT_BUDGET)
        return served.as_answer(pack, served.read(pack, ground.read))
