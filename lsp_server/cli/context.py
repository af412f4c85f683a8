"""`noctule context`: what to read for a task, within a token budget."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from noctule.indexer.defaults import BUDGET_TOKENS, RANKED_FILES
from noctule.lsp_server.cli.arguments import (
    add_command,
    add_json,
    add_no_service,
    add_path,
    add_revision,
    positive_number,
    whole_number,
)
from noctule.lsp_server.cli.exit_codes import Exit
from noctule.lsp_server.cli.service_client import offers_task
from noctule.lsp_server.cli.target import (
    CommandSite,
    go_on_from_first_look,
    is_path,
    note,
    open_for_task,
    remark_freshness,
)
from noctule.lsp_server.cli.terminal import Terminal
from noctule.lsp_server.cli.workspace import open_workspace, show_context
from noctule.lsp_server.text.numbers import count, short
from noctule.lsp_server.text.printable import printable

if TYPE_CHECKING:
    from noctule.indexer.results import Pack
    from noctule.indexer.serve.repository import Repository
    from noctule.lsp_server.cli.arguments import Commands

MOST_BYTES = 4_000_000
"""A task is read no further: a device has no end, and of an issue the first 200,000 characters count."""
_DESCRIPTION = """\
Print what to read for a task: the likely files and functions with their source lines, within a token budget. If too
little fits the task, it says so. The first answer about a large repository that was never indexed is a first look: it
searches all files for words of the task and reads the likeliest. Any other that is not indexed yet is indexed first.

An argument that is an existing directory is PATH; any other is TASK. Without a task, noctule reads one from standard
input if that is a file or a pipe with text in it; else it guesses one from the branch name, the changed files and the
latest commits."""


def declare(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "context", run, "what to read for a task, within a token budget", _DESCRIPTION)
    add_path(parser)
    parser.add_argument("text", metavar="TASK", nargs="?", help="the task: an issue, a commit message, a question")
    task = parser.add_mutually_exclusive_group()
    task.add_argument("--task", metavar="TEXT", help="the task, also if a directory has that name")
    task.add_argument("--task-file", metavar="FILE", help="read the task from this file; - is standard input")
    parser.exclude("TASK", "--task")
    parser.exclude("TASK", "--task-file")
    parser.add_argument(
        "--budget",
        metavar="TOKENS",
        type=whole_number,
        default=BUDGET_TOKENS,
        help=f"most tokens of the text (default: {BUDGET_TOKENS})",
    )
    parser.add_argument(
        "--files",
        metavar="K",
        type=positive_number,
        default=RANKED_FILES,
        help=f"most files of the answer (default: {RANKED_FILES})",
    )
    add_revision(parser)
    add_json(parser)
    add_no_service(parser)


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Answer the task."""
    if args.text is None and args.task is None and args.task_file is None and not is_path(args.path, args):
        args.path, args.text = ".", args.path
    task = read_task(args)
    if task is None and CommandSite.of(args).opened is None and offers_task():
        args.task_file = "-"
        task = read_task(args)
        if task is not None and task.strip():
            terminal.remark("The task is what standard input says.")
        else:
            task = None
    with open_workspace(args, terminal) as workspace:
        if workspace is not None:
            return show_context(args, task, workspace, terminal)
    repository = open_for_task(args, terminal, task)
    started = time.perf_counter()
    pack = _likely(repository, args) if task is None else repository.context(task, args.budget, args.files)
    took_ms = 1000 * (time.perf_counter() - started)
    if args.json:
        terminal.write_json(pack)
    else:
        if pack.assumed:
            terminal.remark(f"No task given; answering the likeliest one: {printable(pack.assumed)}")
        terminal.remark(header(pack))
        remark_freshness(pack.freshness, terminal)
        if pack.text:
            text = printable(pack.text)
            terminal.write(text if text.endswith("\n") else f"{text}\n")
        elif not pack.abstained:
            terminal.remark(f"Nothing of it fits in {count(args.budget, 'token')}; give --budget more.")
    note(args, repository, pack, took_ms)
    if pack.freshness.is_first_look:
        go_on_from_first_look(repository, terminal)
    return Exit.OK


def _likely(repository: Repository, args: argparse.Namespace) -> Pack:
    pack = repository.likely(args.budget, args.files) if args.at is None else None
    if pack is None:
        from noctule.indexer.errors import BadTask  # only for this rare path

        raise BadTask("no task given, and nothing here hints at one", "try: noctule context 'what is to be done'")
    return pack


def read_task(args: argparse.Namespace) -> str | None:
    """Return the task's text, if one is given; bytes that are not UTF-8 become replacement characters. BadTask."""
    given: str | None = args.task if args.task is not None else args.text
    if given is None and args.task_file is None:
        return None
    if given is not None:
        return given.encode(errors="surrogateescape").decode(errors="replace")
    read = CommandSite.of(args).given
    if read is not None:
        return read[:MOST_BYTES].decode("utf-8-sig", errors="replace")
    if args.task_file == "-":
        return sys.stdin.buffer.read(MOST_BYTES).decode("utf-8-sig", errors="replace") if sys.stdin is not None else ""
    try:
        with Path(args.task_file).open("rb") as file:
            return file.read(MOST_BYTES).decode("utf-8-sig", errors="replace")
    except OSError as error:
        from noctule.indexer.errors import BadTask  # only for this rare path

        reason = error.strerror or str(error)
        raise BadTask(
            f"cannot read the task from {args.task_file}: {reason}", "name a readable file, or - for standard input"
        ) from error


def header(pack: Pack) -> str:
    """Return one line with the contents of the pack and its cost."""
    listed = ((pack.files, "file"), (pack.symbols, "symbol"), (pack.claims, "fact"))
    found = ", ".join(count(len(values), noun) for values, noun in listed)
    if pack.abstained:
        found = "too little in this repository fits the task"
    where = f"{short(pack.revision)}{' with uncommitted changes' if pack.dirty else ''}"
    spent = f"{pack.tokens:,} of {pack.budget_tokens:,} tokens ({pack.tokenizer})"
    took = f", {pack.elapsed_ms['total']:.0f} ms" if "total" in pack.elapsed_ms else ""
    return f"{where}: {found}; {spent}{took}"
