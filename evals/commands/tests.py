"""`noctule eval tests`: the affected tests that are named, beside those that a coverage run saw."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from noctule.lsp_server.cli.arguments import add_command, add_json, add_path, positive_number
from noctule.lsp_server.cli.exit_codes import Exit
from noctule.lsp_server.cli.terminal import Terminal

if TYPE_CHECKING:
    from noctule.lsp_server.cli.arguments import Commands

_DESCRIPTION = """\
Which of the truly affected tests does `noctule tests` name, and how many tests would it have you run? The truth is a
coverage run with one context for each test, which you make first, since it runs the code of the repository:

  pytest --cov --cov-context=test"""


def declare(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "tests", run, "are the affected tests named, at how many run?", _DESCRIPTION)
    add_path(parser)
    parser.add_argument(
        "--coverage", metavar="FILE", type=Path, help="the database of the run (default: .coverage in the repository)"
    )
    parser.add_argument(
        "--most", metavar="N", type=positive_number, default=500, help="edit at most N functions (default: 500)"
    )
    add_json(parser)


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Measure and print."""
    from noctule.evals.experiments.affected_tests import measure, read_coverage
    from noctule.indexer.errors import BadTask
    from noctule.indexer.serve.repository import Repository

    with Repository.open(Path(args.path)) as repository:
        executed = read_coverage(args.coverage or repository.root / ".coverage", repository.root)
        if not repository.knows():
            repository.sleep()
        outcome = measure(repository.reader.ground, executed, args.most)
    if outcome is None:
        raise BadTask("no test of this coverage run executed a function that is indexed", "run it in this folder")
    if args.json:
        terminal.write_line(json.dumps(asdict(outcome)))
        return Exit.OK
    terminal.write_line(
        f"{outcome.functions} functions edited, one at a time; {outcome.test_files} test files, "
        f"{outcome.affected:.1%} of them execute the function: {outcome.found:.1%} of these are named, "
        f"{outcome.found_first:.1%} in the first quarter; {outcome.run:.1%} of all would be run"
    )
    return Exit.OK
