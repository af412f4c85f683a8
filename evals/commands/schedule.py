"""`noctule eval schedule`: the order in which a cold repository is read, held against what its past asked for next."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from noctule.evals.commands.execution import run_folder_path, typed_command
from noctule.indexer.printable import printable_line
from noctule.lsp_server.cli.arguments import add_command, add_revision, path, positive_number
from noctule.lsp_server.cli.exit_codes import Exit
from noctule.lsp_server.cli.terminal import Terminal

if TYPE_CHECKING:
    from noctule.lsp_server.cli.arguments import Commands

_DESCRIPTION = """\
Go back to points in the past of each repository, where nothing is known yet, and read the files of that commit one by
one: in the order that noctule reads them in, and in others. How much of the next changes' files is ready after how
many CPU seconds?"""


def declare(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "schedule", run, "orders of background work, by what changed next", _DESCRIPTION)
    parser.add_argument("paths", metavar="PATH", nargs="+", type=path, help="a git repository")
    parser.add_argument(
        "--last", metavar="N", type=positive_number, default=1000, help="over how many changes (default: 1000)"
    )
    parser.add_argument(
        "--changes", metavar="N", type=positive_number, default=50, help="how many changes come next (default: 50)"
    )
    add_revision(parser)
    parser.add_argument("--out", metavar="DIR", help="where to write (default: a folder in noctule's cache folder)")


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Replay, write the report and print the verdict."""
    from noctule.evals.commands.mined import open_subject
    from noctule.evals.errors import RunError
    from noctule.evals.experiments.schedule import Point, replay
    from noctule.evals.report import html, markdown
    from noctule.evals.report.schedule import page, together, verdict
    from noctule.lsp_server.cli.progress import ProgressLine

    replayed: dict[str, list[Point]] = {}
    with ProgressLine(terminal) as progress:
        for where in args.paths:
            place, name, head = open_subject(argparse.Namespace(path=where, at=args.at))
            replayed[name] = list(replay(place, head, args.last, progress, args.changes))
    content = page(replayed, args.changes, typed_command())
    out = run_folder_path(args, f"schedule-{'-'.join(replayed)}"[:100])
    try:
        out.mkdir(parents=True, exist_ok=True)
        for file, text in (("report.html", html.render(content)), ("report.md", markdown.render(content))):
            (out / file).write_text(text, encoding="utf-8", errors="backslashreplace")
        if (plot := together(replayed)) is not None:
            (out / "schedule.svg").write_text(plot.svg, encoding="utf-8")
    except OSError as error:
        raise RunError(f"cannot write the report to {out}: {error.strerror or error}", "name another --out") from error
    terminal.write("".join(f"{line}\n" for line in verdict(replayed)))
    terminal.write_line(printable_line(f"Written: {out / 'report.html'} and {out / 'report.md'}"))
    return Exit.OK
