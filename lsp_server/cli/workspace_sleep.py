"""`noctule sleep` in a workspace: each of its repositories in turn, then what changes together across them."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from noctule.indexer.printable import printable_line
from noctule.lsp_server.cli.exit_codes import Exit
from noctule.lsp_server.cli.layout import BOLD, LabelledRow
from noctule.lsp_server.cli.progress import ProgressLine
from noctule.lsp_server.cli.share import pull_first
from noctule.lsp_server.cli.terminal import Terminal
from noctule.lsp_server.cli.workspace import refuse_workspace
from noctule.lsp_server.text.numbers import count

if TYPE_CHECKING:
    from noctule.indexer.reports import SleepReport
    from noctule.indexer.results import Progress
    from noctule.indexer.serve.workspace_results import WorkspaceMember

Summary = Callable[["SleepReport"], list[LabelledRow]]


def sleep_workspace(
    args: argparse.Namespace, folder: Path, members: Sequence[WorkspaceMember], terminal: Terminal, summary: Summary
) -> int:
    """Index each repository of a workspace and report; one that cannot be indexed does not stop the others."""
    from noctule.indexer.errors import NoctuleError
    from noctule.indexer.learn.joint_changes import learn_joint_changes
    from noctule.indexer.serve.workspace_results import MemberSleep, WorkspaceSleep

    _refuse_single_options(args, folder, members)
    deadline = None if args.deadline_s is None else time.monotonic() + args.deadline_s
    reports: list[MemberSleep] = []
    failed: dict[str, str] = {}
    for number, member in enumerate(members, 1):
        where = f"{printable_line(member.name)} ({number} of {len(members)})"
        try:
            report = _sleep_member(member, where, deadline, terminal)
        except NoctuleError as error:
            failed[member.name] = str(error)
            terminal.remark(f"{where} cannot be indexed: {error}{f'; {error.advice}' if error.advice else ''}")
            continue
        reports.append(MemberSleep(member.name, report))
        if not args.json:
            terminal.show([LabelledRow(member.name, label_style=BOLD), *summary(report)])
        if not report.complete and deadline is None:
            raise KeyboardInterrupt  # as for one repository
        if report.unread:
            terminal.remark(f"{where}: the history could not be read: {report.unread}")
    learned = learn_joint_changes(folder, {member.name: Path(member.root) for member in members})
    expected = sum(len(joint.rules) for joint in learned.rules.values())
    if args.json:
        terminal.write_json(WorkspaceSleep(str(folder), tuple(reports), failed, expected))
    else:
        terminal.show(map(LabelledRow, _closing(len(members), len(failed), expected)))
    return Exit.FAILED if failed or any(one.report.unread for one in reports) else Exit.OK


def _sleep_member(member: WorkspaceMember, where: str, deadline: float | None, terminal: Terminal) -> SleepReport:
    from noctule.indexer.serve.repository import Repository

    with Repository.open(member.root) as repository:
        pull_first(repository, terminal)
        with ProgressLine(terminal) as progress:

            def show(done: Progress) -> None:
                progress(done._replace(stage=f"{where}: {done.stage}"))

            left_s = None if deadline is None else max(deadline - time.monotonic(), 0.0)
            return repository.sleep(show, deadline_s=left_s)


def _refuse_single_options(args: argparse.Namespace, folder: Path, members: Sequence[WorkspaceMember]) -> None:
    """Raise BadTask for options that are about a single repository."""
    given = [
        name
        for name, is_given in (("--scip", args.scip), ("--think", args.think), ("--dry-run", args.dry_run))
        if is_given
    ]
    if given:
        more = "" if "--scip" in given else f", or try: noctule fleet sleep {folder} --budget-dollars 5"
        refuse_workspace(given[0], folder, members, more)


def _closing(members: int, failed: int, expected: int) -> list[str]:
    lines = [f"{count(members - failed, 'repository')} up to date{f', {failed} failed' if failed else ''}"]
    if expected:
        lines.append(f"  {count(expected, 'pair')} of files in two repositories that change together")
    return lines
