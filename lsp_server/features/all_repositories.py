"""Requests about no document, in a workspace of several repositories: answered over all of them, as one."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from noctule.indexer.results import Answer
from noctule.indexer.serve.repository import Repository
from noctule.lsp_server.lsp.server import NoctuleServer
from noctule.lsp_server.service import RepositoryService

if TYPE_CHECKING:
    from noctule.indexer.serve.workspace import Workspace

T = TypeVar("T")
A = TypeVar("A", bound=Answer)


@dataclass(frozen=True, slots=True)
class _ServedMember:
    """A repository that an editor works in, with its unsaved texts, as one of a workspace."""

    service: RepositoryService
    texts: Mapping[str, str]

    def ask(self, question: Callable[[Repository], T], *, looks: bool) -> Future[T]:
        """Have a question answered. NoctuleError; Unknown."""
        return self.service.ask(lambda view: question(view.repository), dict(self.texts), looks=looks)


async def ask_all(server: NoctuleServer, question: Callable[[Workspace], A], *, aside: bool = False) -> A:
    """Have a question answered over all repositories of the editor. NoctuleError."""
    from noctule.indexer.serve.workspace import Workspace  # where there is one repository, nobody waits for it

    services = list(server.folders)
    if not aside:
        for service in services:
            service.hear_activity()
    folder, roots = name_repositories(services)
    members = {
        name: _ServedMember(service, server.open_texts(service)) for name, service in zip(roots, services, strict=True)
    }
    return await asyncio.to_thread(question, Workspace(folder, dict(sorted(members.items()))))


def name_repositories(services: Sequence[RepositoryService]) -> tuple[Path, dict[str, Path]]:
    """Return the folder that holds all repositories, and each one's by its name there."""
    folder = Path(os.path.commonpath([service.root for service in services]))
    return folder, {Path(os.path.relpath(service.root, folder)).as_posix(): service.root for service in services}
