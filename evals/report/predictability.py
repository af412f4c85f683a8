"""Gain of the pack by how much the change was expected before the task was known (arXiv 2504.13171, section 5.4)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from noctule.evals.report.figures import difference, points
from noctule.evals.report.page import Table
from noctule.evals.report.scored import MAIN_K, Scored, Subset, file_accuracy, measure
from noctule.evals.scorers.calibration import mean_expectation
from noctule.evals.solvers.answer import SolverAnswer
from noctule.evals.tasks.gold import Gold

PARTS = 5


@dataclass(frozen=True, slots=True)
class Fifth:
    """The tasks whose predictability lies between two values."""

    subset: Subset
    low: float
    high: float


def predictability(answer: SolverAnswer, gold: Gold) -> float | None:
    """Return the geometric mean of the gold files' chances; None where the model was withheld."""
    chances = answer.detail.get("chances")
    return mean_expectation(chances, gold.files) if isinstance(chances, dict) else None


def fifths(scored: Scored, subset: Subset) -> list[Fifth]:
    """Cut the tasks into five of about the same size, the least expected first; none of fewer than ten tasks."""
    known = scored.scores("forecast", predictability, subset)
    order = sorted(known, key=lambda task: (known[task], task))
    if len(order) < 2 * PARTS:
        return []
    cuts = [round(len(order) * at / PARTS) for at in range(PARTS + 1)]
    found = []
    for number, (start, stop) in enumerate(pairwise(cuts), 1):
        mine = order[start:stop]
        found.append(Fifth(Subset(f"fifth {number}", frozenset(mine)), known[mine[0]], known[mine[-1]]))
    return found


def by_fifth(scored: Scored, subset: Subset) -> Table | None:
    """Return the pack's gain over plain BM25 and for the explorer, by fifth of predictability."""
    rows = []
    for fifth in fifths(scored, subset):
        arms = [points(scored.estimate(solver, file_accuracy(MAIN_K), fifth.subset)) for solver in ("pack", "bm25")]
        gain = difference(scored.compare("pack", "bm25", file_accuracy(MAIN_K), fifth.subset))
        prompts = difference(
            scored.compare("explorer+pack", "explorer", measure("prompt_tokens"), fifth.subset), 1.0, 0
        )
        rows.append([f"{fifth.low:.2%} to {fifth.high:.2%}", str(len(fifth.subset.tasks)), *arms, gain, prompts])
    if not rows:
        return None
    unknown = len(subset.tasks) - len(scored.scores("forecast", predictability, subset))
    return Table(
        [
            *("probability of the gold files", "n", f"pack Acc@{MAIN_K}", f"BM25 Acc@{MAIN_K}"),
            *("pack - BM25, points (95%)", "explorer: prompt tokens with the pack - cold (95%)"),
        ],
        rows,
        note=(
            "Probability: geometric mean over the gold files of what `noctule predict` gave them at the base, not "
            f"knowing the task. {unknown} tasks are left out: their base had too few commits to learn from."
        ),
    )
