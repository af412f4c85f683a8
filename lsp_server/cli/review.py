"""`noctule review`: what a change forgot, whom it may break, and which tests to run."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from noctule.lsp_server.cli.arguments import add_command, add_json, share
from noctule.lsp_server.cli.changes import add_change, answer_review, name_head, say_no_change
from noctule.lsp_server.cli.exit_codes import Exit
from noctule.lsp_server.cli.layout import BOLD, DIM, LabelledRow
from noctule.lsp_server.cli.target import remark_freshness
from noctule.lsp_server.cli.terminal import Terminal
from noctule.lsp_server.text.finding_groups import NOTHING_FOUND, group_findings
from noctule.lsp_server.text.numbers import count, percent, short

if TYPE_CHECKING:
    from noctule.indexer.review.results import Review
    from noctule.lsp_server.cli.arguments import Commands

_DESCRIPTION = """\
Hold a change against the history and the references of this repository: files that such changes usually also touch and
this one does not, code outside of the change that uses what it edits or removes, and the tests that it can break.

A file is named as forgotten only where such hints were right often enough on past changes of this repository."""

LEVELS = ("note", "warning")
_SHOWN_TESTS = 10
_HEADINGS = {
    "forgotten": "Probably forgotten",
    "removed": "Removed, and still used",
    "caller": "Uses of what has another signature now",
}


def declare(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "review", run, "what a change forgot, what it may break, which tests", _DESCRIPTION)
    add_change(parser)
    parser.add_argument(
        "--precision",
        metavar="SHARE",
        type=share,
        default=0.8,
        help="name a forgotten file only where this share of such hints was right on past changes (default: 0.8)",
    )
    parser.add_argument(
        "--fail-on", choices=LEVELS, help="exit with code 4 where there is a warning, or a note or warning"
    )
    instead = parser.add_mutually_exclusive_group()
    add_json(instead)
    instead.add_argument("--sarif", action="store_true", help="print SARIF 2.1.0, for code scanning")
    instead.add_argument("--markdown", action="store_true", help="print Markdown, for a comment")
    instead.add_argument("--github", action="store_true", help="print annotations for GitHub Actions")


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Print the review."""
    review = answer_review(args, terminal, args.precision)
    if args.json:
        terminal.write_json(review)
    elif args.sarif or args.markdown or args.github:
        from noctule.lsp_server.text import review_formats

        write = (
            review_formats.sarif if args.sarif else review_formats.markdown if args.markdown else review_formats.github
        )
        terminal.write(write(review))
    else:
        remark_freshness(review.freshness, terminal)
        terminal.show(rows(review))
    worst = max((LEVELS.index(finding.level) for finding in review.findings), default=-1)
    return Exit.FOUND if args.fail_on is not None and worst >= LEVELS.index(args.fail_on) else Exit.OK


def rows(review: Review) -> Iterator[LabelledRow]:
    """Yield the review as lines."""
    edited = f"{count(len(review.files), 'file')}, {count(review.definitions, 'definition')}"
    unread = f"{count(len(review.unread), 'file')} that noctule does not read" if review.unread else ""
    if not review.files:
        span = f"from {short(review.base)} to {name_head(review)}"
        yield LabelledRow(f"Only {unread} changed {span}." if unread else say_no_change(review))
        return
    edited += f", and {unread}," if unread else ""
    yield LabelledRow(f"{edited} changed from {short(review.base)} to {name_head(review)}.")
    for kind, heading in _HEADINGS.items():
        found = [finding for finding in review.findings if finding.kind == kind]
        if found:
            yield LabelledRow("")
            yield LabelledRow(heading, style=BOLD)
        for group in group_findings(found):
            for finding in group.shown:
                place = finding.path if finding.line is None else f"{finding.path}:{finding.line}"
                yield LabelledRow(place, "  ")
                commits = f" ({', '.join(map(short, finding.commits))})" if finding.commits else ""
                yield LabelledRow(f"{finding.message}{commits}", "    ", style=DIM)
            if group.more:
                yield LabelledRow(f"{group.more}; `--json` lists all", "  ", style=DIM)
    if not review.findings:
        yield LabelledRow(NOTHING_FOUND if review.withheld is None else "No findings.")
    if review.tests:
        yield LabelledRow("")
        all_of = f" ({_SHOWN_TESTS} of {len(review.tests)}; `noctule tests` lists all)"
        more = all_of if len(review.tests) > _SHOWN_TESTS else ""
        yield LabelledRow(f"Tests to run{more}", style=BOLD)
        for reason, tests in groupby(review.tests[:_SHOWN_TESTS], key=lambda test: test.reasons[0]):
            yield from (LabelledRow(test.path, "  ") for test in tests)
            yield LabelledRow(reason, "    ", style=DIM)
    yield LabelledRow("")
    yield LabelledRow(track_record(review), style=DIM)


def track_record(review: Review) -> str:
    """Say how hints at forgotten files did on past changes, or why there are none."""
    if review.withheld is not None:
        return f"Forgotten files: {review.withheld}."
    record = review.record
    return (
        f"Forgotten files: on {record.trials} past changes with one file taken out, {percent(record.precision)} of the "
        f"hints were right and {percent(record.recall)} of the files were found; {record.alarms:.0f} of 100 complete "
        "changes got a hint."
    )
