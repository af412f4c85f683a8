"""`noctule install`: have a coding agent or an editor start noctule, by its own configuration."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from noctule.indexer.printable import printable_line
from noctule.lsp_server.cli.arguments import add_command, path
from noctule.lsp_server.cli.exit_codes import Exit
from noctule.lsp_server.cli.terminal import Terminal
from noctule.lsp_server.install.names import NAMES, PRINTED, RETIRED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from noctule.lsp_server.cli.arguments import Commands
    from noctule.lsp_server.install.clients import Target
    from noctule.lsp_server.install.places import UserPlaces
    from noctule.lsp_server.install.plan import ConfigChange

    Changes = Sequence[tuple[Target, ConfigChange]]

_DESCRIPTION = """\
Add noctule to the configuration of a coding agent or an editor, and show the change as a diff. The rest of the file
stays as it is. Without PATH, your own configuration is changed; with PATH, that of the project. For some editors the
text is printed, with the place where it goes."""


def declare(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "install", run, "set up a coding agent or an editor to use noctule", _DESCRIPTION)
    parser.add_argument(
        "client",
        metavar="CLIENT",
        nargs="?",
        choices=(*NAMES, *PRINTED, *RETIRED),
        help=f"{', '.join(NAMES)}; printed: {', '.join(PRINTED)}; with --undo also {', '.join(RETIRED)}",
    )
    parser.add_argument(
        "path",
        metavar="PATH",
        nargs="?",
        type=path,
        help="a project folder, whose configuration is changed instead of yours",
    )
    parser.add_argument("--no-hooks", action="store_true", help="add the server only, without hooks")
    parser.add_argument("--dry-run", action="store_true", help="show the change, and write nothing")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--undo", action="store_true", help="remove what was added")
    what.add_argument(
        "--refresh",
        action="store_true",
        help="update what was added to all clients, after an upgrade or a move of noctule",
    )


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Show what changes, then write it."""
    from noctule.lsp_server.install import plan  # not for help
    from noctule.lsp_server.install.places import UserPlaces as Places

    machine = Places.here()
    if args.refresh == (args.client is not None):
        problem = "--refresh is about all clients" if args.refresh else "no client is named"
        terminal.complain(problem, "leave CLIENT out" if args.refresh else "`noctule help install` lists them")
        return Exit.BAD_INPUT
    if args.client in PRINTED:
        return _print_snippet(args.client, machine, terminal)
    project = _project(args.path)
    if args.refresh:
        changes: Changes = plan.refresh(machine)
    elif args.undo:
        changes = plan.undo(args.client, machine, project)
    else:
        changes = plan.install(args.client, machine, project, with_hooks=not args.no_hooks)
    for _, change in changes:
        for line in change.diff():
            terminal.write_line(printable_line(line.replace("\t", "    ")))
    if not changes:
        if args.refresh:
            terminal.remark("Nothing to change: every entry is up to date.")
        else:
            terminal.remark(f"Nothing to {'remove' if args.undo else 'add'}: {args.client} stays as it is.")
    elif args.dry_run:
        terminal.remark("Nothing was written.")
    else:
        plan.apply_changes([change for _, change in changes])
        _remark_changes(changes, terminal)
    return Exit.OK


def _remark_changes(changes: Changes, terminal: Terminal) -> None:
    """Say what each file starts or calls from now on."""
    from noctule.lsp_server.install.hook_entries import events_of

    for target, change in changes:
        hooks = f"hooks ({', '.join(events_of(target.wants))})"
        what = hooks if target.hooks else "the server `noctule mcp`"
        done = "removed from" if change.receipt is None else "now in"
        terminal.remark(f"{what[0].upper()}{what[1:]}: {done} {change.place.path}.")
    terminal.remark("Restart the client, or have it read its configuration again.")


def _print_snippet(client: str, machine: UserPlaces, terminal: Terminal) -> int:
    from noctule.lsp_server.install.snippets import SNIPPETS

    snippet = SNIPPETS[client](machine.command)
    terminal.remark(f"Nothing was written; put this into {snippet.where}:")
    terminal.write_line(snippet.text)
    return Exit.OK


def _project(folder: str | None) -> Path | None:
    if folder is None:
        return None
    from noctule.indexer.errors import NotADirectory

    if not Path(folder).is_dir():
        raise NotADirectory.at(folder)
    return Path(folder).absolute()
