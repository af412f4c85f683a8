"""`noctule eval review`: hints at forgotten files on past changes, beside co-change alone."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from noctule.indexer.printable import printable_line
from noctule.lsp_server.cli.arguments import add_command, add_revision, path, positive_number, share
from noctule.lsp_server.cli.exit_codes import Exit
from noctule.lsp_server.cli.terminal import Terminal

if TYPE_CHECKING:
    from noctule.evals.experiments.review import ReviewOutcome
    from noctule.lsp_server.cli.arguments import Commands

_DESCRIPTION = """\
Try the hints of `noctule review` at forgotten files on past changes of each repository: one file is taken out of each
change of several, and is it named? Complete changes show how often a hint would be wrong. Reads histories only."""


def declare(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "review", run, "are forgotten files found, at how many false alarms?", _DESCRIPTION)
    parser.add_argument("paths", metavar="PATH", nargs="+", type=path, help="a git repository")
    parser.add_argument(
        "--last", metavar="N", type=positive_number, default=600, help="over how many changes (default: 600)"
    )
    parser.add_argument(
        "--precision", metavar="SHARE", type=share, default=0.8, help="as of `noctule review` (default: 0.8)"
    )
    result = parser.add_mutually_exclusive_group()
    result.add_argument("--fit", action="store_true", help="print the weights that these repositories give instead")
    result.add_argument("--json", action="store_true", help="print one JSON document")
    add_revision(parser)


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Replay and print."""
    from noctule.evals.commands.mined import open_subject
    from noctule.evals.experiments.review import fit_weights, measure
    from noctule.indexer.files.git import Git
    from noctule.indexer.history.history import History
    from noctule.indexer.history.line_counts import LineCounts, read_line_counts
    from noctule.indexer.history.log import read

    def load(where: str) -> tuple[str, History, LineCounts]:
        place, name, head = open_subject(argparse.Namespace(path=where, at=args.at))
        git = Git(place)
        return (
            name,
            History.of(read(git, head, exact_renames=place.partial)),
            read_line_counts(git, head, 3 * args.last),
        )

    if args.fit:
        weights, bias = fit_weights((load(where)[1:] for where in args.paths), args.last)
        terminal.write_line(json.dumps({"weights": weights, "bias": bias}))
        return Exit.OK
    outcomes: dict[str, ReviewOutcome] = {}
    for where in args.paths:
        name, history, lines = load(where)
        outcomes[name] = measure(history, lines, args.precision, args.last)
        if not args.json:
            terminal.write_line(printable_line(f"{name}: {_line(outcomes[name], args.precision)}"))
    if args.json:
        terminal.write_line(json.dumps({name: asdict(outcome) for name, outcome in outcomes.items()}))
    elif len(outcomes) > 1:
        ours, plain = (
            sum(getattr(o, kind) for o in outcomes.values()) / len(outcomes) for kind in ("recall", "plain_recall")
        )
        terminal.write_line(f"mean of {len(outcomes)}: {ours:.1%} found, {plain:.1%} by co-change alone")
    return Exit.OK


def _line(outcome: ReviewOutcome, precision: float) -> str:
    asked = outcome.asked
    own = (
        f"asked for {precision:.0%}: {asked.recall:.1%} found, {asked.precision:.0%} right, {asked.alarms:.1f} alarms"
        if asked is not None
        else f"asked for {precision:.0%}: silent"
    )
    return (
        f"{outcome.changes} changes, {outcome.lacking} with one file taken out; at most 5 alarms in 100 complete: "
        f"{outcome.recall:.1%} found, {outcome.precision:.0%} right (co-change alone {outcome.plain_recall:.1%}, "
        f"{outcome.plain_precision:.0%}); {own}"
    )
