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
from typing import TYPE_CHECKING

from noctule.indexer.errors import RepositoryError
from noctule.indexer.serve.repository import Repository
from noctule.lsp_server.lsp.uris import uri_to_path
from noctule.lsp_server.mcp.learner import Learner

if TYPE_CHECKING:
    from noctule.lsp_server.mcp.workspace_learner import WorkspaceLearner

Roots = Callable[[], Awaitable[list[str]]]
"""Asks a client for the addresses of its roots; an empty list where it names none."""

LEARN_AFTER_S = 1.5
"""The first answer comes before the sleeper's own imports."""
WARM_AFTER_S = 3.0
"""And before those of the scanner for secrets, which otherwise the first suspicious line would wait for."""
ADVICE = "start it in a repository, or pass the path: `noctule mcp --repo PATH` in the client's configuration"


class NoRepository(RepositoryError):
    """No repository was named, and none is where the process was started."""

    def __init__(self) -> None:
        super().__init__("noctule was not started in a git repository", ADVICE)


def working_folder() -> Path:
    """Return the folder that the client works in.

    A client of Agent Plugins starts servers in the plugin's own folder and names it; then it is where the client runs.
    """
    here, plugin = Path.cwd(), os.environ.get("PLUGIN_ROOT")
    if not plugin or not here.is_relative_to(os.path.realpath(plugin)):
        return here
    import psutil

    try:
        return Path(psutil.Process(os.getppid()).cwd())
    except (psutil.Error, OSError):
        return Path("/")


def find_repository(named: Path | None, here: Path) -> Repository | None:
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
    """The one repository or workspace that this process serves, once it is known which.

    `find` looks for it anew at each question where it was not there, or could not be read, at the start: who asks is
    told why.
    """

    def __init__(
        self,
        own: Learner | WorkspaceLearner | None,
        learner_of: Callable[[Repository], Learner],
        find: Callable[[], Repository | WorkspaceLearner | None] = lambda: None,
    ) -> None:
        self._find = find
        self._learner_of = learner_of
        self._learner = own
        self._asking = asyncio.Lock()

    @property
    def own(self) -> Learner | WorkspaceLearner | None:
        """The learner, where it is known without the client's roots."""
        return self._learner

    async def learner(self, roots: Roots) -> Learner | WorkspaceLearner:
        """Return the learner; if there is none yet, that of the client's first root that is one. NoctuleError.

        Who asked first decides: a client never gets to hear of a second repository in the same process.
        """
        if self._learner is None:
            async with self._asking:
                if self._learner is None:
                    found = self._find() or _first(await roots())
                    self._learner = self._learner_of(found) if isinstance(found, Repository) else found
        return self._learner

    def learn(self) -> None:
        """Have what is known kept fresh."""
        if self._learner is not None:
            self._learner.begin()

    def end_sleep(self) -> None:
        """End what learns; a handler of signals may call this."""
        if self._learner is not None:
            self._learner.end_sleep()

    def close(self) -> None:
        """End, with all that works for it."""
        if self._learner is not None:
            self._learner.close()


def _first(roots: list[str]) -> Repository:
    for address in roots:
        folder = uri_to_path(address)
        repository = find_repository(None, folder) if folder is not None and folder.is_dir() else None
        if repository is not None:
            return repository
    raise NoRepository
