"""The ground that plots are drawn on: inline SVG by matplotlib, the same for the same run. Knows no score."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from noctule.evals.report.page import Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

COLOURS = ("#35689f", "#c2571a", "#3f8f4f", "#8a5aa8", "#a08020", "#5b5b66")
INK = "currentColor"
"""Black: in a page that is dark, what is written is light."""
ABSENT = "No plots: matplotlib is not installed (pip install 'noctule[evals]')."


def draw(makers: Sequence[Callable[[], Figure | None]]) -> list[Figure]:
    """Draw the plots that there are numbers for; none where matplotlib is absent."""
    try:
        import matplotlib as mpl
    except ImportError:
        return []
    settings: Any = {
        "svg.hashsalt": "noctule",  # the same run gives the same file
        "svg.fonttype": "none",
        "font.size": 10,
        "text.color": "#000000",
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
    with mpl.rc_context(settings):
        made = [maker() for maker in makers]
    return [figure for figure in made if figure is not None]


def make_canvas(height: float) -> tuple[Canvas, Axes]:
    """Return a canvas of the page's width and some inches of height."""
    from matplotlib.figure import Figure as MplFigure

    canvas = MplFigure(figsize=(7.6, height), layout="constrained")
    return canvas, canvas.subplots()


def use_log_scale(axes: Axes) -> None:
    """Let x be logarithmic, with plain numbers at 1, 2 and 5 of each decade."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.10g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())


def pick_style(number: int) -> str:
    """Return how the line of that number is drawn: those of one colour differ in it."""
    return ("o-", "o--", "o:")[number // len(COLOURS) % 3]


def draw_interval(axes: Axes, x: float, low: float | None, high: float | None, colour: str) -> None:
    """Draw an interval of shares as a thin line over its place, in percent; nothing where there is none."""
    if low is not None and high is not None:
        axes.plot([x, x], [100 * low, 100 * high], color=colour, linewidth=1, alpha=0.6)


def name_axes(axes: Axes, x: str, y: str) -> None:
    """Write what the axes are, and the names of the lines beside the plot."""
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    # Beside the plot: where it would cover least takes a second to find.
    axes.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))


def label_lines(axes: Axes) -> None:
    """Write the name of each line at its end, in its colour, moved apart where they would overlap."""
    to_share = axes.transScale + axes.transLimits
    ends: list[tuple[float, str, Any]] = []
    for line in axes.get_lines():
        name, points = str(line.get_label()), np.asarray(line.get_data(), dtype=float)
        if not name.startswith("_") and points.size:
            _, height = to_share.transform(points[:, -1])
            ends.append((float(height), name, line.get_color()))
    inches = axes.figure.get_figheight()  # type: ignore[union-attr]
    place = -1.0
    for height, name, colour in sorted(ends, key=lambda end: end[0]):
        place = max(min(height, 1.0), place + 0.19 / inches)
        axes.annotate(name, (1.01, place), xycoords="axes fraction", va="center", fontsize=9, color=colour)


def pick_colour(number: int) -> str:
    """Return the colour of the n-th line."""
    return COLOURS[number % len(COLOURS)]


def to_svg(canvas: Canvas) -> str:
    """Return the plot as an element to stand inside HTML: without prologue, date and outside names."""
    buffer = io.StringIO()
    canvas.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    svg = text[text.index("<svg") :].rstrip().replace("#000000", INK)
    return re.sub(r"\s*<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
