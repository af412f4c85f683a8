"""`noctule eval tuning`: what a repository's own weights add to the tasks that came after they were fitted."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from noctule.lsp_server.cli.arguments import add_command, add_revision, path, positive_number
from noctule.lsp_server.cli.exit_codes import Exit
from noctule.lsp_server.cli.terminal import Terminal, printable_line

if TYPE_CHECKING:
    from noctule.lsp_server.cli.arguments import Commands

_DESCRIPTION = """\
Fit each repository's own ranking weights as they would have been fitted before its newest changes, as 'noctule sleep
--tune' does, and ask what the messages of those changes ask, with the weights that all repositories share and with the
repository's own: as written, and with the names of the changed files taken out."""


def declare(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "tuning", run, "a repository's own weights against shared ones", _DESCRIPTION)
    parser.add_argument("paths", metavar="PATH", nargs="+", type=path, help="a git repository")
    parser.add_argument(
        "--last", metavar="N", type=positive_number, default=150, help="how many later changes (default: 150)"
    )
    add_revision(parser)
    parser.add_argument("--cache", metavar="DIR", help="where it keeps what it learns (default: in noctule's cache)")


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Tune, judge and print."""
    from noctule.evals.commands.mined import subject_of
    from noctule.evals.experiments.tuning import Tuned, lines, replay, together
    from noctule.indexer.store.store import cache_folder
    from noctule.lsp_server.cli.progress import ProgressLine

    cache = Path(args.cache) if args.cache else cache_folder() / "evals" / "tuning"
    tuned: list[Tuned] = []
    for where in args.paths:
        place, name, head = subject_of(argparse.Namespace(path=where, at=args.at))
        with ProgressLine(terminal) as progress:
            tuned.append(replay(place, name, head, args.last, cache, progress))
        terminal.write("".join(f"{printable_line(line)}\n" for line in lines(tuned[-1])))
    if len(tuned) > 1:
        terminal.write("".join(f"{printable_line(line)}\n" for line in together(tuned)))
    return Exit.OK
