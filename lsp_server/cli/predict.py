"""`noctule predict`: what the next change will probably touch."""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING

from noctule.lsp_server.cli.arguments import (
    add_command,
    add_json,
    add_no_service,
    add_path,
    add_revision,
    path,
    positive_number,
)
from noctule.lsp_server.cli.exit_codes import Exit
from noctule.lsp_server.cli.layout import DIM, LabelledRow
from noctule.lsp_server.cli.target import from_top, is_path, note, open_with_index, remark_freshness
from noctule.lsp_server.cli.terminal import Terminal
from noctule.lsp_server.cli.workspace import open_workspace, show_forecast
from noctule.lsp_server.text.footnotes import add_footnotes
from noctule.lsp_server.text.numbers import percent
from noctule.lsp_server.text.track_record import track_record_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from noctule.indexer.results import Forecast, LikelyChange
    from noctule.lsp_server.cli.arguments import Commands

_DESCRIPTION = """\
Print the files and symbols that the next change will probably touch. The probabilities are learned from this
repository's history, and tested on commits that were not learned from.

A first argument that is an existing directory is PATH; any other is a FILE."""

_SHOWN_REASONS = 2


def declare(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "predict", run, "what the next change will probably touch", _DESCRIPTION)
    add_path(parser)
    parser.add_argument(
        "files",
        metavar="FILE",
        nargs="*",
        type=path,
        help="files that the change touches already",
    )
    parser.add_argument(
        "--given", metavar="FILE", nargs="+", action="extend", default=[], help="the same as FILE, after other options"
    )
    parser.add_argument("--task", metavar="TEXT", default="", help="what the change is about")
    parser.add_argument(
        "-k",
        metavar="K",
        type=positive_number,
        default=20,
        help="number of files to list, and of symbols (default: 20)",
    )
    add_revision(parser)
    add_json(parser)
    add_no_service(parser)


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Print the forecast."""
    files = args.files
    if not is_path(args.path, args):
        args.path, files = ".", [args.path, *files]
    with open_workspace(args, terminal) as workspace:
        if workspace is not None:
            return show_forecast(args, [*files, *args.given], workspace, terminal)
    repository = open_with_index(args, terminal)
    given = [from_top(name, repository, args) for name in (*files, *args.given)]
    started = time.perf_counter()
    forecast = repository.predict(given=given, task=args.task, k=args.k)
    took_ms = 1000 * (time.perf_counter() - started)
    if args.json:
        terminal.write_json(forecast)
    else:
        remark_freshness(forecast.freshness, terminal)
        if forecast.change_points:
            terminal.show([*table(forecast.change_points), LabelledRow("")])
        terminal.show([LabelledRow(track_record(forecast))])
    note(args, repository, forecast, took_ms)
    return Exit.OK


def table(change_points: tuple[LikelyChange, ...]) -> Iterator[LabelledRow]:
    """Yield the change points, the likeliest first, each with its reasons below it."""
    told = [
        "; ".join(reason.detail or reason.kind for reason in point.reasons[:_SHOWN_REASONS]) for point in change_points
    ]
    reasons, footnotes = add_footnotes(told)
    are_both = len({point.symbol is None for point in change_points}) > 1
    heading = ""
    for point, why in zip(change_points, reasons, strict=True):
        if are_both and heading != (group := "Symbols" if point.symbol else "Files"):
            heading = group
            yield LabelledRow(f"{heading}:")
        chance = f"{percent(point.probability):>4}  "
        yield LabelledRow(f"{point.path}:{point.symbol}" if point.symbol else point.path, chance)
        if why:
            yield LabelledRow(why, " " * len(chance), style=DIM)
    for footnote in footnotes:
        yield LabelledRow(footnote, style=DIM)


def track_record(forecast: Forecast) -> str:
    """Return how good such forecasts were on commits that they were not learned from, or why there is none."""
    if forecast.withheld:
        return f"No forecast: {forecast.withheld}"
    if not forecast.hit_rate:
        return "No file is likely enough to name."
    return track_record_text(forecast.trials, forecast.hit_rate, forecast.baseline)
