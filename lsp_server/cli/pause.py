"""`noctule pause`: pause background work, for a while or until it is resumed."""

from __future__ import annotations

import argparse
import math
import re
import time
from typing import TYPE_CHECKING

from noctule.indexer.printable import printable_line
from noctule.lsp_server.cli.arguments import add_command, add_json, add_path
from noctule.lsp_server.cli.exit_codes import Exit
from noctule.lsp_server.cli.target import open_repository
from noctule.lsp_server.cli.terminal import Terminal

if TYPE_CHECKING:
    from noctule.lsp_server.cli.arguments import Commands

_DESCRIPTION = """\
Pause background work for the repository and all its work trees. Questions are still answered, and edited files are
still indexed."""

_LENGTH = r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?"
_LONGEST_S = 366 * 86_400.0


def declare(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "pause", run, "pause background work", _DESCRIPTION)
    add_path(parser)
    parser.add_argument(
        "--for",
        dest="length_s",
        metavar="LENGTH",
        type=length,
        help="how long: 45m, 2h, 1d, 1h30m, or seconds (default: until 'noctule resume')",
    )
    add_json(parser)


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Pause, and say until when."""
    from noctule.indexer.reports import Paused  # help and usage errors must not wait for these
    from noctule.indexer.runtime.pause import pause, pause_text

    repository = open_repository(args)
    until = None if args.length_s is None else math.ceil(time.time() + args.length_s)
    pause(repository.folder, until)
    if args.json:
        terminal.write_json(Paused(str(repository.folder), True, until))
    else:
        terminal.write_line(printable_line(f"{repository.root}: {pause_text(repository.folder)}"))
    return Exit.OK


def length(text: str) -> float:
    """Return a length of time in seconds, above 0 and up to a year."""
    match = re.fullmatch(_LENGTH, text.strip(), re.IGNORECASE) if len(text) <= 40 else None
    parts = [int(part or 0) for part in match.groups()] if match is not None else [0]
    seconds = sum(part * unit for part, unit in zip(parts, (86_400.0, 3600.0, 60.0, 1.0), strict=False))
    if not 0 < seconds <= _LONGEST_S:
        raise argparse.ArgumentTypeError(
            f"{printable_line(text[:40])!r} is not a length of time such as 45m, 2h or 1h30m"
        )
    return seconds
