"""`noctule resume`: end a pause."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from noctule.indexer.printable import printable_line
from noctule.lsp_server.cli.arguments import add_command, add_json, add_path
from noctule.lsp_server.cli.exit_codes import Exit
from noctule.lsp_server.cli.target import open_repository
from noctule.lsp_server.cli.terminal import Terminal

if TYPE_CHECKING:
    from noctule.lsp_server.cli.arguments import Commands

_DESCRIPTION = """\
End the pause of a repository. Background work continues when the machine is idle."""


def declare(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "resume", run, "end a pause", _DESCRIPTION)
    add_path(parser)
    add_json(parser)


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """End the pause, and say whether there was one."""
    from noctule.indexer.reports import Paused  # help and usage errors must not wait for these
    from noctule.indexer.runtime.pause import resume

    repository = open_repository(args)
    was_paused = resume(repository.folder)
    if args.json:
        terminal.write_json(Paused(str(repository.folder), False, None))
    else:
        what = "background work continues" if was_paused else "background work was not paused"
        terminal.write_line(printable_line(f"{repository.root}: {what}"))
    return Exit.OK
