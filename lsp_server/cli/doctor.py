"""`noctule doctor`: what noctule takes of the machine, and whether it finds there what it needs."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from noctule.lsp_server.cli.arguments import add_command, add_json, add_path
from noctule.lsp_server.cli.exit_codes import Exit
from noctule.lsp_server.cli.target import open_repository
from noctule.lsp_server.cli.terminal import Terminal, printable_line
from noctule.lsp_server.text.numbers import count, size

if TYPE_CHECKING:
    from rich.console import RenderableType

    from noctule.indexer.results import Checkup
    from noctule.lsp_server.cli.arguments import Commands

_DESCRIPTION = """\
Print what noctule takes (memory, watches, open files, disk, processor time and money of today), each beside its
limit, and whether it finds what it needs. Each fault comes with what to do about it. Changes nothing."""

_COLOURS = {"ok": "green", "remark": "yellow", "fault": "bold red"}


def declare(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands, "doctor", run, "what noctule takes, and whether it finds what it needs", _DESCRIPTION
    )
    add_path(parser)
    add_json(parser)


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Check everything and print it; the exit code says whether there is a fault."""
    found = examine(args)
    if args.json:
        terminal.write_json(found)
    else:
        terminal.show(view(found))
    return Exit.FAILED if found.faults else Exit.OK


def examine(args: argparse.Namespace) -> Checkup:
    """Look at everything; only a path that is no folder is an error, as it is of every command."""
    from noctule.indexer.errors import NoctuleError, NotADirectory
    from noctule.lsp_server.doctor.report import checkup
    from noctule.lsp_server.settings import BadSettings, Settings

    settings, bad_settings = Settings(), None
    try:
        settings = Settings.load()
    except BadSettings as error:
        bad_settings = error
    repository, problem = None, None
    try:
        repository = open_repository(args)
    except NotADirectory:
        raise
    except NoctuleError as error:
        problem = error
    return checkup(repository, settings, problem, bad_settings)


def view(found: Checkup) -> RenderableType:
    """Return what is taken, then what was checked, then how many faults that makes."""
    from rich.console import Group  # not for --json
    from rich.table import Table
    from rich.text import Text

    taken = Table.grid(padding=(0, 2))
    for justify in ("left", "left", "right", "left", "left"):
        taken.add_column(justify=justify, no_wrap=justify == "right")
    for one in found.footprint:
        limit = f"of {told(one.limit, one.unit)}" if one.limit is not None else ""
        name, state = Text(one.name, style="bold"), Text(one.state, style=_COLOURS[one.state])
        taken.add_row(name, state, told(one.used, one.unit), limit, _with_fix(one.detail, one.fix))
    checked = Table.grid(padding=(0, 2))
    for check in found.checks:
        name, state = Text(check.name, style="bold"), Text(check.state, style=_COLOURS[check.state])
        checked.add_row(name, state, _with_fix(check.detail, check.fix))
    end = Text(f"{count(found.faults, 'fault')} found" if found.faults else "no fault found")
    end.stylize(_COLOURS["fault" if found.faults else "ok"])
    parts: list[RenderableType] = [taken, Text()] if found.footprint else []
    return Group(*parts, checked, Text(), end)


def _with_fix(detail: str, fix: str) -> RenderableType:
    from rich.text import Text

    text = Text(printable_line(detail), overflow="fold")
    if fix:
        text.append(f"{chr(10) if detail else ''}fix: {printable_line(fix)}", style="bold")
    return text


def told(amount: float | None, unit: str) -> str:
    """Return an amount as people read it; a hyphen where there is none."""
    if amount is None:
        return "-"
    match unit:
        case "bytes":
            return size(amount)
        case "s":
            return f"{amount:,.0f} s" if amount >= 10 or amount == int(amount) else f"{amount:.1f} s"
        case "dollars":
            return f"${amount:,.2f}"
    return f"{amount:,.0f}"
