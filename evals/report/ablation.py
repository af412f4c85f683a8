"""What each ingredient of the ranking is worth: the pack with one left out against the whole, paired, as a table."""

from __future__ import annotations

from noctule.evals.report.figures import difference, points
from noctule.evals.report.page import Table
from noctule.evals.report.scored import SHOWN, Score, Scored, Subset, file_accuracy, function_accuracy
from noctule.evals.report.tables import REFERENCE
from noctule.evals.solvers.named import ABLATED_BUDGETS
from noctule.evals.solvers.pack import DEFAULT_BUDGET, INGREDIENTS

RANKING_BUDGET = ABLATED_BUDGETS[0]
"""The ranking is the same at every budget."""
RANKED: tuple[tuple[str, Score], ...] = (
    *((f"files Acc@{k}", file_accuracy(k)) for k in (1, 5, 10)),
    ("functions Acc@10", function_accuracy(10)),
)


def table(scored: Scored, subset: Subset) -> Table | None:
    """Return what the pack scores, and the paired difference without each ingredient; None where none was left out."""
    without = [i for i in INGREDIENTS if solver_name(i, RANKING_BUDGET) in scored.run.answers]
    if not without:
        return None
    rows = [_row(scored, subset, "nothing", None)]
    rows += [_row(scored, subset, ingredient, ingredient) for ingredient in without]
    return Table(
        ["left out", "n", *(name for name, _ in RANKED), "n functions", *(f"whole at {b}" for b in ABLATED_BUDGETS)],
        rows,
        note=(
            "First row: percent of tasks (95%). Below: points that the pack without the ingredient has more than the "
            "whole one, negative where it is missed; paired, with 95% bootstrap intervals. Whole: all changed "
            "functions stand whole in a pack of so many tokens. Weights are not fitted anew for what is left."
        ),
    )


def _row(scored: Scored, subset: Subset, name: str, ingredient: str | None) -> list[str]:
    def cell(score: Score, budget: int) -> str:
        whole, part = solver_name(None, budget), solver_name(ingredient, budget)
        if ingredient is None:
            return points(scored.estimate(whole, score, subset))
        return difference(scored.compare(part, whole, score, subset))

    mine = solver_name(ingredient, RANKING_BUDGET)
    files, functions = (len(scored.scores(mine, score, subset)) for score in (file_accuracy(1), SHOWN))
    ranked = [cell(score, RANKING_BUDGET) for _, score in RANKED]
    return [name, str(files), *ranked, str(functions), *(cell(SHOWN, budget) for budget in ABLATED_BUDGETS)]


def solver_name(ingredient: str | None, budget: int) -> str:
    """Return the solver that leaves out an ingredient at a budget."""
    arm = REFERENCE if ingredient is None else f"{REFERENCE}~{ingredient}"
    return arm if budget == DEFAULT_BUDGET else f"{arm}@{budget}"
