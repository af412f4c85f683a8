"""`noctule workspace`: which repositories a folder answers over; and the answers of the other commands over them."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from noctule.indexer.printable import printable_line
from noctule.lsp_server.cli.arguments import add_command, add_json, did_you_mean, path
from noctule.lsp_server.cli.exit_codes import Exit
from noctule.lsp_server.cli.layout import BOLD, LabelledRow, table
from noctule.lsp_server.cli.target import CommandSite, index_if_unknown
from noctule.lsp_server.cli.terminal import Terminal
from noctule.lsp_server.text.numbers import count, percent
from noctule.lsp_server.text.printable import printable
from noctule.lsp_server.text.silent_members import split_silent

if TYPE_CHECKING:
    from noctule.indexer.reports import Status
    from noctule.indexer.results import Note
    from noctule.indexer.serve.workspace import Workspace
    from noctule.indexer.serve.workspace_members import MemberThread
    from noctule.indexer.serve.workspace_results import WorkspaceList, WorkspaceMember, WorkspacePack
    from noctule.lsp_server.cli.arguments import Commands

_DESCRIPTION = """\
A folder that holds several repositories, or a repository with submodules, is a workspace: 'noctule context', 'notes'
and 'predict' answer over all of them. They are found by themselves; add or remove what is not found as you want it."""


def declare(commands: Commands) -> None:
    """Add the command with its subcommands."""
    workspace = commands.add_parser("workspace", help="several repositories as one", description=_DESCRIPTION)
    subcommands = workspace.add_subparsers(title="subcommands", metavar="SUBCOMMAND", required=True)
    listing = add_command(subcommands, "list", _list, "show the repositories of a folder", _DESCRIPTION)
    listing.add_argument("folder", metavar="PATH", nargs="?", default=".", type=path, help="the folder (default: .)")
    add_json(listing)
    for name, summary in (("add", "add a repository to a folder"), ("remove", "take a repository out of a folder")):
        parser = add_command(subcommands, name, _choose, summary, _DESCRIPTION)
        parser.add_argument("folder", metavar="PATH", type=path, help="the folder that is asked")
        parser.add_argument("repository", metavar="REPOSITORY", type=path, help="the repository, wherever it lies")
        parser.set_defaults(add=name == "add")
        add_json(parser)


def _choose(args: argparse.Namespace, terminal: Terminal) -> int:
    """Add or remove a repository, and print the resulting list."""
    from noctule.indexer.errors import RepositoryError
    from noctule.indexer.files.nested import is_repository
    from noctule.lsp_server.workspaces import choose

    if args.add and not is_repository(Path(args.repository)):
        raise RepositoryError(f"{args.repository} is not the top folder of a git repository", "name its top folder")
    folder = _folder(args.folder)
    repository = Path(args.repository) if args.add else _find_member(folder, args.repository)
    choose(folder, repository, add=args.add)
    return _list(args, terminal)


def _find_member(folder: Path, name: str) -> Path:
    """Return the repository of a folder that a path or a name of `noctule workspace list` means. RepositoryError."""
    from noctule.indexer.errors import RepositoryError
    from noctule.indexer.serve.workspace_members import find_members
    from noctule.lsp_server.workspaces import read_chosen

    members = {member.root: member.name for member in find_members(folder, read_chosen(folder))}
    for root in (os.path.realpath(name), os.path.realpath(folder / name)):
        if root in members:
            return Path(root)
    near = did_you_mean([name], members.values())
    raise RepositoryError(f"{folder} has no repository {name}{near}", "see `noctule workspace list`")


def _list(args: argparse.Namespace, terminal: Terminal) -> int:
    """Show the repositories."""
    from noctule.indexer.serve.workspace_members import find_members
    from noctule.indexer.serve.workspace_results import WorkspaceList
    from noctule.lsp_server.workspaces import read_chosen

    folder = _folder(args.folder)
    found = WorkspaceList(str(folder), tuple(find_members(folder, read_chosen(folder))))
    terminal.write_json(found) if args.json else terminal.show(_list_rows(found))
    return Exit.OK


def _folder(name: str) -> Path:
    from noctule.indexer.errors import NotADirectory

    folder = Path(os.path.realpath(name))
    if not folder.is_dir():
        raise NotADirectory.at(name)
    return folder


def _list_rows(found: WorkspaceList) -> list[LabelledRow]:
    if not found.repositories:
        return [LabelledRow(f"{found.folder} is not a workspace: it is one repository, or holds none")]
    return table((one.name, one.how) for one in found.repositories)


def find_workspace(args: argparse.Namespace) -> tuple[Path, list[WorkspaceMember]]:
    """Return PATH and the repositories below it; none if it is a single repository, or a revision was given."""
    folder = CommandSite.of(args).folder / args.path
    if getattr(args, "at", None) is not None or not _may_be_workspace(folder):
        return folder, []
    from noctule.indexer.serve.workspace_members import find_members
    from noctule.lsp_server.workspaces import read_chosen

    return folder, find_members(folder, read_chosen(folder))


def refuse_workspace(what: str, folder: Path, members: Sequence[WorkspaceMember], more: str = "") -> None:
    """Raise BadTask if a folder holds several repositories, for an option that is about one."""
    from noctule.indexer.errors import BadTask

    if not members:
        return
    advice = f"name one of them, such as {os.path.relpath(members[0].root)}{more}"
    raise BadTask(f"{what} is about one repository, and {folder} holds {len(members)}", advice)


@contextmanager
def open_workspace(args: argparse.Namespace, terminal: Terminal) -> Iterator[Workspace | None]:
    """Open the workspace at PATH; None if it is a single repository, or a revision was given."""
    folder, members = find_workspace(args)
    if not members:
        yield None
        return
    from noctule.indexer.errors import NoctuleError

    if CommandSite.of(args).opened is not None:
        raise NoctuleError("a service answers for one repository", "this command answers itself")
    from noctule.indexer.serve.workspace import Workspace
    from noctule.indexer.serve.workspace_members import MemberThread

    threads = {member.name: MemberThread(member.root) for member in members}
    try:
        _index_unknown(folder, threads, members, terminal)
        yield Workspace(folder, threads)
    finally:
        for thread in threads.values():
            thread.close()


def _index_unknown(
    folder: Path, threads: Mapping[str, MemberThread], members: Sequence[WorkspaceMember], terminal: Terminal
) -> None:
    """Index the repositories that have no index, one by one; one that cannot be indexed is left out of the answer."""
    from noctule.indexer.errors import NoctuleError
    from noctule.indexer.serve.repository import Repository
    from noctule.indexer.serve.workspace_members import Asking

    known = Asking(threads).ask(threads, lambda _: Repository.knows, looks=False)
    unknown = [member for member in members if known.get(member.name) is False]
    for member in unknown:
        with suppress(NoctuleError), Repository.open(member.root) as repository:
            index_if_unknown(repository, terminal)
    if unknown:
        from noctule.indexer.learn.joint_changes import learn_joint_changes  # where all are known, nobody waits for it

        learn_joint_changes(folder, {member.name: Path(member.root) for member in members})


def _may_be_workspace(folder: Path) -> bool:
    """Tell by a look or two whether a folder may be one: most are a repository alone."""
    if not folder.is_dir():
        return False
    if not (folder / ".git").exists() or (folder / ".gitmodules").exists():
        return True
    from noctule.indexer.store.location import cache_folder

    return (cache_folder() / "workspaces.json").exists()


def show_status(args: argparse.Namespace, folder: Path, members: Sequence[WorkspaceMember], terminal: Terminal) -> int:
    """Print the status of each repository of a workspace."""
    from noctule.indexer.errors import NoctuleError
    from noctule.indexer.serve.repository import Repository
    from noctule.indexer.serve.workspace_results import MemberStatus, WorkspaceStatus

    found: list[MemberStatus] = []
    failed: dict[str, str] = {}
    for member in members:
        try:
            with Repository.open(member.root) as repository:
                found.append(MemberStatus(member.name, repository.status()))
        except NoctuleError as error:
            failed[member.name] = str(error)
    if args.json:
        terminal.write_json(WorkspaceStatus(str(folder), tuple(found), failed))
        return _outcome(failed, found)
    terminal.show(table((one.repository, _summarize(one.status)) for one in found))
    _remark_failed(failed, terminal)
    return _outcome(failed, found)


def _summarize(status: Status) -> str:
    freshness = status.freshness
    if freshness.state == "unknown":
        return "not indexed yet (run `noctule sleep`)"
    pending = f"{count(freshness.pending_count, 'changed file')} not indexed yet" if freshness.pending_count else ""
    state = pending or ("up to date" if freshness.state == "fresh" else "partly indexed")
    return f"{state}: {count(status.files, 'file')}, {count(status.commits, 'commit')}"


def show_context(args: argparse.Namespace, task: str | None, workspace: Workspace, terminal: Terminal) -> int:
    """Answer a task over a workspace."""
    if task is None:
        from noctule.indexer.errors import BadTask

        raise BadTask("a workspace needs a task", "try: noctule context 'what is to be done'")
    pack = workspace.context(task, args.budget, args.files)
    outcome = _outcome(pack.failed, pack.repositories)
    if args.json:
        terminal.write_json(pack)
        return outcome
    terminal.remark(_header(pack))
    _remark_failed(pack.failed, terminal)
    if pack.text:
        terminal.write(f"{printable(pack.text).rstrip()}\n")
    return outcome


def _header(pack: WorkspacePack) -> str:
    shown = [one.repository for one in pack.repositories if one.files]
    found = f"{count(len(pack.files), 'file')} in {', '.join(shown)}" if shown else "too little fits the task"
    of = count(len(pack.repositories), "repository")
    spent = f"{pack.tokens:,} of {pack.budget_tokens:,} tokens ({pack.tokenizer})"
    return f"{of}: {found}; {spent}, {pack.elapsed_ms:.0f} ms"


def show_notes(
    args: argparse.Namespace,
    subject: str,
    workspace: Workspace,
    terminal: Terminal,
    page: Callable[[Note, str], Iterable[LabelledRow]],
) -> int:
    """Print the facts of a workspace, each repository's with `page`."""
    found = workspace.notes(subject)
    if args.json:
        terminal.write_json(found)
        return Exit.OK
    _remark_failed(found.failed, terminal)
    told, silent = split_silent(found.notes)
    for one in told:
        terminal.show([LabelledRow("", f"== {one.repository}", label_style=BOLD), *page(one.note, one.repository)])
        terminal.write_line("")
    if silent:
        terminal.write_line(printable_line(silent))
    return Exit.OK


def show_forecast(args: argparse.Namespace, given: list[str], workspace: Workspace, terminal: Terminal) -> int:
    """Print the forecast of a workspace."""
    forecast = workspace.predict(given, args.task, args.k)
    if args.json:
        terminal.write_json(forecast)
        return Exit.OK
    _remark_failed(forecast.failed, terminal)
    points = forecast.change_points
    names = [f"{point.path}:{point.symbol}" if point.symbol else point.path for point in points]
    terminal.show(
        LabelledRow(name, f"{percent(point.probability):>4}  ") for name, point in zip(names, points, strict=True)
    )
    for name, why in forecast.withheld.items():
        terminal.remark(f"{name}: no forecast: {why}")
    return Exit.OK


def _outcome(failed: Mapping[str, str], answered: Sequence[object]) -> Exit:
    """Return the exit code: one repository that fails stops no other, but an answer without any is none."""
    return Exit.FAILED if failed and not answered else Exit.OK


def _remark_failed(failed: object, terminal: Terminal) -> None:
    for name, why in dict(failed).items():  # type: ignore[call-overload]
        terminal.remark(f"{name} has no part in this: {why}")
