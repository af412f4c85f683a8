"""`noctule eval questions`: questions about a repository, and the files that answer them."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from noctule.evals.commands.execution import add_run_options
from noctule.evals.commands.swebench import add_file_options, run_file
from noctule.lsp_server.cli.arguments import add_command
from noctule.lsp_server.cli.terminal import Terminal

if TYPE_CHECKING:
    from noctule.lsp_server.cli.arguments import Commands

_DESCRIPTION = """\
Ask each question of a file at its commit, and hold the answers against the files that hold what it asks for. A row has
an id, a repo, a commit, a question and gold_files. Needs clones of the repositories, bare or not."""
_SOLVERS = ("pack", "bm25", "path", "grep")


def declare(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "questions", run, "questions with the files that answer them", _DESCRIPTION)
    add_file_options(parser)
    add_run_options(parser)
    parser.set_defaults(trajectories=(), aider=None)


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Run the questions and print the verdict."""
    return run_file("questions", _SOLVERS, args, terminal)
