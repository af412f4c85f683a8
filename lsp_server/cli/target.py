"""The repository that a command is about: opened from its arguments, and indexed first if it is not yet."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from noctule.lsp_server.cli.terminal import Terminal

if TYPE_CHECKING:
    from noctule.indexer.results import Forecast, Freshness, Note, Pack
    from noctule.indexer.serve.repository import Repository


class CommandSite:
    """Where a command runs: in its own process, or in a service that answers for it.

    Relative names are looked up in `folder`. A service has read the command's input, has the repository open already,
    and does what is put off when the answer is out.
    """

    def __init__(
        self,
        folder: Path = Path(),
        given: bytes | None = None,
        opened: Callable[[Path, str | None], Repository] | None = None,
    ) -> None:
        self.folder = folder
        self.given = given
        self.opened = opened
        self.later: list[Callable[[], object]] = []

    @classmethod
    def of(cls, args: argparse.Namespace) -> CommandSite:
        """Return where a command with these arguments runs."""
        site: CommandSite | None = getattr(args, "site", None)
        return site or cls()

    def open(self, path: Path, at: str | None = None) -> Repository:
        """Open the repository that a path lies in."""
        if self.opened is not None:
            return self.opened(self.folder / path, at)
        from noctule.indexer.serve.repository import Repository  # help and usage errors must not wait for it

        return Repository.open(path, at=at)

    def do_later(self, work: Callable[[], object]) -> None:
        """Do something when the answer is out."""
        if self.opened is None:
            work()
        else:
            self.later.append(work)


def is_path(word: str, args: argparse.Namespace) -> bool:
    """Tell whether the first of several arguments is PATH: a directory, or what can be nothing but a path."""
    looks_like_path = word.startswith(("/", "./", "../")) and not any(map(str.isspace, word))
    path = CommandSite.of(args).folder / word
    # os.path answers "no" to a name that is too long for a file, as a task can be; Path raises.
    return os.path.isdir(path) or (looks_like_path and not os.path.lexists(path))  # noqa: PTH112


def from_top(name: str, repository: Repository, args: argparse.Namespace) -> str:
    """Return a file's name from the top of the repository; from the current directory where it is only there."""
    path = CommandSite.of(args).folder / name
    if os.path.isabs(name) or os.path.lexists(repository.root / name) or not os.path.lexists(path):  # noqa: PTH117
        return name
    return os.path.relpath(os.path.realpath(path), os.path.realpath(repository.root))


def open_repository(args: argparse.Namespace) -> Repository:
    """Open the repository and revision that the arguments name."""
    return CommandSite.of(args).open(Path(args.path), getattr(args, "at", None))


def open_with_index(args: argparse.Namespace, terminal: Terminal) -> Repository:
    """Open the repository; index it first if it is not indexed yet."""
    repository = open_repository(args)
    if CommandSite.of(args).opened is None:
        index_if_unknown(repository, terminal, getattr(args, "at", None))
    return repository


def open_for_task(args: argparse.Namespace, terminal: Terminal, task: str | None) -> Repository:
    """Open the repository to answer a task: from a first look if it is new, else with its index.

    NotIndexed in a service that knows a part: the command's own process takes a first look.
    """
    if task is None or not task.strip():
        return open_with_index(args, terminal)
    repository = open_repository(args)
    if CommandSite.of(args).opened is not None:
        if repository.knows_a_part():
            from noctule.indexer.errors import NotIndexed

            raise NotIndexed(f"{repository.root} is being read for the first time", "ask again")
    elif not (repository.is_new() and repository.look_first(task)):
        _index_or_look(repository, terminal, getattr(args, "at", None), task)
    return repository


def _index_or_look(repository: Repository, terminal: Terminal, at: str | None, task: str) -> None:
    """Index a repository that has no index; if nothing can be stored, as on a full disk, take a first look."""
    from noctule.indexer.errors import StoreUnavailable

    try:
        index_if_unknown(repository, terminal, at)
    except StoreUnavailable:
        repository.look_first(task, is_only=True)


def go_on_from_first_look(repository: Repository, terminal: Terminal) -> None:
    """Index the repository where a person sees that it goes on; else have the next command do it."""
    if terminal.err_is_interactive:
        _index(repository, terminal, "Indexing the rest now; Ctrl-C stops it, and the next command goes on.")
        return
    from noctule.indexer.errors import StoreError

    try:
        repository.begin()
    except StoreError as error:  # the answer is out; but each next one would be a first look too
        terminal.remark(f"Nothing can be kept for the next answer: {error}; {error.advice}.")
    else:
        terminal.remark("The next answer comes from all of it: the next command indexes it first.")


def index_if_unknown(repository: Repository, terminal: Terminal, at: str | None = None) -> None:
    """Index a repository, or a revision of it, that has no index; say so first."""
    if not repository.knows():
        what = f"{repository.root} at {at}" if at else str(repository.root)
        _index(repository, terminal, f"Indexing {what} first; `noctule watch` does this in the background.")


def _index(repository: Repository, terminal: Terminal, remark: str) -> None:
    from noctule.lsp_server.cli.progress import ProgressLine  # a question that is answered at once has none

    terminal.remark(remark)
    with ProgressLine(terminal) as progress:
        repository.sleep(progress)


def note(args: argparse.Namespace, repository: Repository, answer: Pack | Note | Forecast, took_ms: float) -> None:
    """Write into the ledger that an answer was served; call it when the answer is out."""

    def record() -> None:
        from noctule.indexer.serve.usage import record_serving  # nobody waits for it

        record_serving(repository, answer, took_ms)

    CommandSite.of(args).do_later(record)


def remark_freshness(freshness: Freshness, terminal: Terminal) -> None:
    """Say which files the answer does not know yet."""
    from noctule.lsp_server.text.numbers import count

    if freshness.is_first_look:
        unread = count(freshness.pending_count, "file")
        searched = f"{unread} searched for words of the task only, " if freshness.pending_count else ""
        terminal.remark(f"First look: {searched}history not read.")
    elif freshness.pending_count:
        changed = count(freshness.pending_count, "file")
        terminal.remark(f"{changed} changed since the last run; `noctule sleep` updates the index.")
    if freshness.withheld_claims:
        terminal.remark(f"{count(freshness.withheld_claims, 'fact')} left out, because the evidence has changed.")
