"""Did the ranking find the files and functions of the change? Pure: one answer and one gold at a time."""

from __future__ import annotations

from collections.abc import Sequence

from noctule.evals.solvers.answer import SolverAnswer
from noctule.evals.tasks.gold import Gold

FILE_CUTS = (1, 3, 5, 10)
FUNCTION_CUTS = (1, 3, 5, 10)


def acc_at_k(ranked: Sequence[object], gold: Sequence[object], k: int) -> float | None:
    """Return 1 if all of the gold is in the first k (Acc@k), else 0."""
    return float(set(gold) <= set(ranked[:k])) if gold else None


def file_acc(answer: SolverAnswer, gold: Gold, k: int) -> float | None:
    """Acc@k over files."""
    return acc_at_k(answer.files, gold.files, k)


def function_acc(answer: SolverAnswer, gold: Gold, k: int) -> float | None:
    """Acc@k over the functions and methods that the change touches; None where none is, or none are ranked."""
    wanted = [(s.path, s.symbol) for s in gold.functions]
    return acc_at_k(answer.symbols, wanted, k) if answer.symbols is not None else None


def reciprocal_rank(answer: SolverAnswer, gold: Gold, k: int = 10) -> float | None:
    """Return 1 / the rank of the first gold file within k, else 0; its mean is MRR@k."""
    if not gold.files:
        return None
    return next((1.0 / rank for rank, path in enumerate(answer.files[:k], 1) if path in gold.files), 0.0)


def recall(answer: SolverAnswer, gold: Gold, k: int) -> float | None:
    """Return the share of gold files in the first k."""
    return len(set(answer.files[:k]) & set(gold.files)) / len(gold.files) if gold.files else None
