"""What sleeping and asking cost, and what comes back: latency, processor seconds, a query with and without sleep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from noctule.evals.report import recorded
from noctule.evals.report.page import Table
from noctule.evals.report.scored import Scored, Subset, measure
from noctule.evals.report.tables import EXPLORERS, PROMPTS, pack_budgets
from noctule.evals.scorers.amount import CPU_SECOND_TOKENS, PRICES, QUERIES, QueryCosts, at_cached_prices

LATENCIES = {"first_ms": "first answer after opening", "later_ms": "later answer"}


@dataclass(frozen=True, slots=True)
class Slept:
    """What learning the bases of a run took, the dearest among them first read from nothing."""

    cpu_s: Sequence[float]
    seconds: Sequence[float]
    parsed: int
    contents: int
    tokens: float
    dollars: float

    @property
    def states(self) -> int:
        """How many bases were learned."""
        return len(self.cpu_s)

    @property
    def mean_tokens(self) -> float:
        """Return the tokens that a model got for one base."""
        return self.tokens / self.states if self.states else 0.0

    @property
    def models(self) -> str:
        """Say what models cost."""
        if not self.tokens:
            return "no model was asked, so no tokens and no dollars"
        return f"{self.tokens:,.0f} tokens and {self.dollars:,.2f} dollars for models"

    @property
    def saving_text(self) -> str:
        """Say what it saves that a file's content is known by its hash, whatever commit or path it stands in."""
        times = f", 1 in {self.contents / self.parsed:,.0f}" if self.parsed else ""
        return f"parsed {self.parsed:,} of the {self.contents:,} file contents of {self.states:,} snapshots{times}"


def slept(scored: Scored) -> Slept:
    """Return what sleep took over the whole run."""
    rows = [s for s in scored.run.sleep.values() if not s.get("shared")]
    return Slept(
        cpu_s=[s.get("cpu_seconds", 0.0) for s in rows],
        seconds=[s.get("seconds", 0.0) for s in rows],
        parsed=int(sum(s.get("parsed", 0.0) for s in rows)),
        contents=int(sum(s.get("parsed", 0.0) + s.get("known", 0.0) for s in rows)),
        tokens=sum(s.get("tokens", 0.0) for s in rows),
        dollars=sum(s.get("dollars", 0.0) for s in rows),
    )


def times(scored: Scored, solver: str, name: str) -> list[float]:
    """Return how long a solver's answers took, in milliseconds."""
    return [a.measures[name] for a in scored.run.answers.get(solver, {}).values() if name in a.measures]


def latency(scored: Scored) -> Table:
    """Return what answering took, the first answer after opening and later ones apart."""
    rows = []
    for solver in pack_budgets(scored):
        for name, what in LATENCIES.items():
            if values := times(scored, solver, name):
                rows.append([f"{solver}: {what}", str(len(values)), *_quantiles(values), f"{max(values):,.0f}"])
    return Table(
        ["milliseconds", "n", "p50", "p95", "longest"],
        rows,
        note=(
            "Through Repository.context, in a process that runs already. The first answer loads what was learned of "
            "its base; a later one is to the text of another task at the same base. Whatever else the machine does, "
            "other parts of this run too, slows them down."
        ),
    )


def sleeping(scored: Scored) -> Table:
    """Return what learning the bases took."""
    found = slept(scored)
    rows = [
        [what, str(found.states), *_quantiles(values), f"{max(values):,.2f}", f"{sum(values):,.1f}"]
        for what, values in (("processor seconds", found.cpu_s), ("seconds", found.seconds))
        if values
    ]
    return Table(
        ["sleep for one base", "n", "p50", "p95", "most", "sum"],
        rows,
        note=f"What files say is kept by the hash of their content: {found.saving_text}. For models: {found.models}.",
    )


def _quantiles(values: Sequence[float]) -> list[str]:
    return [f"{np.quantile(values, q):,.2f}" for q in (0.5, 0.95)]


# A query with sleep ahead of it and without


@dataclass(frozen=True, slots=True)
class CostArm:
    """Whose tokens are counted, over how many queries, and what they come to."""

    name: str
    n: int
    costs: QueryCosts


def arms(scored: Scored, subset: Subset) -> list[CostArm]:
    """Return with whom a query can be priced: the explorer and recorded agents, at full and at cached prices."""
    took = slept(scored)
    cpu_s = float(np.mean(took.cpu_s)) if took.states else 0.0
    found = []
    for name, warm, cold in (*_explorer_pairs(scored, subset), *_record_pairs(scored, subset)):
        if warm:
            costs = QueryCosts(took.mean_tokens, cpu_s, float(np.mean(warm)), float(np.mean(cold)))
            found.append(CostArm(name, len(warm), costs))
    return found


