"""A run's scores as plots: inline SVG by matplotlib, where it is installed. Numbers stand in the tables too."""

from __future__ import annotations

from functools import partial

import numpy as np

from noctule.evals.report import costs, predictability, tables
from noctule.evals.report.drawing import (
    COLOURS,
    draw,
    draw_interval,
    label_lines,
    make_canvas,
    pick_colour,
    to_svg,
    use_log_scale,
)
from noctule.evals.report.page import Figure
from noctule.evals.report.scored import MAIN_K, NAMED, SHOWN, Scored, file_accuracy, measure
from noctule.evals.scorers.amount import PRICES


def of_run(scored: Scored) -> list[Figure]:
    """Return the plots that a run has numbers for; none where matplotlib is absent."""
    makers = (_differences, _by_cut, _budgets, _exploration, _amortisation, _predictability, _times)
    return draw([partial(maker, scored) for maker in makers])


def _differences(scored: Scored) -> Figure | None:
    """Plot the paired differences to every other solver, by subset."""
    subsets = scored.subsets
    names = [s for s in tables.ranking_solvers(scored) if s != tables.REFERENCE]
    canvas, axes = make_canvas(0.9 + 0.34 * len(names) * len(subsets))
    drawn: list[tuple[str, int]] = []
    for colour, subset in zip(COLOURS, subsets, strict=False):
        for name in names:
            found = scored.compare(tables.REFERENCE, name, file_accuracy(MAIN_K), subset)
            if found is None or found.difference.low is None or found.difference.high is None:
                continue
            d, y = found.difference, -len(drawn)
            assert d.low is not None
            assert d.high is not None
            axes.plot([100 * d.low, 100 * d.high], [y, y], color=colour, linewidth=2)
            axes.plot([100 * d.mean], [y], "o", color=colour)
            drawn.append((f"{name}, {subset.name} (n {found.n})", y))
    if not drawn:
        return None
    axes.axvline(0, color="#999", linewidth=0.8)
    axes.set_yticks([y for _, y in drawn], [label for label, _ in drawn])
    axes.set_xlabel(f"pack minus solver, points of Acc@{MAIN_K}")
    return Figure(to_svg(canvas), "Paired differences of the pack to every solver, with 95% bootstrap intervals.")


def _by_cut(scored: Scored) -> Figure | None:
    """Plot Acc@k over k, by solver."""
    subset = scored.subsets[0]
    cuts = range(1, 11)
    solvers = [s for s in tables.ranking_solvers(scored) if scored.scores(s, file_accuracy(1), subset)]
    if not solvers:
        return None
    canvas, axes = make_canvas(3.4)
    for number, solver in enumerate(solvers):
        values = [100 * (scored.estimate_plain(solver, file_accuracy(k), subset) or 0) for k in cuts]
        axes.plot(cuts, values, "o-", markersize=3, label=solver, color=pick_colour(number))
    axes.set_xlabel("first k files")
    axes.set_ylabel("all gold within, %")
    axes.set_ylim(0, 103)
    label_lines(axes)
    return Figure(
        to_svg(canvas), f"Share of tasks with all gold files in the first k ({subset.name}, n {len(subset.tasks)})."
    )


def _budgets(scored: Scored) -> Figure | None:
    """Plot gold found against tokens, by budget of the pack."""
    subset, solvers = scored.subsets[0], tables.pack_budgets(scored)
    if len(solvers) < 2:
        return None
    canvas, axes = make_canvas(3.2)
    for colour, (label, score) in zip(
        COLOURS, (("all gold files named", NAMED), ("all gold functions whole", SHOWN)), strict=False
    ):
        found = [(s, scored.estimate(s, score, subset)) for s in solvers]
        there = [(s, e) for s, e in found if e is not None and e.low is not None and e.high is not None]
        tokens = [float(np.mean([a.tokens or 0 for a in scored.run.answers[s].values()])) for s, _ in there]
        axes.plot(tokens, [100 * e.mean for _, e in there], "o-", color=colour, label=label)
        for x, (_, e) in zip(tokens, there, strict=True):
            draw_interval(axes, x, e.low, e.high, colour)
    axes.set_xlabel("mean tokens of the pack")
    axes.set_ylabel("% of tasks")
    axes.set_ylim(0, 103)
    label_lines(axes)
    return Figure(to_svg(canvas), f"Gold found against tokens spent ({subset.name}), with 95% intervals.")


