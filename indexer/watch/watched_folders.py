"""The folders of a work tree that are watched, laid out from what counts. Knows no batches and no git state."""

from __future__ import annotations

import os
import stat as modes
from collections.abc import Iterable, Iterator
from functools import partial

from noctule.indexer.watch.event_source import InFolder
from noctule.indexer.watch.scope import WatchScope
from noctule.indexer.watch.watches import Watches


class WatchedFolders:
    """The folders of a work tree that hold what counts, by their paths relative to its root."""

    def __init__(self, root: str, scope: WatchScope, watches: Watches, told: InFolder) -> None:
        self._root = root
        self._scope = scope
        self._watches = watches
        self._told = told
        self.folders: set[str] = set()
        self.left_out: set[str] = set()

    def lay(self, candidates: Iterable[str]) -> set[str]:
        """Watch those folders that count, and all that counts below; return the files that are there.

        A folder is watched before it is read, so that nothing falls between. Links are never followed.
        """
        files: set[str] = set()
        asked = [path for path in sorted(candidates) if self._is_folder(path)]
        while asked:
            counting = self._counting(asked)
            asked = []
            for folder in counting:
                self._cover(folder)
                asked += self._read(folder, files)
        return files

    def lay_anew(self) -> None:
        """Watch what counts, and nothing else; what happens meanwhile may go unseen."""
        self.drop(list(self.folders))
        self.left_out.clear()
        self._scope.forget()
        self.lay([""])

    def drop(self, folders: Iterable[str]) -> None:
        """Watch these folders no longer."""
        for folder in folders:
            self.folders.discard(folder)
            self._watches.drop(self.full(folder))

    def drop_folders(self, gone: set[str]) -> None:
        """Watch these folders, and all below them, no longer."""
        self.drop([folder for folder in self.folders if not gone.isdisjoint(_with_parents(folder))])
        self.left_out = {folder for folder in self.left_out if gone.isdisjoint(_with_parents(folder))}

    def full(self, folder: str) -> str:
        """Return the absolute path of a folder."""
        return os.path.join(self._root, folder) if folder else self._root  # noqa: PTH118

    def _is_folder(self, folder: str) -> bool:
        try:
            return modes.S_ISDIR(os.lstat(self.full(folder)).st_mode)
        except OSError:
            return False

    def _counting(self, asked: list[str]) -> list[str]:
        if asked == [""]:
            return asked
        counting = self._scope.folders(asked)
        self.left_out.difference_update(counting)
        self.left_out.update(set(asked).difference(counting))
        return counting

    def _cover(self, folder: str) -> None:
        self._watches.add(self.full(folder), partial(self._told, folder))
        self.folders.add(folder)

    def _read(self, folder: str, files: set[str]) -> list[str]:
        """Add the files of a folder to `files`; return its folders."""
        prefix = f"{folder}/" if folder else ""
        try:
            with os.scandir(self.full(folder)) as entries:
                below = {f"{prefix}{e.name}": e.is_dir(follow_symlinks=False) for e in entries if e.name != ".git"}
        except PermissionError:
            self.drop([folder])  # one that is not watched is looked at again when its permissions change
            return []
        except OSError:
            return []  # gone: its parent tells
        files.update(path for path, is_folder in below.items() if not is_folder)
        return [path for path, is_folder in below.items() if is_folder]


def _with_parents(folder: str) -> Iterator[str]:
    while folder:
        yield folder
        folder = folder.rpartition("/")[0]
