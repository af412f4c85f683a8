"""`noctule predict`: what the next change is likely to touch."""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING

from noctule.lsp_server.cli.arguments import add_command, add_json, add_path, add_revision, path, positive_number
from noctule.lsp_server.cli.exit_codes import Exit
from noctule.lsp_server.cli.target import from_top, is_path, note, open_learned, remark_freshness
from noctule.lsp_server.cli.terminal import Terminal, printable_line
from noctule.lsp_server.text.numbers import count, percent

if TYPE_CHECKING:
    from rich.console import RenderableType

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


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Print the forecast."""
    files = args.files
    if not is_path(args.path):
        args.path, files = ".", [args.path, *files]
    repository = open_learned(args, terminal)
    given = [from_top(name, repository) for name in (*files, *args.given)]
    started = time.perf_counter()
    forecast = repository.predict(given=given, task=args.task, k=args.k)
    took_ms = 1000 * (time.perf_counter() - started)
    if args.json:
        terminal.write_json(forecast)
    else:
        remark_freshness(forecast.freshness, terminal)
        if forecast.change_points:
            terminal.show(table(forecast.change_points))
        terminal.write(f"{track_record(forecast)}\n")
    note(repository, forecast, took_ms)
    return Exit.OK


def table(change_points: tuple[LikelyChange, ...]) -> RenderableType:
    """Return the change points, likeliest first."""
    from rich import box  # not for --json
    from rich.table import Table
    from rich.text import Text

    rows = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    rows.add_column("chance", justify="right", no_wrap=True)
    rows.add_column("file or symbol", overflow="fold", ratio=None)
    rows.add_column("because", overflow="fold", style="dim")
    for point in change_points:
        place = Text(printable_line(point.path))
        if point.symbol:
            place.append(f":{printable_line(point.symbol)}", style="cyan")
        why = "; ".join(printable_line(reason.detail or reason.kind) for reason in point.reasons[:_SHOWN_REASONS])
        rows.add_row(percent(point.probability), place, Text(why))
    return rows


def track_record(forecast: Forecast) -> str:
    """Return how good such forecasts were on past commits that the fit never saw, or why there is none."""
    if forecast.withheld:
        return f"No forecast: {printable_line(forecast.withheld)}"
    if not forecast.hit_rate:
        return "Nothing is likely enough to name."
    rates = ", ".join(f"{name} {percent(rate)}" for name, rate in forecast.hit_rate.items())
    lines = [f"On {count(forecast.trials, 'held-out past commit')}: {rates}"]
    lines += [
        f"  by {name} alone: {', '.join(f'{at} {percent(rate)}' for at, rate in rates.items())}"
        for name, rates in forecast.baseline.items()
    ]
    return "\n".join(lines)
