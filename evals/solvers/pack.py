"""What `noctule context` serves, at a budget, whole or with one ingredient of the ranking left out.

Everything is asked through `Repository.context`. Timed are the first question after opening, which loads what was
learned, and a later one: the text of an earlier task, since the same question again would find its own traces warm.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from noctule.evals.solvers import pack_text as served
from noctule.evals.solvers.answer import SolverAnswer
from noctule.evals.tasks.checkout import BaseCheckout
from noctule.evals.tasks.gold import Gold
from noctule.evals.tasks.task import Task
from noctule.indexer import results as answers
from noctule.indexer.defaults import BUDGET_TOKENS
from noctule.indexer.search import companions, ranking
from noctule.indexer.serve.repository import Repository

DEFAULT_BUDGET = BUDGET_TOKENS
BUDGETS = (500, 1000, 1500, 2000, 4000, 8000)

INGREDIENTS: Mapping[str, tuple[str, ...]] = {
    "words": ("words",),
    "units": ("unit", "units"),
    "names": ("defines",),
    "paths": ("path", "module", "scope"),
    "traces": ("frame",),
    "commits": ("commits",),
    "graph": ("uses", "used"),
    "co-change": ("with", "changed with first"),
    "companions": companions.NAMES,
    "churn": ("churn",),
    "roles": ("is",),
}
"""Which signals each ingredient of the ranking stands for, by their first word; those of companions in full."""
TABLES = ("FILE_WEIGHTS", "QUESTION_WEIGHTS", "COMPANION_WEIGHTS", "SYMBOL_WEIGHTS")


class PackSolver:
    """The served pack."""

    def __init__(self, budget: int = DEFAULT_BUDGET, without: str | None = None) -> None:
        self._budget = budget
        self._without = without
        self._asked: dict[str, str] = {}

    def solve(self, task: Task, ground: BaseCheckout, gold: Gold) -> SolverAnswer:  # noqa: ARG002 - every solver is asked alike
        """Ask for the pack."""
        if self._without is None:
            pack, times = self._time(task, ground.repository)
            ground.keep(task.text, self._budget, pack)
        else:
            with without_signal(self._without):
                pack, times = ground.repository.context(task.text, budget_tokens=self._budget), {}
        shown = served.read(pack, ground.read)
        measures = {
            **times,
            "characters": len(pack.text),
            "wrong_lines": shown.wrong,
            "claims": len(pack.claims),
            "task_tokens": pack.task_tokens,
        }
        return served.as_answer(pack, shown, measures)

    def _time(self, task: Task, repository: Repository) -> tuple[answers.Pack, dict[str, float]]:
        """Ask after opening anew, then what an earlier task asked, if there was one; milliseconds of both."""
        pair = task.pair or task.id
        before = next((text for asked, text in reversed(self._asked.items()) if asked != pair), None)
        self._asked = {**dict(list(self._asked.items())[-1:]), pair: task.text}
        repository.refresh()
        started = time.perf_counter()
        pack = repository.context(task.text, budget_tokens=self._budget)
        times = {"first_ms": round(1000 * (time.perf_counter() - started), 3)}
        if before is not None:
            started = time.perf_counter()
            repository.context(before, budget_tokens=self._budget)
            times["later_ms"] = round(1000 * (time.perf_counter() - started), 3)
        return pack, times


@contextmanager
def without_signal(ingredient: str | None) -> Iterator[None]:
    """Rank without one ingredient: its signals weigh nothing within the context."""
    if ingredient is None:
        yield
        return
    kept = {table: getattr(ranking, table) for table in TABLES}
    for table, weights in kept.items():
        setattr(ranking, table, {name: 0.0 if _belongs(name, ingredient) else w for name, w in weights.items()})
    try:
        yield
    finally:
        for table, weights in kept.items():
            setattr(ranking, table, weights)


def _belongs(signal: str, ingredient: str) -> bool:
    words = INGREDIENTS[ingredient]
    return signal in words if signal in companions.NAMES else signal.partition(" ")[0] in words
