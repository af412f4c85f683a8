"""`noctule eval forecast`: what `noctule predict` said before each commit, held against what it touched."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from noctule.evals.commands.execution import add_run_options
from noctule.evals.commands.mined import mine_and_run
from noctule.lsp_server.cli.arguments import add_command, add_path, add_revision, positive_number
from noctule.lsp_server.cli.terminal import Terminal

if TYPE_CHECKING:
    from noctule.lsp_server.cli.arguments import Commands

_DESCRIPTION = """\
Ask before each of the newest commits which files change next - alone, with some of the change's files given, and with
the commit's message - and hold the probabilities against what the commit touched: Brier score, reliability, and recall
against the files that were touched last and most often. Nearly every commit counts; merges and mass edits do not."""


def declare(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "forecast", run, "forecasts of the next change, by what changed", _DESCRIPTION)
    add_path(parser)
    parser.add_argument(
        "--last", metavar="N", type=positive_number, default=100, help="how many commits to ask for (default: 100)"
    )
    add_revision(parser)
    add_run_options(parser)
    parser.set_defaults(aider=None)


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Run the tasks and print the verdict."""
    from noctule.evals.tasks.forecast import mine_forecasts

    return mine_and_run("forecast", mine_forecasts, args, terminal, ("forecasts",))
