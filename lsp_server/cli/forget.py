"""`noctule forget`: remove everything stored about a repository."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from noctule.indexer.printable import printable_line
from noctule.lsp_server.cli.arguments import add_command, add_json, add_path
from noctule.lsp_server.cli.exit_codes import Exit
from noctule.lsp_server.cli.terminal import Terminal
from noctule.lsp_server.text.numbers import size

if TYPE_CHECKING:
    from noctule.lsp_server.cli.arguments import Commands

_DESCRIPTION = """\
Remove everything that noctule stored about the repository, with all its revisions and work trees. The repository itself
is not changed. On a terminal, it asks first."""


def declare(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "forget", run, "remove everything stored about a repository", _DESCRIPTION)
    add_path(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask")
    add_json(parser)


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Remove the store."""
    from noctule.indexer.serve.repository import forget  # help and usage errors must not wait for it

    if not args.yes and terminal.can_ask:
        stored = forget(Path(args.path), dry_run=True)
        question = f"Remove {stored.store_path} ({size(stored.bytes)}), notes of models included?"
        if stored.existed and not terminal.confirm(question):
            terminal.remark("nothing was removed")
            return Exit.FAILED
    forgotten = forget(Path(args.path))
    if args.json:
        terminal.write_json(forgotten)
    elif forgotten.existed:
        terminal.write_line(printable_line(f"Removed {forgotten.store_path} ({size(forgotten.bytes)})"))
    else:
        terminal.write_line(f"Nothing was stored for {printable_line(os.path.realpath(args.path))}")
    return Exit.OK
