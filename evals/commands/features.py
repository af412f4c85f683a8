"""`noctule eval features`: commits that modify three or more source files."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from noctule.evals.commands.execution import add_aider_option, add_run_options
from noctule.evals.commands.mined import mine_and_run
from noctule.lsp_server.cli.arguments import add_command, add_path, add_revision, positive_number
from noctule.lsp_server.cli.terminal import Terminal

if TYPE_CHECKING:
    from noctule.lsp_server.cli.arguments import Commands

_DESCRIPTION = """\
Like 'noctule eval history', for commits that modify three or more source files: scored by precision, recall and F1
over the modified files. Files that a commit creates are reported apart."""


def declare(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "features", run, "commits that modify several files", _DESCRIPTION)
    add_path(parser)
    parser.add_argument(
        "--last", metavar="N", type=positive_number, default=50, help="how many commits to ask for (default: 50)"
    )
    add_revision(parser)
    add_aider_option(parser)
    add_run_options(parser)


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Run the tasks and print the verdict."""
    from noctule.evals.tasks.features import mine_features

    return mine_and_run("features", mine_features, args, terminal)