def _exploration(scored: Scored) -> Figure | None:
    """Plot the share of tasks whose gold was seen within so many tokens."""
    subset = scored.subsets[0]
    explorers = [s for s in scored.solvers if s.startswith("explorer")]
    if not explorers:
        return None
    canvas, axes = make_canvas(3.2)
    for number, solver in enumerate(explorers):
        spent = scored.scores(solver, tables.LOOKING, subset)
        seen = scored.scores(solver, measure("found"), subset)
        found = sorted(max(value, 1.0) for task, value in spent.items() if seen.get(task))
        if spent:
            share = [100 * (at + 1) / len(spent) for at in range(len(found))]
            axes.step(found, share, where="post", label=f"{solver} (n {len(spent)})", color=pick_colour(number))
    use_log_scale(axes)
    axes.set_xlabel("tokens read, the pack's own included")
    axes.set_ylabel("gold lines all seen, % of tasks")
    axes.set_ylim(0, 103)
    label_lines(axes)
    return Figure(
        to_svg(canvas), "The explorer, a proxy for an agent: what it reads until every changed line was seen."
    )


def _times(scored: Scored) -> Figure | None:
    """Plot how long answers took."""
    canvas, axes = make_canvas(2.6)
    answers = scored.run.answers.get("pack", {}).values()
    drawn = False
    for number, (name, label) in enumerate(reversed(costs.LATENCIES.items())):
        values = sorted(a.measures[name] for a in answers if name in a.measures)
        if values:
            share = [100 * (at + 1) / len(values) for at in range(len(values))]
            axes.step(values, share, where="post", label=f"{label} (n {len(values)})", color=pick_colour(number))
            drawn = True
    if not drawn:
        return None
    use_log_scale(axes)
    axes.set_xlabel("milliseconds")
    axes.set_ylabel("% of answers")
    label_lines(axes)
    return Figure(to_svg(canvas), "Latency of the default pack.")


def _amortisation(scored: Scored) -> Figure | None:
    """Plot how many queries pay for how much sleep, and how much sleep there was."""
    found = [arm for arm in costs.arms(scored, scored.subsets[0]) if arm.costs.break_even(1) is not None]
    if not found:
        return None
    canvas, axes = make_canvas(3.6)
    sleep = np.logspace(1, 7, 61)
    for number, arm in enumerate(found):
        gain = arm.costs.without - arm.costs.with_sleep
        for price, style in ((PRICES[0], "--"), (PRICES[-1], "-")):
            label = arm.name if price == PRICES[-1] else None
            axes.plot(sleep, sleep / (price * gain), style, color=pick_colour(number), label=label)
    spent = found[0].costs.sleep
    axes.axvline(spent, color="#444", linewidth=1.2)
    axes.annotate("this run", (spent, 1), (4, 6), textcoords="offset points", fontsize=9)
    axes.axhline(1, color="#999", linewidth=0.8)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("sleep for one state of the repository, in sleep-time tokens")
    axes.set_ylabel("queries that pay for it")
    label_lines(axes)
    caption = (
        "Amortisation: break-even queries by what sleep costs, N = S / (t (B - b)), with t = 1 (dashed) and "
        f"t = {PRICES[-1]}; below the grey line the first query pays. Sleep of this run is charged as {spent:,.0f} "
        "sleep-time tokens for one state. Arms that save nothing have no line."
    )
    return Figure(to_svg(canvas), caption)


def _predictability(scored: Scored) -> Figure | None:
    """Plot how much the pack gains over plain BM25 by how much the change was expected."""
    subset = scored.subsets[-1] if scored.kind != "swebench" else scored.subsets[0]
    fifths = predictability.fifths(scored, subset)
    if not fifths:
        return None
    canvas, axes = make_canvas(3.0)
    for number, fifth in enumerate(fifths, 1):
        found = scored.compare(tables.REFERENCE, "bm25", file_accuracy(MAIN_K), fifth.subset)
        if found is None or found.difference.low is None or found.difference.high is None:
            continue
        d = found.difference
        axes.plot([number, number], [100 * (d.low or 0), 100 * (d.high or 0)], color=COLOURS[0], linewidth=2)
        axes.plot([number], [100 * d.mean], "o", color=COLOURS[0])
    axes.axhline(0, color="#999", linewidth=0.8)
    axes.set_xticks(range(1, len(fifths) + 1), [f"{f.low:.1%} to {f.high:.1%}" for f in fifths], fontsize=8)
    axes.set_xlabel("probability of the gold files before the task was known, in fifths")
    axes.set_ylabel(f"pack minus BM25, points of Acc@{MAIN_K}")
    return Figure(to_svg(canvas), f"Gain of the pack by predictability ({subset.name}), with 95% intervals.")
