"""`noctule sleep`: index a repository now."""

from __future__ import annotations

import argparse
import os
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING

from noctule.indexer.errors import RepositoryError
from noctule.lsp_server.cli.arguments import add_command, add_json, add_path, add_revision, positive_number, seconds
from noctule.lsp_server.cli.exit_codes import Exit
from noctule.lsp_server.cli.layout import LabelledRow
from noctule.lsp_server.cli.progress import ProgressLine
from noctule.lsp_server.cli.share import pull_first
from noctule.lsp_server.cli.target import open_repository
from noctule.lsp_server.cli.terminal import Terminal
from noctule.lsp_server.cli.workspace import find_workspace
from noctule.lsp_server.text.numbers import count, duration, short, size

if TYPE_CHECKING:
    from noctule.indexer.errors import GitError
    from noctule.indexer.llm.reports import ThoughtOf
    from noctule.indexer.reports import SleepReport
    from noctule.indexer.serve.repository import Repository
    from noctule.lsp_server.cli.arguments import Commands

_DESCRIPTION = """\
Index the repository: symbols, references, history, and a forecast of changes. Only new contents are read. You can stop
it at any time; the next run continues. In a folder of several repositories, each of them is indexed."""

_SHOWN_FAILURES = 10
# A stage that took less is not worth its place in the line.
_SHOWN_STAGE_S = 0.05


