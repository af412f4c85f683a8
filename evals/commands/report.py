"""`noctule eval report`: runs as a page with plots, tables and losses."""

from __future__ import annotations

import argparse
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from noctule.lsp_server.cli.arguments import add_command
from noctule.lsp_server.cli.exit_codes import Exit
from noctule.lsp_server.cli.terminal import Terminal, printable_line

if TYPE_CHECKING:
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
    from noctule.evals.report import html, markdown
    from noctule.evals.report.content import page, verdict
    from noctule.evals.run_folder import Results

    runs = [Results.read(Path(folder)) for folder in args.runs]
    content = page(runs)
    out = Path(args.out or args.runs[0])
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, text in (("report.html", html.render(content)), ("report.md", markdown.render(content))):
            (out / name).write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise RunError(f"cannot write the report to {out}: {error.strerror or error}", "name another --out") from error
    for results in runs:
        terminal.write("\n".join(verdict(results)) + "\n")
    terminal.write_line(printable_line(f"Written: {out / 'report.html'} and {out / 'report.md'}"))
    if not content.has_plots and find_spec("matplotlib") is None:
        terminal.remark("Without plots: matplotlib is not installed (pip install 'noctule[evals]').")
    return Exit.OK
