"""`noctule doctor`: check the set-up."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from noctule.lsp_server.cli.arguments import add_command, add_json, add_path
from noctule.lsp_server.cli.exit_codes import Exit
from noctule.lsp_server.cli.layout import BOLD, GREEN, RED, YELLOW, LabelledRow
from noctule.lsp_server.cli.target import open_repository
from noctule.lsp_server.cli.terminal import Terminal
from noctule.lsp_server.text.numbers import count, size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from noctule.indexer.reports import Checkup
    from noctule.lsp_server.cli.arguments import Commands

_DESCRIPTION = """\
Check the set-up: resource use against limits (memory, file watches, open files, disk, CPU and model spending today)
and missing requirements. Each fault comes with a fix. Nothing is changed."""

_COLOURS = {"ok": GREEN, "remark": YELLOW, "fault": RED}
_SHOWN = {"ok": "ok", "remark": "note", "fault": "FAULT"}


def declare(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "doctor", run, "check the set-up: resource use, missing requirements", _DESCRIPTION)
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
    """Check everything; only a path that is not a directory is an error, as for every command."""
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


def view(found: Checkup) -> Iterator[LabelledRow]:
    """Yield resource use, then the checks, then the number of faults."""
    for one in found.footprint:
        limit = f"of {format_amount(one.limit, one.unit)}" if one.limit is not None else ""
        yield from _row(one.name, one.state, f"{format_amount(one.used, one.unit):>7} {limit:<13}", one.detail, one.fix)
    if found.footprint:
        yield LabelledRow("")
    for check in found.checks:
        yield from _row(check.name, check.state, "", check.detail, check.fix)
    yield LabelledRow("")
    end = f"{count(found.faults, 'fault')} found" if found.faults else "no fault found"
    yield LabelledRow(end, style=_COLOURS["fault" if found.faults else "ok"])


def _row(name: str, state: str, figures: str, detail: str, fix: str) -> Iterator[LabelledRow]:
    label = f"{name:<14}  {_SHOWN[state]:<5}  "
    yield LabelledRow(f"{figures} {detail}" if figures else detail, label, label_style=_COLOURS[state])
    if fix:
        yield LabelledRow(f"fix: {fix}", " " * len(label), style=BOLD)


def format_amount(amount: float | None, unit: str) -> str:
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
