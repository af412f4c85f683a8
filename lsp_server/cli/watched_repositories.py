"""The repositories that one `noctule watch` watches: each with its sleeper, and what answers other commands from it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from noctule.indexer.background.sleep_loop import Sleeper
from noctule.indexer.errors import NoctuleError
from noctule.indexer.llm.key import Key
from noctule.indexer.serve.repository import Repository

if TYPE_CHECKING:
    from noctule.indexer.background.events import Event
    from noctule.indexer.serve.workspace_results import WorkspaceMember
    from noctule.lsp_server.command_host import CommandHost
    from noctule.lsp_server.settings import Settings


MEMBER_RESTS_AFTER_S = 60.0
"""In a folder of repositories, the processes of a repository without work end after this many seconds."""


class WatchedRepositories:
    """Repositories by their names; those of a folder come and go while the command runs."""

    def __init__(self, settings: Settings, tell: Callable[[tuple[str, Event]], None], *, serves: bool) -> None:
        self._settings = settings
        self._tell = tell
        self._serves = serves
        self._sleepers: dict[str, Sleeper] = {}
        self._hosts: dict[str, CommandHost] = {}
        self.roots: dict[str, Path] = {}
        """Their folders: a mapping of its own after each that comes or goes."""
        self._refused: dict[str, str] = {}
        self._ended: set[str] = set()
        self.failures: list[Exception] = []
        """Why sleepers ended by themselves."""

    def begin(self, name: str, repository: Repository, rests_after_s: float | None = None) -> None:
        """Watch a repository from now on; its processes end after this many seconds without work."""
        settings = self._settings
        if settings.sleep.scip:
            repository.choose_scip(settings.sleep.scip)
        tell = partial(self._tell_event, name)
        limits, share = settings.limits, settings.sleep.cores_share
        sleeper = Sleeper(repository, settings.thresholds, limits, share, tell, rests_after_s)
        sleeper.allow_thinking(settings.model, Key.of_environment())
        self._sleepers[name], self.roots = sleeper, {**self.roots, name: repository.root}
        sleeper.start()
        if self._serves:
            from noctule.lsp_server.command_host import CommandHost

            self._hosts[name] = CommandHost(repository.root, on_asked=sleeper.note_activity)

    def follow(self, members: Sequence[WorkspaceMember], remark: Callable[[str], None]) -> None:
        """Watch these repositories and no others; if one cannot be opened, the reason is printed once.

        A repository whose sleeper has ended is watched again only after it was gone for a while.
        """
        names = {member.name for member in members}
        self.end(self._sleepers.keys() - names)
        self._ended &= names
        for member in members:
            if member.name in self._sleepers or member.name in self._ended:
                continue
            try:
                self.begin(member.name, Repository.open(member.root), MEMBER_RESTS_AFTER_S)
            except NoctuleError as error:
                if self._refused.get(member.name) != str(error):
                    remark(f"{member.name} is not watched: {error}")
                self._refused[member.name] = str(error)

    def has_failed(self, name: str) -> bool:
        """Tell whether a sleeper is about to end because something failed."""
        return name in self._sleepers and self._sleepers[name].failure is not None

    def note_end(self, name: str) -> None:
        """Note that a sleeper has ended by itself."""
        if name in self._sleepers:
            self._ended.add(name)
            self.end([name])

    def end(self, names: Collection[str]) -> None:
        """Watch these no more."""
        for host in [self._hosts.pop(name) for name in names if name in self._hosts]:
            host.close()
        for sleeper in [self._sleepers.pop(name) for name in names]:
            self.roots = {other: root for other, root in self.roots.items() if other in self._sleepers}
            sleeper.close()
            if sleeper.failure is not None:
                self.failures.append(sleeper.failure)

    def close(self) -> None:
        """Watch none any more."""
        self.end(list(self._sleepers))

    def _tell_event(self, name: str, event: Event) -> None:
        self._tell((name, event))
