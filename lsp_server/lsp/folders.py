"""Which repository a document belongs to: workspace folders in, one service for each work tree out. Answers nothing.

A document belongs to the innermost repository around it, if that lies in a workspace folder or holds one. What lies
outside of all of them is none of an editor's business, and is not served.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from noctule.lsp_server.service import RepositoryService


@dataclass(frozen=True, slots=True)
class Found:
    """A document's service, and its path from the top of the repository, with forward slashes."""

    service: RepositoryService
    path: str


class Folders:
    """The workspace folders, and the services of the work trees in them, each opened when it is first asked for."""

    def __init__(self, opened: Callable[[Path], RepositoryService]) -> None:
        self._opened = opened
        self._folders: dict[Path, Path] = {}
        """Each folder, with the top of its work tree."""
        self._services: dict[Path, RepositoryService] = {}
        self._tops: dict[Path, Path | None] = {}

    def __iter__(self) -> Iterator[RepositoryService]:
        return iter(list(self._services.values()))

    def add(self, folder: Path) -> RepositoryService | None:
        """Add a workspace folder; return the service of its work tree. A folder that is not there has none."""
        real = Path(os.path.realpath(folder))
        if not real.is_dir():
            return None
        self._tops.clear()
        top = self._folders[real] = _find_enclosing(real, None) or real
        return self._service(top)

    def remove(self, folder: Path) -> list[RepositoryService]:
        """Remove a workspace folder; return the services that nothing belongs to any more."""
        self._folders.pop(Path(os.path.realpath(folder)), None)
        self._tops.clear()
        left = [top for top in self._services if not self._is_ours(top)]
        return [self._services.pop(top) for top in left]

    def of(self, path: Path) -> Found | None:
        """Return whose document a path is; None for one outside of the workspace."""
        real = Path(os.path.realpath(path.parent)) / path.name
        top = self._top(real.parent)
        if top is None:
            return None
        return Found(self._service(top), real.relative_to(top).as_posix())

    def at(self, root: Path) -> RepositoryService | None:
        """Return the service of a work tree of the workspace."""
        return self._services.get(Path(os.path.realpath(root)))

    def _service(self, top: Path) -> RepositoryService:
        if top not in self._services:
            self._services[top] = self._opened(top)
        return self._services[top]

    def _top(self, folder: Path) -> Path | None:
        if folder not in self._tops:
            if len(self._tops) > 10_000:
                self._tops.clear()
            self._tops[folder] = self._find_top(folder)
        return self._tops[folder]

    def _find_top(self, folder: Path) -> Path | None:
        tops = [t for f, t in self._folders.items() if folder.is_relative_to(f) or folder.is_relative_to(t)]
        if not tops:
            return None
        top = max(tops, key=lambda top: len(top.parts))
        return _find_enclosing(folder, top) or top

    def _is_ours(self, top: Path) -> bool:
        return any(top in (folder, own) or top.is_relative_to(folder) for folder, own in self._folders.items())


def _find_enclosing(folder: Path, below: Path | None) -> Path | None:
    """Return the innermost folder around another that git has made a work tree of, up to `below`."""
    for parent in _upwards(folder):
        if parent == below:
            return None
        if os.path.lexists(parent / ".git"):
            return parent
    return None


def _upwards(folder: Path) -> Iterable[Path]:
    return (folder, *folder.parents)
