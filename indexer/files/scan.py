"""One look at a work tree: which files are there, and which of them are what they were before. Knows no git.

Blob ids are the hashes that git would give the bytes as they are on disk: no filter and no line-ending conversion runs.
"""

# A Path per file would double the time that an unchanged work tree takes.
# ruff: noqa: PTH112, PTH114, PTH118

from __future__ import annotations

import os
import stat as modes
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from noctule.indexer.files.left_out import TOO_LARGE, TOO_LARGE_BYTES, reason_of_link, reason_of_name, reason_of_size
from noctule.indexer.files.regular_file import read_regular
from noctule.indexer.files.text import blob_id

Mode = Literal["file", "executable"]

MOST_READ = TOO_LARGE_BYTES + 1

# A file that changed within this time of being hashed may change again without its time stamps showing it: file
# systems count in steps of up to two seconds (FAT), and the kernel's clock for them lags behind the one that is asked.
RACY_NS = 2_000_000_000


class File(NamedTuple):
    """One text of the snapshot: its path with forward slashes, the id and size of its content."""

    path: str
    blob: str
    size: int
    mode: Mode = "file"


class Stat(NamedTuple):
    """What the file system said about a file when its blob id was worked out."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    blob: str
    taken_ns: int

    @property
    def is_settled(self) -> bool:
        """Whether the file last changed so long before that a change since would show."""
        return max(self.mtime_ns, self.ctime_ns) + RACY_NS < self.taken_ns

    def matches(self, seen: os.stat_result) -> bool:
        """Tell whether a file that looks like `seen` still holds the blob."""
        size, mtime_ns, ctime_ns, inode, _, taken_ns = self
        return (
            size == seen.st_size
            and mtime_ns == seen.st_mtime_ns
            and ctime_ns == seen.st_ctime_ns
            and inode == seen.st_ino
            and max(mtime_ns, ctime_ns) + RACY_NS < taken_ns
        )


class Scan:
    """One pass over a work tree: each path becomes a file, or is left out with a reason, or is not there."""

    def __init__(
        self,
        root: Path,
        known: Mapping[str, Stat],
        object_format: str,
        left_out: dict[str, str],
        before: Mapping[str, File],
    ) -> None:
        self.root = root
        self.prefix = os.path.join(root, "")
        self.known = known
        self.object_format = object_format
        self.left_out = left_out
        self.before = before
        self.files: dict[str, File] = {}
        self.stats: dict[str, Stat] = {}
        self._folders: dict[str, bool] = {"": True}

    def take(self, paths: Iterable[str]) -> None:
        """Look at each path once; the time is taken first, so that a later change is never mistaken for this state."""
        folders, known, prefix = self._folders, self.known, self.prefix
        for path in paths:
            folder = path.rpartition("/")[0]
            if not (folders.get(folder) or self._is_inside(folder)):
                continue  # git sees a tracked file behind a symlink as deleted
            stat = known.get(path)
            # What was looked at before has a name that nothing speaks against.
            if stat is None and (reason := reason_of_name(path)):
                self.left_out[path] = reason
                continue
            try:
                self._take(path, prefix + path, stat)
            except (FileNotFoundError, NotADirectoryError):
                continue  # deleted, or vanished since it was listed
            except OSError as error:
                self.left_out[path] = f"unreadable: {(error.strerror or str(error)).lower()}"

    def take_known(self) -> None:
        """Look at each path that is known. Most are as they were, and cost a third of what `take` does for them."""
        before, prefix, files, stats = self.before, self.prefix, self.files, self.stats
        lstat, is_regular = os.lstat, modes.S_ISREG
        folder, is_inside = "", True
        for path, stat in self.known.items():
            parent = path.rpartition("/")[0]
            if parent != folder:
                folder, is_inside = parent, self._folders.get(parent) or self._is_inside(parent)
            if not is_inside:
                continue
            size, mtime_ns, ctime_ns, inode, blob, taken_ns = stat
            try:
                seen = lstat(prefix + path)
            except OSError:
                self.take((path,))
                continue
            mode = seen.st_mode
            if (
                mtime_ns == seen.st_mtime_ns
                and ctime_ns == seen.st_ctime_ns
                and size == seen.st_size
                and inode == seen.st_ino
                and mtime_ns + RACY_NS < taken_ns
                and ctime_ns + RACY_NS < taken_ns
                and size <= TOO_LARGE_BYTES
                and is_regular(mode)
            ):  # as `Stat.matches` has it; to call that for each file takes as long as to look at it
                kind: Mode = "executable" if mode & 0o100 else "file"
                file = before.get(path)
                if file is None or file.blob != blob or file.mode != kind:
                    file = File(path, blob, size, kind)
                files[path], stats[path] = file, stat
            else:
                self.take((path,))

    def settle(self, paths: Iterable[str], left_out: Mapping[str, str]) -> None:
        """Take those of these paths that were not known before, and keep nothing of others; `left_out` are more."""
        listed = dict.fromkeys(paths)
        self.take(path for path in listed if path not in self.known)
        self.files = {path: self.files[path] for path in listed if path in self.files}
        self.stats = {path: self.stats[path] for path in listed if path in self.stats}
        self.left_out = {**left_out, **{path: self.left_out[path] for path in listed if path in self.left_out}}

    def those_there(self, paths: Iterable[str]) -> Iterator[str]:
        """Yield the paths whose folders are there: of what a sparse checkout leaves out, whole folders are missing."""
        there: dict[str, bool] = {"": True}
        for path in paths:
            asked = [path.rpartition("/")[0]]
            while asked[-1] not in there:
                asked.append(asked[-1].rpartition("/")[0])
            for folder in reversed(asked):
                if folder not in there:
                    parent = folder.rpartition("/")[0]
                    there[folder] = there[parent] and os.path.isdir(self.prefix + folder)
            if there[asked[0]]:
                yield path

    def _take(self, path: str, full: str, stat: Stat | None) -> None:
        taken_ns = time.time_ns()
        seen = os.lstat(full)
        if not modes.S_ISREG(seen.st_mode):
            # A folder in a file's place has its files listed on their own.
            if not modes.S_ISDIR(seen.st_mode):
                is_link = modes.S_ISLNK(seen.st_mode)
                self.left_out[path] = reason_of_link(self.root, full) if is_link else "not a regular file"
            return
        if seen.st_size > TOO_LARGE_BYTES:
            self.left_out[path] = TOO_LARGE
            return
        if stat is None or not stat.matches(seen):
            content = read_regular(full, MOST_READ)
            if reason := reason_of_size(len(content)):
                self.left_out[path] = reason
                return
            stat = Stat(
                len(content),
                seen.st_mtime_ns,
                seen.st_ctime_ns,
                seen.st_ino,
                blob_id(content, self.object_format),
                taken_ns,
            )
        self.stats[path] = stat
        kind: Mode = "executable" if seen.st_mode & 0o100 else "file"
        file = self.before.get(path)
        if file is None or file.blob != stat.blob or file.mode != kind:
            file = File(path, stat.blob, stat.size, kind)
        self.files[path] = file

    def _is_inside(self, folder: str) -> bool:
        """Tell whether a folder is reached without passing a symlink, which might lead out of the repository."""
        asked = [folder]
        while asked[-1] not in self._folders:
            asked.append(asked[-1].rpartition("/")[0])
        inside = self._folders[asked.pop()]
        for parent in reversed(asked):
            inside = self._folders[parent] = inside and not os.path.islink(self.prefix + parent)
        return inside
