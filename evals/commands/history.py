"""`noctule eval history`: a repository's own commits, its messages as tasks."""

from __future__ import annotations

import argparse
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

from noctule.evals.commands.execution import add_aider_option, add_run_options
from noctule.evals.commands.mined import export_at_one_base, mine_and_run, open_subject
from noctule.lsp_server.cli.arguments import add_command, add_path, add_revision, path, positive_number
from noctule.lsp_server.cli.exit_codes import Exit
from noctule.lsp_server.cli.terminal import Terminal

if TYPE_CHECKING:
    from noctule.evals.commands.mined import Miner
    from noctule.lsp_server.cli.arguments import Commands

_DESCRIPTION = """\
Ask for each of the newest commits what its message asks, at its parent, and hold the answers against what the commit
changed. Each task is asked twice: as the message was written, and with the names of what was changed taken out.
Merges, reverts, bots, mass edits, version bumps and changes to no existing source file are left out."""


def declare(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "history", run, "a repository's own commits", _DESCRIPTION)
    add_path(parser, "a git repository, or a folder in one")
    parser.add_argument(
        "--last", metavar="N", type=positive_number, default=100, help="how many commits to ask for (default: 100)"
    )
    parser.add_argument(
        "--since",
        metavar="DATE",
        type=day,
        help="only commits from this day on (2026-07-01), newer than a model's data",
    )
    parser.add_argument(
        "--export",
        metavar="FILE",
        type=path,
        help="write the masked tasks to FILE instead, one JSON object per line, for 'noctule eval agent'",
    )
    add_revision(parser)
    parser.add_argument(
        "--fit-tasks",
        metavar="FILE",
        type=path,
        help="the same, all at the commit before the oldest of them, for 'noctule eval fit'",
    )
    parser.add_argument(
        "--as-written",
        action="store_true",
        help="with --fit-tasks: messages as they were written, of commits alone whose message explains the change",
    )
    add_aider_option(parser)
    add_run_options(parser)


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Run the tasks and print the verdict, or write them to a file."""
    from functools import partial

    from noctule.evals.tasks.history import mine

    miner = partial(mine, since=args.since or 0, explained=args.as_written)
    if args.fit_tasks:
        return export_at_one_base(miner, args, terminal)
    return export(miner, args, terminal) if args.export else mine_and_run("history", miner, args, terminal)


def day(text: str) -> int:
    """Return when a day begins, in seconds since the epoch (UTC)."""
    try:
        return int(datetime.combine(date.fromisoformat(text), time(), UTC).timestamp())
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day such as 2026-07-01") from None


def export(mine: Miner, args: argparse.Namespace, terminal: Terminal) -> int:
    """Write masked tasks in SWE-bench form: the text without the names of what was changed, and the patch."""
    import json

    from noctule.lsp_server.text.numbers import count

    place, name, head = open_subject(args)
    mined = mine(place, name, head, args.last)
    tasks = [task for task in mined.tasks if task.masked]
    with Path(args.export).open("w", encoding="utf-8") as file:
        for task in tasks:
            row = {
                "instance_id": f"{name.replace('/', '__')}-{task.pair}",
                "repo": name,
                "base_commit": task.base,
                "created_at": task.created_at,
                "problem_statement": task.text,
                "patch": task.patch,
                "gold_files": list(task.gold_files or ()),
            }
            file.write(json.dumps(row) + "\n")
    terminal.write_line(f"Wrote {count(len(tasks), 'task')} of {count(mined.seen, 'commit')} to {args.export}")
    return Exit.OK
