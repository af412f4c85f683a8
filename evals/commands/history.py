"""`noctule eval history`: a repository's own commits, its messages as tasks."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from noctule.evals.commands.execution import add_aider_option, add_run_options
from noctule.evals.commands.mined import export, mine_and_run
from noctule.lsp_server.cli.arguments import add_command, add_path, add_revision, positive_number
from noctule.lsp_server.cli.terminal import Terminal

if TYPE_CHECKING:
    from noctule.lsp_server.cli.arguments import Commands

_DESCRIPTION = """\
Ask for each of the newest commits what its message asks, at its parent, and hold the answers against what the commit
changed. Each task is asked twice: as the message was written, and with the names of what was changed taken out.
Merges, reverts, bots, mass edits, version bumps and changes to no existing source file are left out."""


def declare(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "history", run, "a repository's own commits", _DESCRIPTION)
    add_path(parser)
    parser.add_argument(
        "--last", metavar="N", type=positive_number, default=100, help="how many commits to ask for (default: 100)"
    )
    add_revision(parser)
    parser.add_argument(
        "--export",
        metavar="FILE",
        help="ask nothing: write the masked tasks to FILE, in SWE-bench form and all at one commit, for 'fit'",
    )
    add_aider_option(parser)
    add_run_options(parser)


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Run the tasks and print the verdict."""
    from noctule.evals.tasks.history import mine

    if args.export is not None:
        return export(mine, args, terminal)
    return mine_and_run("history", mine, args, terminal)
