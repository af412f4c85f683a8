"""Solvers by the names that users give them on the command line.

`pack@4000` is the pack of 4,000 tokens, `pack~graph` the default pack without one ingredient of the ranking,
`pack~graph@4000` that of 4,000 tokens,
`explorer+pack` the explorer that is given the default pack, `recorded@1000` the replay with a pack of 1,000 tokens.
`oracle` quotes what was changed: the most that a pack can give.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from noctule.evals.errors import UnknownSolver
from noctule.evals.solvers.aider import Aider
from noctule.evals.solvers.answer import Solver
from noctule.evals.solvers.bm25 import Bm25
from noctule.evals.solvers.explorer import Explorer
from noctule.evals.solvers.first_look import FirstLookSolver
from noctule.evals.solvers.forecast import QUESTIONS, ForecastSolver
from noctule.evals.solvers.graph import StaticGraph
from noctule.evals.solvers.grep import Grep
from noctule.evals.solvers.oracle import Oracle
from noctule.evals.solvers.pack import BUDGETS, DEFAULT_BUDGET, INGREDIENTS, PackSolver
from noctule.evals.solvers.path_match import PathMatch
from noctule.evals.solvers.recency import Recency
from noctule.evals.solvers.recorded import Recorded
from noctule.evals.solvers.touched import TouchedLast, TouchedOften
from noctule.evals.tasks.trajectories import Recording

PLAIN: Mapping[str, Callable[[], Solver]] = {
    "bm25": Bm25,
    "path": PathMatch,
    "recency": Recency,
    "graph": StaticGraph,
    "grep": Grep,
    "oracle": Oracle,
}
FORECASTS: Mapping[str, Callable[[], Solver]] = {
    **{name: partial(ForecastSolver, name) for name in QUESTIONS},
    "touched-last": TouchedLast,
    "touched-often": TouchedOften,
}
ABLATED_BUDGETS = (2000, 4000, 8000)
"""At which budgets the ablation looks into the pack."""
GROUPS: Mapping[str, tuple[str, ...]] = {
    "baselines": ("oracle", *(name for name in PLAIN if name != "oracle")),
    "budgets": tuple(f"pack@{b}" for b in BUDGETS),
    "ablation": tuple(
        f"{arm}@{budget}" for arm in ("pack", *(f"pack~{i}" for i in INGREDIENTS)) for budget in ABLATED_BUDGETS
    ),
    "explorers": ("explorer", "explorer+pack"),
    "forecasts": tuple(FORECASTS),
}
AIDER = "aider"
FIRST_LOOK = "first-look"
DEFAULT = ("baselines", "budgets", "explorers", "forecast")


def expand(names: Sequence[str]) -> tuple[str, ...]:
    """Return the single solvers that names and groups stand for, each once, `pack` for the default budget."""
    single: list[str] = []
    for name in names:
        single += [_canonical(n) for n in GROUPS.get(name, (name,))]
    for name in single:
        make(name, {})
    return tuple(dict.fromkeys(single))


def _canonical(name: str) -> str:
    return name.removesuffix(f"@{DEFAULT_BUDGET}") if name.startswith("pack") else name


def make(name: str, recordings: Mapping[str, Sequence[Recording]], aider: str | None = None) -> Solver:
    """Return a solver by its name; `aider` is a Python that has aider-chat. UnknownSolver."""
    if name == AIDER:
        return Aider(aider)
    if name == FIRST_LOOK:
        return FirstLookSolver()
    if name in PLAIN:
        return PLAIN[name]()
    if name in FORECASTS:
        return FORECASTS[name]()
    head, at, budget = name.partition("@")
    if not at or (budget.isdigit() and int(budget) > 0):
        tokens = int(budget) if at else DEFAULT_BUDGET
        kind, tilde, ingredient = head.partition("~")
        if kind == "pack" and (not tilde or ingredient in INGREDIENTS):
            return PackSolver(tokens, ingredient or None)
        if head in {"explorer", "explorer+pack"} and not (at and head == "explorer"):
            return Explorer(tokens if head == "explorer+pack" else None)
        if head == "recorded":
            return Recorded(recordings, tokens)
    known = ", ".join(
        [
            *GROUPS,
            *PLAIN,
            *FORECASTS,
            AIDER,
            FIRST_LOOK,
            "pack",
            "pack@TOKENS",
            "pack~INGREDIENT",
            "explorer",
            "explorer+pack",
            "recorded",
        ]
    )
    raise UnknownSolver(f"unknown solver {name!r}", f"use one of {known}")


def needs_sleep(name: str) -> bool:
    """Tell whether a solver asks what was learned."""
    return name not in {"bm25", "grep", "path", "recency", "oracle", "explorer", "touched-last", "touched-often", AIDER}
