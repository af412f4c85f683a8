"""Which repository an agent's questions are about: the one that was named, that of the current folder, or a root of
the client. Answers nothing about it.

RepositoryError
└── NoRepository    none of these is a repository; its advice says how to name one
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

from noctule.indexer.errors import RepositoryError
from noctule.indexer.serve.repository import Repository
from noctule.lsp_server.lsp.uris import path_of
from noctule.lsp_server.mcp.service import Desk

Roots = Callable[[], Awaitable[list[str]]]
"""Asks a client for the addresses of its roots; an empty list where it names none."""

ADVICE = "start it in a repository, or pass the path: `noctule mcp --repo PATH` in the client's configuration"


class NoRepository(RepositoryError):
    """No repository was named, and none is where the process was started."""

    def __init__(self) -> None:
        super().__init__("noctule was not started in a git repository", ADVICE)


def repository_of(named: Path | None, here: Path) -> Repository | None:
    """Return the repository that was named, whatever it is, or the git repository that `here` lies in.

    A plain folder has to be named: nobody means to have the whole of their home folder read. RepositoryError.
    """
    if named is not None:
        return Repository.open(named)
    repository = Repository.open(here)
    if repository.place is None or repository.root == Path(os.path.realpath(Path.home())):
        return None
    return repository


class Places:
    """The one repository that this process serves, once it is known which."""

    def __init__(self, repository: Repository | None, desk_of: Callable[[Repository], Desk]) -> None:
        self._desk_of = desk_of
        self._desk = self._opened(repository) if repository is not None else None
        self._asking = asyncio.Lock()

    async def desk(self, roots: Roots) -> Desk:
        """Return the desk; where no repository is known yet, that of the client's first root that is one. NoRepository.

        Who asked first decides: a client never gets to hear of a second repository in the same process.
        """
        if self._desk is None:
            async with self._asking:
                if self._desk is None:
                    self._desk = self._opened(_first(await roots()))
        return self._desk

    def learn(self) -> None:
        """Have what is known kept fresh."""
        if self._desk is not None:
            self._desk.learn()

    def close(self) -> None:
        """End, with all that works for it."""
        if self._desk is not None:
            self._desk.close()

    def _opened(self, repository: Repository) -> Desk:
        desk = self._desk_of(repository)
        desk.open()
        return desk


def _first(roots: list[str]) -> Repository:
    for address in roots:
        folder = path_of(address)
        repository = repository_of(None, folder) if folder is not None and folder.is_dir() else None
        if repository is not None:
            return repository
    raise NoRepository
