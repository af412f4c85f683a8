"""Plots of the paper's experiments, drawn as the paper draws them: x in logarithm, points with both intervals."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from noctule.evals.report.drawing import (
    draw,
    draw_interval,
    make_canvas,
    name_axes,
    pick_colour,
    pick_style,
    to_svg,
    use_log_scale,
)
from noctule.evals.report.page import Figure
from noctule.evals.report.stateful_costs import PAPER_PRICE, QUERIES, kinds_of_score, problem_gains
from noctule.evals.report.stateful_results import ALL, StatefulRun, Stratum
from noctule.evals.report.stateful_tables import effort_table, estimate, list_draws
from noctule.evals.scorers.clusters import ItemScore, compare
from noctule.evals.scorers.currencies import Currency
from noctule.evals.scorers.expected import fifths
from noctule.evals.stateful.arms import CONTEXT, SLEEP, TEST, k_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

AMORTISED = ((Currency.WRITTEN, PAPER_PRICE), (Currency.ALL, 1))
"""The paper's own picture first."""
_SHOWN = {
    Currency.WRITTEN: "output tokens of an answer, as the paper counts",
    Currency.ALL: "all tokens of an answer, those that are read too",
    Currency.DOLLARS: "dollars for 1,000 answers, each with the whole of its sleep",
}


def of_run(run: StatefulRun) -> list[Figure]:
    """Return the plots that a run has numbers for; none where matplotlib is absent."""
    efforts = effort_table(run)
    if efforts is not None and not efforts[1]:
        return draw([partial(_gains, run)])  # a budget that is not honoured is no axis
    makers = [partial(_pareto, run, currency, run.strata[0]) for currency in Currency]
    makers += [partial(_pareto, run, Currency.WRITTEN, stratum) for stratum in run.strata[1:]]
    makers += [partial(_more_sleep, run), partial(_gains, run)]
    makers += [partial(_amortised, run, currency, price) for currency, price in AMORTISED]
    return draw([*makers, partial(_expected, run)])


def _pareto(run: StatefulRun, currency: Currency, stratum: Stratum) -> Figure | None:
    """Plot accuracy against what an answer costs, by arm (the paper's figures 3, 4, 7 and 8)."""
    canvas, axes = make_canvas(3.9)
    n, scale = 0, 1000.0 if currency is Currency.DOLLARS else 1.0
    for number, arm in enumerate(run.arms):
        points = []
        for budget in run.budgets:
            cost = estimate(_with_sleep(run, arm, budget, currency, stratum))
            right = estimate(list(run.rights(arm, budget, stratum).values()))
            if cost is not None and right is not None and cost.value and right.value is not None:
                points.append((cost, right))
                n = max(n, len(run.of(arm, budget, stratum)))
        colour = pick_colour(number)
        xs = [scale * (c.value or 0) for c, _ in points]
        ys = [100 * (r.value or 0) for _, r in points]
        if points:
            axes.plot(xs, ys, pick_style(number), markersize=4, color=colour, label=arm)
        for (cost, right), x, y in zip(points, xs, ys, strict=True):
            draw_interval(axes, x, right.low, right.high, colour)
            if cost.low is not None and cost.high is not None:
                axes.plot([scale * cost.low, scale * cost.high], [y, y], color=colour, linewidth=1, alpha=0.6)
    if currency is Currency.WRITTEN and stratum.name == ALL:
        _draws(run, axes)
    if not n or not any(line.get_label() in run.arms for line in axes.lines):
        return None
    name_axes(axes, _SHOWN[currency], "right, %")
    use_log_scale(axes)
    return Figure(
        to_svg(canvas),
        f"Accuracy against {_SHOWN[currency]}; {stratum.name}, n up to {n} a point, {source(run)}. "
        "Bars are 95% intervals over clusters.",
    )


def _with_sleep(
    run: StatefulRun, arm: str, budget: str, currency: Currency, stratum: Stratum | None = None
) -> list[ItemScore]:
    """Return what answers cost; in dollars with the sleep that wrote their notes, as if nothing else used it."""
    costs = run.costs(arm, budget, currency, stratum)
    if currency is not Currency.DOLLARS or arm in {TEST, CONTEXT}:
        return costs
    slept = estimate(run.slept(arm, budget, currency, stratum))
    return [ItemScore(c.item, c.cluster, c.value + ((slept.value or 0) if slept else 0)) for c in costs]


def _draws(run: StatefulRun, axes: Axes) -> None:
    """Add several draws of `test` at the smallest budget (the paper's figures 5 and 6)."""
    found = list(list_draws(run))
    for label, style, kind in (("pass@k, picked by who knows", "s--", "passed"), ("majority of k", "^:", "most")):
        told = [(d.tokens, 100 * (one.value or 0)) for d in found if (one := getattr(d, kind)) is not None]
        if told:
            axes.plot(*zip(*told, strict=True), style, markersize=4, color="#888888", label=label)