Pairs = tuple[str, Sequence[float], Sequence[float]]
"""A name, and for each query its tokens with the pack and without."""


def _explorer_pairs(scored: Scored, subset: Subset) -> list[Pairs]:
    cold, warm = (scored.scores(s, PROMPTS, subset) for s in EXPLORERS)
    both = sorted(cold.keys() & warm.keys())
    found: list[Pairs] = [("explorer", [warm[t] for t in both], [cold[t] for t in both])]
    reused = [scored.scores(s, measure("cached_tokens"), subset) for s in EXPLORERS]
    if all(task in reused[0] and task in reused[1] for task in both):
        cheaper = [
            [at_cached_prices(sent[t], again[t]) for t in both]
            for sent, again in zip((cold, warm), reused, strict=True)
        ]
        found.append(("explorer, cached prices", cheaper[1], cheaper[0]))
    return found


def _record_pairs(scored: Scored, subset: Subset) -> list[Pairs]:
    return [
        (f"{one.agent}, {bound} bound{price}", one.figures(bound, key), one.figures("cold", key))
        for one in recorded.replays(scored, subset)
        if one.solver == "recorded"
        for bound in recorded.BOUNDS
        for key, price in (("prompt_tokens", ""), ("prompt_cost", ", cached prices"))
    ]


def per_query(scored: Scored, subset: Subset) -> Table | None:
    """Return what a query costs with and without sleep ahead of it, and how many queries pay for the sleep."""
    rows = []
    for arm in arms(scored, subset):
        for price in PRICES:
            cells = [" / ".join(map(_short, arm.costs.per_query(queries, price))) for queries in QUERIES]
            even = arm.costs.break_even(price)
            rows.append([arm.name, str(arm.n), f"t = {price}", *cells, "never" if even is None else _few(even)])
    if not rows:
        return None
    took = slept(scored)
    return Table(
        [
            *("prompt tokens of", "n", "price"),
            *(f"{q} {'query' if q == 1 else 'queries'}" for q in QUERIES),
            "break-even queries",
        ],
        rows,
        note=(
            "Mean cost of a query with / without sleep ahead of it, in sleep-time tokens, a request-time token costing "
            "t of them, for so many queries at one state of the repository. Every prompt counts, the pack's prefill in "
            f"each. {_charge_text(took)}"
        ),
    )


def _charge_text(took: Slept) -> str:
    """Say how sleep stands in the sum."""
    cpu_s = float(np.mean(took.cpu_s)) if took.states else 0.0
    seconds = (
        f"{cpu_s:,.2f} processor seconds, charged as {CPU_SECOND_TOKENS:.0f} sleep-time tokens each (5 cents an hour "
        "against half a dollar for a million tokens)"
    )
    if took.tokens:
        return f"Sleep for one state took {took.mean_tokens:,.0f} tokens of models and {seconds}."
    return f"Sleep asked no model: its cost is processor time, in the mean {seconds} for one state."


def in_seconds(scored: Scored, subset: Subset) -> Table | None:
    """Return sleep's own currency: processor seconds a query, and what each second brings back in request tokens."""
    took = slept(scored)
    found = arms(scored, subset)
    if not found or not took.states:
        return None
    cpu_s = float(np.mean(took.cpu_s))
    rows = [["sleep, processor seconds a query", "-", *(f"{cpu_s / q:,.2f}" for q in QUERIES), "-"]]
    for arm in found:
        gain = arm.costs.without - arm.costs.with_sleep
        back = [f"{q * gain / cpu_s:+,.0f}" if cpu_s else "-" for q in QUERIES]
        dearest = arm.costs.dearest_second(1)
        most = "none" if dearest is None or dearest <= 0 else f"{dearest:,.0f}"
        rows.append([f"{arm.name}: tokens saved for a second of sleep", str(arm.n), *back, most])
    return Table(
        [
            *("amortised in processor seconds", "n"),
            *(f"{q} {'query' if q == 1 else 'queries'}" for q in QUERIES),
            "tokens a second may cost",
        ],
        rows,
        note=(
            f"Means over the {took.states} bases, each learned from the one before; the dearest took "
            f"{max(took.cpu_s):,.1f} seconds. Last column: sleep pays with a single query, at t = 1, as long as a "
            "processor second costs no more tokens than that."
        ),
    )


def _few(number: float) -> str:
    return f"{number:,.1f}" if number >= 0.1 else "below 0.1"


def _short(tokens: float) -> str:
    return f"{tokens / 1000:,.0f}k" if tokens >= 100_000 else f"{tokens:,.0f}"
