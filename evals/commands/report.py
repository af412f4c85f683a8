"""`noctule eval report`: runs as a page with plots, tables and losses."""

from __future__ import annotations

import argparse
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from noctule.indexer.printable import printable_line
from noctule.lsp_server.cli.arguments import add_command
from noctule.lsp_server.cli.exit_codes import Exit
from noctule.lsp_server.cli.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from noctule.evals.report.page import Page
    from noctule.lsp_server.cli.arguments import Commands

_DESCRIPTION = """\
Write report.html (one file, no network) and report.md about one or more runs: the verdict, plots, tables, every task
that was lost, and the commands that repeat it."""


def declare(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "report", run, "runs as a page with plots and losses", _DESCRIPTION)
    parser.add_argument("runs", metavar="RUN", nargs="+", help="the folder of a run")
    parser.add_argument("--out", metavar="DIR", help="where to write (default: into the first RUN)")


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Write the report and print the verdict."""
    from noctule.evals.errors import RunError
    from noctule.evals.report.content import page, verdict
    from noctule.evals.run_folder import Results

    folders = [Path(folder) for folder in args.runs]
    stateful = [folder for folder in folders if is_stateful(folder)]
    if stateful and len(stateful) < len(folders):
        raise RunError("runs of 'eval stateful' need a report of their own", "name only runs of one kind")
    if stateful:
        return _write_stateful(stateful, args, terminal)
    runs = [Results.read(folder) for folder in folders]
    content = page(runs)
    out = write_page(content, args)
    for results in runs:
        terminal.write("\n".join(verdict(results)) + "\n")
    return _end(content, out, terminal)


def write_page(content: Page, args: argparse.Namespace) -> Path:
    """Write a report as HTML and as Markdown, and return its folder. RunError."""
    from noctule.evals.errors import RunError
    from noctule.evals.report import html, markdown

    out = Path(args.out or args.runs[0])
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, text in (("report.html", html.render(content)), ("report.md", markdown.render(content))):
            (out / name).write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise RunError(f"cannot write the report to {out}: {error.strerror or error}", "name another --out") from error
    return out


def is_stateful(folder: Path) -> bool:
    """Tell whether a run is one of `eval stateful`. RunError."""
    from noctule.evals.run_folder import read_about

    about = read_about(folder)["about"]
    return isinstance(about, dict) and about.get("kind") == "stateful"


def _write_stateful(folders: Sequence[Path], args: argparse.Namespace, terminal: Terminal) -> int:
    from noctule.evals.report.screen import lines
    from noctule.evals.report.stateful import make_page, verdict
    from noctule.evals.report.stateful_results import read_stateful

    runs = [read_stateful(folder) for folder in folders]
    content = make_page(runs)
    out = write_page(content, args)
    for run in runs:
        terminal.write("\n".join(lines(verdict(run))) + "\n")
    return _end(content, out, terminal)


def _end(content: Page, out: Path, terminal: Terminal) -> int:
    terminal.write_line(printable_line(f"Written: {out / 'report.html'} and {out / 'report.md'}"))
    if not content.has_plots and find_spec("matplotlib") is None:
        terminal.remark("Without plots: matplotlib is not installed (pip install 'noctule[evals]').")
    return Exit.OK
