"""`noctule eval adoption`: scripted agents at the real server, with each way to word what they see of it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from noctule.lsp_server.cli.arguments import add_command, add_path, add_revision, positive_number
from noctule.lsp_server.cli.exit_codes import Exit
from noctule.lsp_server.cli.terminal import Terminal

if TYPE_CHECKING:
    from noctule.lsp_server.cli.arguments import Commands

_DESCRIPTION = """\
Have scripted agents do a repository's own past tasks at `noctule mcp`: one that reads only an answer's first line,
one that calls only what names its wish, one that passes wrong arguments, and others. Who asks, at what cost, and is the
right file opened first? Then the same with other descriptions and first lines. No model is asked."""


def declare(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "adoption", run, "scripted agents, with other wordings of the tools", _DESCRIPTION)
    add_path(parser)
    parser.add_argument("--last", metavar="N", type=positive_number, default=20, help="how many tasks (default: 20)")
    add_revision(parser)


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Run the agents and print the two tables."""
    import anyio

    from noctule.evals.commands.mined import open_subject
    from noctule.evals.experiments.adoption_worker import run_tasks
    from noctule.evals.report.adoption import lines
    from noctule.evals.tasks.history import mine
    from noctule.indexer.errors import RepositoryError
    from noctule.lsp_server.cli.progress import ProgressLine

    place, name, head = open_subject(args)
    with ProgressLine(terminal) as progress:
        tasks = [task for task in mine(place, name, head, args.last, progress=progress).tasks if not task.masked]
        if not tasks:
            raise RepositoryError(f"none of the commits of {args.path} makes a task", "name another repository")
        found = anyio.run(run_tasks, place, tasks, progress)
    terminal.write("".join(f"{line}\n" for line in lines(found, name, len(tasks))))
    return Exit.OK
