"""`noctule install`: have a coding agent or an editor start noctule, by its own configuration."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from noctule.lsp_server.cli.arguments import add_command, path
from noctule.lsp_server.cli.exit_codes import Exit
from noctule.lsp_server.cli.terminal import Terminal, printable_line
from noctule.lsp_server.install.names import NAMES

if TYPE_CHECKING:
    from noctule.lsp_server.cli.arguments import Commands

_DESCRIPTION = """\
Add noctule to the configuration of a coding agent or an editor, and show the change as a diff. The rest of the file
stays as it is. Without PATH, your own configuration is changed; with PATH, that of the project."""


def declare(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "install", run, "set up a coding agent or an editor to use noctule", _DESCRIPTION)
    parser.add_argument("client", metavar="CLIENT", choices=NAMES, help=", ".join(NAMES))
    parser.add_argument(
        "path",
        metavar="PATH",
        nargs="?",
        type=path,
        help="a project folder, whose configuration is changed instead of yours",
    )
    parser.add_argument("--dry-run", action="store_true", help="show the change, and write nothing")
    parser.add_argument("--undo", action="store_true", help="remove what was added")


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Show what changes, then write it."""
    from noctule.lsp_server.install import plan  # not for help
    from noctule.lsp_server.install.clients import UserPlaces

    project = _project(args.path)
    work_out = plan.undo if args.undo else plan.install
    changes = work_out(args.client, UserPlaces.here(), project)
    for change in changes:
        for line in change.diff():
            terminal.write_line(printable_line(line.replace("\t", "    ")))
    if not changes:
        terminal.remark(f"Nothing to {'remove' if args.undo else 'add'}; {args.client} stays as it is.")
    elif args.dry_run:
        terminal.remark("Nothing was written.")
    else:
        plan.apply_changes(changes)
        what = "removed from" if args.undo else "added to"
        terminal.remark(f"noctule was {what} {args.client}; restart it, or reload its servers.")
    return Exit.OK


def _project(folder: str | None) -> Path | None:
    if folder is None:
        return None
    from noctule.indexer.errors import NotADirectory

    if not Path(folder).is_dir():
        raise NotADirectory.at(folder)
    return Path(folder).absolute()