def _more_sleep(run: StatefulRun) -> Figure | None:
    """Plot accuracy against what the sleep took, by budget of the answer (the paper's figures 7 and 8)."""
    arms = [arm for arm in run.arms if k_of(arm) or arm.startswith(f"{SLEEP} effort=")]
    canvas, axes = make_canvas(3.4)
    for number, budget in enumerate(run.budgets):
        told = []
        for arm in arms:
            slept = estimate(run.slept(arm, budget, Currency.WRITTEN))
            right = estimate(list(run.rights(arm, budget).values()))
            if slept is not None and right is not None and slept.value and right.value is not None:
                told.append((slept.value, right))
        told.sort(key=lambda point: point[0])
        colour = pick_colour(number)
        axes.plot([x for x, _ in told], [100 * (r.value or 0) for _, r in told], "o-", color=colour, label=budget)
        for x, r in told:
            draw_interval(axes, x, r.low, r.high, colour)
    if not any(len(line.get_xdata()) > 1 for line in axes.lines):  # type: ignore[arg-type]
        return None
    use_log_scale(axes)
    name_axes(axes, "output tokens of the sleep", "right, %")
    return Figure(to_svg(canvas), f"More sleep, by budget of the answer: {', '.join(arms)}; {source(run)}.")


def _gains(run: StatefulRun) -> Figure | None:
    """Plot each arm minus `test`, by budget: gains and losses alike."""
    canvas, axes = make_canvas(3.4)
    drawn = False
    others = [arm for arm in run.arms if arm != TEST]
    for number, arm in enumerate(others):
        for at, budget in enumerate(run.budgets):
            found = compare(run.rights(arm, budget), run.rights(TEST, budget))
            if found is None or found.difference.value is None:
                continue
            d, x = found.difference, at + 0.8 * (number / max(len(others), 1) - 0.4)
            draw_interval(axes, x, d.low, d.high, pick_colour(number + 1))
            label = arm if at == 0 else None
            axes.plot([x], [100 * (d.value or 0)], "o", markersize=4, color=pick_colour(number + 1), label=label)
            drawn = True
    if not drawn:
        return None
    axes.axhline(0, color="#888888", linewidth=0.8)
    axes.set_xticks(range(len(run.budgets)), run.budgets)
    name_axes(axes, "budget of the answer", "minus test, points")
    return Figure(to_svg(canvas), f"Gain over `test` at equal budgets, paired, with 95% intervals; {source(run)}.")


def _amortised(run: StatefulRun, currency: Currency, price: int) -> Figure | None:
    """Plot accuracy against what a query costs when N of them share a sleep (the paper's figure 9)."""
    canvas, axes = make_canvas(3.6)
    drawn = False
    lines: list[tuple[str, str, int]] = [(TEST, "test", 0), *((SLEEP, f"sleep, N = {n}", n) for n in QUERIES)]
    for number, (arm, label, queries) in enumerate(lines):
        xs, ys = [], []
        for budget in run.budgets:
            cost = estimate(run.costs(arm, budget, currency))
            right = estimate(list(run.rights(arm, budget).values()))
            slept = estimate(run.slept(arm, budget, currency)) if queries else None
            if cost is None or right is None or right.value is None or (queries and slept is None):
                continue
            share = (slept.value or 0) / queries if slept is not None else 0.0
            xs.append(price * (cost.value or 0) + share)
            ys.append(100 * right.value)
        if xs:
            drawn = True
            axes.plot(xs, ys, "o-", markersize=4, color=pick_colour(number), label=label)
    if not drawn:
        return None
    use_log_scale(axes)
    name_axes(axes, f"{currency.value} of a query, its share of the sleep among them, t = {price}", "right, %")
    return Figure(to_svg(canvas), f"Amortisation in {currency.value}: N queries share one sleep; {source(run)}.")


def _expected(run: StatefulRun) -> Figure | None:
    """Plot the gain by how expected the question was (the paper's figure 10)."""
    gains = problem_gains(run)
    canvas, axes = make_canvas(3.2)
    drawn = 0
    for number, (name, values, _) in enumerate(kinds_of_score(run)):
        parts = fifths({p: v for p, v in values.items() if p in gains})
        for at, part in enumerate(parts):
            mine = [gains[p] for p in part]
            found = estimate(mine)
            if found is None:
                continue
            x = at + 1 + 0.08 * (number - 2)
            draw_interval(axes, x, found.low, found.high, pick_colour(number))
            label = name if at == 0 else None
            axes.plot([x], [100 * (found.value or 0)], "o", markersize=4, color=pick_colour(number), label=label)
            drawn = max(drawn, len(mine))
    if not drawn:
        return None
    axes.axhline(0, color="#888888", linewidth=0.8)
    name_axes(axes, "fifth of the questions, from the least expected to the most", "sleep - test, points")
    return Figure(to_svg(canvas), f"Gain by how expected the question was, about {drawn} problems a fifth.")


def source(run: StatefulRun) -> str:
    """Return which model a figure is of, and when it was asked."""
    days = sorted({record.at for record in run.requests if record.at})
    return f"{run.about.get('model')}{', ' + days[-1] if days else ''}"