def declare(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "sleep", run, "index a repository now", _DESCRIPTION)
    add_path(parser)
    add_revision(parser)
    parser.add_argument(
        "--for",
        dest="deadline_s",
        metavar="SECONDS",
        type=seconds,
        help="stop after about this many seconds; the next run continues",
    )
    parser.add_argument(
        "--scip",
        metavar="FILE",
        help="read uses from this SCIP index, also in later runs (default: index.scip in the top folder)",
    )
    models = parser.add_mutually_exclusive_group()
    models.add_argument(
        "--think",
        action="store_true",
        help="then let the configured model write notes, within its budget",
    )
    models.add_argument(
        "--dry-run",
        action="store_true",
        help="then show what --think would send, to whom, and what it would cost; nothing is sent",
    )
    parser.add_argument(
        "--most",
        metavar="SUBJECTS",
        type=positive_number,
        help="with --think: stop after this many subjects",
    )
    parser.need("--most", "--think")
    for option in ("--think", "--dry-run"):
        parser.exclude("--at", option)
    add_json(parser)


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Learn and report."""
    folder, members = find_workspace(args)
    if members:
        from noctule.lsp_server.cli.workspace_sleep import sleep_workspace

        return sleep_workspace(args, folder.resolve(), members, terminal, summary)
    repository = open_repository(args)
    asks_model = args.think or args.dry_run
    started = time.monotonic()
    _choose_index(args, repository)
    pull_first(repository, terminal)
    with ProgressLine(terminal) as progress:
        report = repository.sleep(progress, deadline_s=args.deadline_s)
    if not (args.json and asks_model):
        terminal.write_json(report) if args.json else terminal.show(summary(report))
    if not report.complete and args.deadline_s is None:
        raise KeyboardInterrupt  # the work gave way to Ctrl-C after saving; the outermost loop says how to go on
    if report.unread:
        raise unread_history(report)
    if args.dry_run:
        return _dry(args, repository, terminal)
    return _think(args, repository, terminal, started) if args.think else Exit.OK


def _choose_index(args: argparse.Namespace, repository: Repository) -> None:
    """Keep which SCIP index the user named, here or in the settings. RepositoryError where the named one is no file."""
    from noctule.lsp_server.settings_sources import are_given

    if args.scip:
        _require_file(args.scip)
        file = os.path.join(os.path.realpath(os.path.dirname(args.scip) or "."), os.path.basename(args.scip))  # noqa: PTH118,PTH119,PTH120
        repository.choose_scip(
            os.path.relpath(file, repository.root) if file.startswith(f"{repository.root}/") else file
        )
    elif are_given():
        from noctule.lsp_server.settings import Settings  # most users have none, and would wait for it

        if name := Settings.load().sleep.scip:
            repository.choose_scip(name)


def _require_file(name: str) -> None:
    """Refuse an index that cannot be read before anything is learned. RepositoryError."""
    try:
        reason = "" if stat.S_ISREG(Path(name).stat().st_mode) else "not a regular file"
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
    if reason:
        raise RepositoryError(
            f"cannot read the SCIP index {name}: {reason}", "name the index that scip-python or another indexer wrote"
        )


def _dry(args: argparse.Namespace, repository: Repository, terminal: Terminal) -> int:
    """Say what thinking would send."""
    from threading import Event

    from noctule.indexer.background.think_session import dry_run
    from noctule.indexer.llm.key import Key
    from noctule.indexer.think.job import JobContext
    from noctule.lsp_server.cli.model_text import dry_lines
    from noctule.lsp_server.settings import Settings

    settings = Settings.load()
    with ProgressLine(terminal) as progress:
        told = dry_run(repository, JobContext(settings.model, Key(), settings.limits, Event()), progress)
    if args.json:
        terminal.write_json(told)
    else:
        terminal.show(map(LabelledRow, dry_lines(told)))
    return Exit.OK


def _think(args: argparse.Namespace, repository: Repository, terminal: Terminal, started: float) -> int:
    """Let the model think, and print the result of each subject when it has ended."""
    from threading import Event

    from noctule.indexer.background.think_session import Session
    from noctule.indexer.llm.key import Key
    from noctule.indexer.llm.worker_client import WorkerClient
    from noctule.indexer.think.job import JobContext
    from noctule.lsp_server.cli.interrupt import stop_on_interrupt
    from noctule.lsp_server.cli.model_text import outcome_line, report_lines
    from noctule.lsp_server.settings import Settings

    settings, key, stop = Settings.load(), Key.of_environment(), Event()
    worker = WorkerClient(settings.model, key, repository.folder)
    means = JobContext(settings.model, key, settings.limits, stop, worker)

    def report_subject(thought: ThoughtOf) -> None:
        if not args.json:
            terminal.show([LabelledRow(outcome_line(thought))])

    try:
        with ProgressLine(terminal) as progress, stop_on_interrupt(stop):
            session = Session(repository, means, progress, report_subject)
            report = session.run(None if args.deadline_s is None else started + args.deadline_s, args.most)
    finally:
        worker.close()
    if args.json:
        terminal.write_json(report)
    else:
        terminal.show(map(LabelledRow, report_lines(report, time.time())))
    if session.fault is not None:
        raise session.fault
    return Exit.OK


def unread_history(report: SleepReport) -> GitError:
    """Return the error that says that only the files were indexed."""
    from noctule.indexer.errors import GitError  # help must not wait for it

    advice = "the files are indexed; run `git fsck` in the repository to see what is missing"
    return GitError(f"the history could not be read: {report.unread}", advice)


def summary(report: SleepReport) -> list[LabelledRow]:
    """Return the result of a run in a few lines."""
    revision = "the files" if report.revision is None else short(report.revision)
    where = f"{revision}{' with uncommitted changes' if report.dirty and report.revision is not None else ''}"
    if report.parsed_blobs or report.commits_read:
        read = f"{count(report.parsed_blobs, 'file')} read, {report.known_blobs:,} unchanged"
        commits = f"{count(report.commits_read, 'commit')} read, {report.commits_known:,} unchanged"
        lines = [f"Indexed {where}: {read}; {commits}"]
    elif not report.complete:
        lines = [f"Stopped before anything was read at {where}"]
    else:
        at = "in" if report.revision is None else "at"
        files, commits = count(report.known_blobs, "file"), count(report.commits_known, "commit")
        lines = [f"Nothing new {at} {where}: {files} and {commits} are up to date"]
    total = report.seconds.get("total", 0.0)
    stages = [
        f"{stage} {duration(s)}" for stage, s in report.seconds.items() if stage != "total" and s > _SHOWN_STAGE_S
    ]
    spent = f"{duration(total)}{' (' + ', '.join(stages) + ')' if stages else ''}"
    peak = f", {size(report.peak_memory_bytes)} of memory" if report.peak_memory_bytes else ""
    lines.append(f"  in {spent}{peak}")
    if report.failed:
        lines.append(f"  {count(len(report.failed), 'file')} could not be parsed:")
        lines += [f"    {path}: {why}" for path, why in sorted(report.failed.items())[:_SHOWN_FAILURES]]
        if len(report.failed) > _SHOWN_FAILURES:
            lines.append(f"    and {len(report.failed) - _SHOWN_FAILURES:,} more (`noctule status` lists them)")
    if not report.complete:
        lines.append("  Not finished; the next `noctule sleep` continues.")
    return [LabelledRow(line) for line in lines]
