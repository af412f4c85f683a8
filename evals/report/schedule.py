"""Replayed orders as a verdict, a table and a plot: which finds more of the next changes ready for its CPU seconds?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from noctule.evals.experiments.schedule import GRID, NOCTULE, ORACLE, ORDERS, Point
from noctule.evals.report.drawing import ABSENT, draw, make_canvas, pick_colour, to_svg
from noctule.evals.report.figures import difference, points
from noctule.evals.report.page import Code, Figure, Page, PageText, Section, Table
from noctule.evals.scorers.paired import Comparison, compare, estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDE = 3
Replayed = Mapping[str, Sequence[Point]]
RIVALS = tuple(name for name in ORDERS if name not in (NOCTULE, ORACLE))


def page(replayed: Replayed, changes: int, command: str) -> Page:
    """Return the whole report."""
    figures = plots(replayed)
    return Page(
        "What to read first",
        [
            Section("Verdict", [PageText(line) for line in verdict(replayed)]),
            Section("Area under the curve", [areas(replayed, changes), times(replayed)]),
            Section("Ready against CPU seconds", figures or [PageText(ABSENT)]),
            Section("Again", [Code([command])]),
        ],
    )


def plots(replayed: Replayed) -> list[Figure]:
    """Return a plot for each repository; none where matplotlib is absent."""
    return draw([partial(_curves, name, replay) for name, replay in replayed.items()])


def verdict(replayed: Replayed) -> Iterator[str]:
    """Say for each repository how the order of value per cost does against each other one."""
    for name, replay in replayed.items():
        against = ", ".join(f"{rival} {difference(_compare(replay, rival))}" for rival in RIVALS)
        own = points(estimate([p.curves[NOCTULE].area for p in replay]))
        yield (
            f"{name}: of the next changes' files {own} % are ready on average over the time that reading takes; "
            f"points more than {against}."
        )


def _compare(replay: Sequence[Point], rival: str) -> Comparison | None:
    return compare(*({p.commit: p.curves[order].area for p in replay} for order in (NOCTULE, rival)))


def areas(replayed: Replayed, changes: int) -> Table:
    """Return the mean area under the curve of each order, and what value per cost gains over it, paired."""
    rows = []
    for name, replay in replayed.items():
        for order in ORDERS:
            gain = "" if order == NOCTULE else difference(_compare(replay, order))
            rows.append([name, order, str(len(replay)), points(estimate([p.curves[order].area for p in replay])), gain])
    return Table(
        ["repository", "order", "points", "area, % (95%)", "value per cost - order, points (95%)"],
        rows,
        labels=2,
        note=(
            f"Area under the share of the next {changes} changes' files that are ready, over CPU seconds from nothing "
            "to all files read: 100 would be all ready at once. Each change counts the same. Intervals are percentile "
            "bootstraps over the points in the past, paired. 'what comes next' knows the future and what each file "
            "costs."
        ),
    )


def times(replayed: Replayed) -> Table:
    """Return how long reading takes and after how many CPU seconds a half, and four fifths, are ready."""
    rows = []
    for name, replay in replayed.items():
        cpu, glance = (float(np.mean([getattr(p, field) for p in replay])) for field in ("cpu_s", "glance_s"))
        cells = [name, f"{np.mean([p.files for p in replay]):,.0f}", f"{cpu:.2f}", f"{glance:.2f}"]
        for order in (NOCTULE, *RIVALS):
            half, most = np.mean([p.curves[order].seconds for p in replay], axis=0).tolist()
            cells.append(f"{half:.2f} / {most:.2f}")
        rows.append(cells)
    return Table(
        ["repository", "files", "CPU s to read all", "CPU s of the glance", *(NOCTULE, *RIVALS)],
        rows,
        note=(
            "Means over the points. The columns of the orders are CPU seconds until a half / four fifths are ready. A "
            "file's cost is the CPU time measured for digesting it, the same for all orders; the glance at the latest "
            "commits is charged to value per cost alone, and nothing to the others for finding out what they need."
        ),
    )


def together(replayed: Replayed) -> Figure | None:
    """Return all curves in one plot, for documents; None where matplotlib is absent."""
    figures = draw([partial(_grid, replayed)])
    return figures[0] if figures else None


def _grid(replayed: Replayed) -> Figure:
    from matplotlib.figure import Figure as MplFigure

    rows = -(-len(replayed) // WIDE)
    canvas = MplFigure(figsize=(9.6, 2.5 * rows + 0.4), layout="constrained")
    panels = canvas.subplots(rows, WIDE, squeeze=False).ravel().tolist()
    for panel, (name, replay) in zip(panels, replayed.items(), strict=False):
        _draw(panel, replay)
        panel.set_title(name, fontsize=10)
    for panel in panels[len(replayed) :]:
        panel.axis("off")
    named = panels[0].get_legend_handles_labels()
    canvas.legend(*named, frameon=False, fontsize=9, ncols=len(ORDERS), loc="outside upper center")
    canvas.supxlabel("CPU seconds", fontsize=10)
    canvas.supylabel("next changes' files ready, %", fontsize=10)
    # Tenths of a pixel are enough, and half of the file.
    short = re.sub(r"(\d\.\d)\d+", r"\1", to_svg(canvas))
    return Figure(short, "Means of the points in each repository's past.")


def _curves(name: str, replay: Sequence[Point]) -> Figure | None:
    canvas, axes = make_canvas(3.0)
    _draw(axes, replay)
    axes.set_xlabel("CPU seconds")
    axes.set_ylabel("next changes' files ready, %")
    axes.legend(frameon=False, fontsize=8, loc="lower right")
    return Figure(to_svg(canvas), f"{name}: mean of {len(replay)} points in its past.")


def _draw(axes: Axes, replay: Sequence[Point]) -> None:
    at = np.linspace(0.0, float(np.mean([p.cpu_s for p in replay])), GRID)
    for number, order in enumerate(ORDERS):
        ready = 100 * np.array([p.curves[order].ready for p in replay])
        axes.plot(
            at,
            ready.mean(axis=0),
            label=order,
            linewidth=2 if order == NOCTULE else 1.2,
            color="#999999" if order == ORACLE else pick_colour(number),
            linestyle="--" if order == ORACLE else "-",
        )
        if order == NOCTULE and len(replay) > 1:
            spread = 1.96 * ready.std(axis=0, ddof=1) / len(replay) ** 0.5
            axes.fill_between(at, ready.mean(axis=0) - spread, ready.mean(axis=0) + spread, alpha=0.15, linewidth=0)
    axes.set_ylim(0, 103)
