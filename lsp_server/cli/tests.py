"""`noctule tests`: the tests that a change can break, the likeliest first."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from noctule.lsp_server.cli.arguments import add_command, add_json
from noctule.lsp_server.cli.changes import add_change, answer_review, say_no_change
from noctule.lsp_server.cli.exit_codes import Exit
from noctule.lsp_server.cli.terminal import Terminal
from noctule.lsp_server.text.single_tests import single_test_ids

if TYPE_CHECKING:
    from noctule.indexer.review.results import AffectedTest
    from noctule.lsp_server.cli.arguments import Commands

_DESCRIPTION = """\
Print the test files that a change can break, one on a line, those first that are likeliest to fail: tests that the
change edits, that use what it edits, that have the name of a changed file, or that use what uses it.

  noctule tests main | xargs -r pytest
  noctule tests --staged --run 'npx vitest run'"""


def declare(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "tests", run, "the tests that a change can break, likeliest first", _DESCRIPTION)
    add_change(parser)
    parser.add_argument(
        "--ids",
        action="store_true",
        help="print the ids of single tests where they are known: path::test for pytest, else the path",
    )
    parser.add_argument(
        "--run", dest="runner", metavar="COMMAND", help="run this command with them as its last arguments"
    )
    add_json(parser)
    parser.exclude("--json", "--run")
    parser.exclude("--json", "--ids")


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Print the tests, or run them."""
    review = answer_review(args, terminal, precision=None)
    if args.json:
        terminal.write_json(review)
        return Exit.OK
    named = [word for test in review.tests for word in _words(test, args)]
    if not named:
        terminal.remark("No test uses what this change edits." if review.files else say_no_change(review))
        return Exit.OK
    if args.runner is None:
        terminal.write("".join(f"{name}\n" for name in named))
        return Exit.OK
    import shlex
    import subprocess

    try:
        return subprocess.run([*shlex.split(args.runner), *named], check=False).returncode
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or error
        terminal.complain(f"cannot run {args.runner}: {why}")
        return Exit.FAILED


def _words(test: AffectedTest, args: argparse.Namespace) -> tuple[str, ...]:
    return single_test_ids(test.path, test.names) if args.ids else (test.path,)
