"""Which repositories a folder answers over, and how they are asked side by side."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from noctule.indexer.errors import NoctuleError, RepositoryError
from noctule.indexer.files.nested import find_repositories, find_submodules, is_repository
from noctule.indexer.serve.repository import Repository
from noctule.indexer.serve.workspace_results import WorkspaceMember

T = TypeVar("T")
MOST = 40
"""Repositories of one workspace."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The repositories that a user added to a workspace, and those that the user removed from it: real paths."""

    added: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()


def find_members(folder: Path, chosen: Chosen) -> list[WorkspaceMember]:
    """Return the repositories that a folder answers over; none where it is a repository alone, or holds none.

    RepositoryError where there are too many, OSError.
    """
    top = folder.resolve()
    found: dict[Path, str] = {}
    if is_repository(top):
        found |= dict.fromkeys(find_submodules(top), "submodule")
    elif not any(is_repository(parent) for parent in top.parents):
        found |= dict.fromkeys(find_repositories(top, skip_dependencies=True), "nested")
    found |= dict.fromkeys(map(Path, chosen.added), "added")
    found = {path: how for path, how in found.items() if os.fspath(path) not in chosen.removed and path != top}
    if not found:
        return []
    if len(found) > MOST:
        raise RepositoryError(
            f"{top} holds {len(found)} repositories, and a workspace has at most {MOST}",
            "name one of them, or index all with `noctule fleet sleep`",
        )
    if is_repository(top) or any(path.is_file() and path.name[0] != "." for path in top.iterdir()):
        found[top] = "itself"
    members = [WorkspaceMember(os.path.relpath(path, top), str(path), how) for path, how in found.items()]
    return sorted(members, key=lambda member: member.name)


class MemberService(Protocol):
    """A repository that answers in its own time, so that several do side by side."""

    def ask(self, question: Callable[[Repository], T], *, looks: bool) -> Future[T]:
        """Have a question answered, from the files as they are if it `looks`; else as they were last seen, if ever."""
        ...


class MemberThread:
    """A repository opened in a thread of its own, because SQLite's connections belong to one.

    It looks at the files at the first question that needs them.
    """

    def __init__(self, root: str) -> None:
        self._root = root
        self._repository: Repository | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"reading {root}")

    def ask(self, question: Callable[[Repository], T], *, looks: bool) -> Future[T]:  # noqa: ARG002 - as `MemberService` has it
        """Have a question answered. NoctuleError, and what the question raises."""
        return self._thread.submit(lambda: question(self._open()))

    def _open(self) -> Repository:
        if self._repository is None:
            self._repository = Repository.open(self._root)
        return self._repository

    def close(self) -> None:
        """Close the repository."""
        self._thread.submit(lambda: self._repository.close() if self._repository is not None else None)
        self._thread.shutdown()


class Asking:
    """One answer's questions to members, by their names; one that cannot be used has no part, and `failed` says why."""

    def __init__(self, members: Mapping[str, MemberService]) -> None:
        self.members = members
        self.failed: dict[str, str] = {}

    def ask(
        self, names: Collection[str], question: Callable[[str], Callable[[Repository], T]], *, looks: bool = True
    ) -> dict[str, T]:
        """Put its question to each of these members at once; return the answers in the order of all members."""
        asked = {name: one.ask(question(name), looks=looks) for name, one in self.members.items() if name in names}
        found = {}
        for name, answer in asked.items():
            try:
                found[name] = answer.result()
            except NoctuleError as error:
                self.failed[name] = str(error)
        return found
