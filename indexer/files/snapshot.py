"""Which files are looked at, as paths and blob ids. Knows git and the file system; parses and stores nothing.

Blob ids are the hashes that git would give the bytes as they are on disk: no filter and no line-ending conversion runs.
"""

# A Path per file would double the time that an unchanged work tree takes.
# ruff: noqa: PTH112, PTH114, PTH118

from __future__ import annotations

import hashlib
import os
import stat as modes
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Literal, NamedTuple

from noctule.indexer.errors import NotADirectory, RepositoryError
from noctule.indexer.files.checkout import convert
from noctule.indexer.files.git import Git, RepositoryPlace
from noctule.indexer.files.left_out import (
    TOO_LARGE,
    TOO_LARGE_BYTES,
    reason_of_link,
    reason_of_listed_size,
    reason_of_name,
    reason_of_size,
)
from noctule.indexer.files.listing import EXECUTABLE, SUBMODULE, Listing, tree_entries, unlistable
from noctule.indexer.files.listing_runs import ListingRuns, begin_listing
from noctule.indexer.files.plain_folder import walk
from noctule.indexer.files.regular_file import read_regular
from noctule.indexer.files.text import blob_id

Mode = Literal["file", "executable"]

_MOST_READ = TOO_LARGE_BYTES + 1
SYMLINK = "120000"

# A file that changed within this time of being hashed may change again without its time stamps showing it: file
# systems count in steps of up to two seconds (FAT), and the kernel's clock for them lags behind the one that is asked.
RACY_NS = 2_000_000_000


class ChangedMeanwhile(RepositoryError):
    """A file is no longer what the snapshot says it is."""


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


@dataclass(frozen=True)
class Snapshot:
    """The files that are looked at, and why others are not.

    `left_out` maps a path to its reason, one that ends in a slash standing for all below it. `dirty` says that
    the files differ from `revision`. `stats` is what the next snapshot of the same work tree wants to know.
    `converted` maps a file that git calls unchanged, though its bytes are others, to the blob that it stands for in the
    index: a checkout converts line ends, and some files git is told not to look at. `sparse` maps a path that a sparse
    checkout leaves out of the work tree to its blob in the index: it is not there, and not deleted.
    """

    root: Path
    revision: str | None
    dirty: bool
    files: dict[str, File]
    left_out: dict[str, str] = field(default_factory=dict)
    stats: dict[str, Stat] = field(default_factory=dict)
    buffers: Mapping[str, bytes] = field(default_factory=dict)
    objects: Git | None = None
    object_format: str = "sha1"
    converted: Mapping[str, str] = field(default_factory=dict)
    sparse: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def key(self) -> str:
        """One hash of all paths and blob ids: equal keys, equal texts."""
        text = "\0".join(f"{path}\0{self.files[path].blob}" for path in sorted(self.files))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

    def find_reason(self, path: str) -> str | None:
        """Say why a path, or a folder that it lies in, is left out; None where it is not."""
        parts = path.split("/")
        folders = ("/".join(parts[:n]) + "/" for n in range(1, len(parts) + 1))
        return next((self.left_out[name] for name in (path, *folders) if name in self.left_out), None)

    def read(self, path: str) -> bytes:
        """Return the content of one file; `Changed` when the disk or the clone no longer has it."""
        for _, content in self.read_all([path]):
            if content is not None:
                return content
        if self.objects is None:
            raise ChangedMeanwhile(f"{path} changed or vanished while it was read", "run the command again")
        raise ChangedMeanwhile(
            f"the clone lacks the content of {path}", "run `git fetch`, or `git fsck` to see what is damaged"
        )

    def read_all(self, paths: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
        """Yield (path, content) in the order asked; None for a file that is no longer what the snapshot says."""
        if self.objects is None:
            yield from ((path, self._from_disk(path)) for path in paths)
            return
        wanted = list(paths)
        contents = self.objects.blobs(self.files[path].blob for path in wanted if path not in self.buffers)
        for path in wanted:
            yield path, self.buffers[path] if path in self.buffers else next(contents)[1]

    def file_stat(self, path: str) -> Stat | None:
        """Return what the file system says about a file, whose content is to be that of this snapshot; None if nothing.

        While that stays equal and is settled, so does what was read afterwards.
        """
        if path in self.buffers or self.objects is not None:
            return None
        taken_ns = time.time_ns()
        try:
            seen = os.lstat(os.path.join(self.root, path))
        except OSError:
            return None
        blob = self.files[path].blob
        return Stat(seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_ino, blob, taken_ns)

    def look_again(self, path: str) -> bytes | None:
        """Take a file as it is by now, whose content is no longer what its time stamps vouched for; None if it is gone.

        What is written through a memory map need not change them.
        """
        self.__dict__.pop("key", None)
        self.stats.pop(path, None)
        before = self.files[path]
        try:
            content = read_regular(os.path.join(self.root, path), _MOST_READ)
        except OSError:
            return None
        if not reason_of_size(len(content)):
            self.files[path] = before._replace(blob=blob_id(content, self.object_format), size=len(content))
        return content

    def still_holds(self, path: str) -> bool:
        """Tell whether a file is still what the snapshot says; it is read only where its time stamps do not vouch."""
        if path in self.buffers or self.objects is not None:
            return True
        if path not in self.files:
            return False
        stat = self.stats.get(path)
        try:
            seen = os.lstat(os.path.join(self.root, path))
        except OSError:
            return False
        return (stat is not None and stat.matches(seen)) or self._from_disk(path) is not None

    def _from_disk(self, path: str) -> bytes | None:
        file = self.files[path]
        if path in self.buffers:
            return self.buffers[path]
        try:
            content = read_regular(os.path.join(self.root, path), _MOST_READ)
        except OSError:
            return None
        return content if blob_id(content, self.object_format) == file.blob else None


def of_work_tree(
    place: RepositoryPlace,
    known: Mapping[str, Stat] | None = None,
    before: Mapping[str, File] | None = None,
    begun: ListingRuns | None = None,
) -> Snapshot:
    """List and hash the work tree as git sees it: tracked files and untracked ones that are not ignored.

    `known` is the `stats` of an earlier snapshot; a file whose time stamps and size are the same is not read again.
    `before` are its files, which are taken over where they are the same. `begun` is a listing that git is at.
    """
    if place.bare:
        raise RepositoryError(f"{place.root} is bare: it has no work tree", "name a revision with --at, such as HEAD")
    git = Git(place)
    scan = _Scan(place.root, known or {}, place.object_format, {}, before or {})
    with begin_listing(place) if begun is None else nullcontext(begun) as runs:
        scan.take(scan.known)  # while git lists: mostly it lists the same
        listing, staged = (run.outcome() for run in runs)
    listed = Listing.of(listing.checked())
    scan.settle(
        [*listed.indexed, *scan.those_there(listed.skipped), *listed.others],
        listed.left_out | unlistable(listing.complaint),
    )
    same = _convert(git, listed, scan)
    # Where the tree of the commit cannot be read, git ends with another code: nothing is known to be staged.
    dirty = staged.returncode == 1 or _differs(listed, scan, same) or _modes_differ(git, listed, scan)
    return Snapshot(
        *(place.root, place.head, dirty, scan.files, scan.left_out, scan.stats),
        object_format=place.object_format,
        converted=same,
        sparse={path: blob for path, blob in listed.skipped.items() if path not in scan.files},
    )


def of_revision(place: RepositoryPlace, revision: str) -> Snapshot:
    """List a commit's tree from git objects alone; the work tree is neither read nor touched."""
    git = Git(place)
    oid = git.resolve(revision)
    files: dict[str, File] = {}
    left_out: dict[str, str] = {}
    for mode, blob, size, path in _tree(git, oid, left_out):
        if mode == SUBMODULE:
            left_out[f"{path}/"] = "submodule"
        elif mode == SYMLINK:
            left_out[path] = "symlink"
        elif reason := reason_of_name(path) or reason_of_listed_size(size):
            left_out[path] = reason
        else:
            files[path] = File(path, blob, int(size), "executable" if mode == EXECUTABLE else "file")
    return Snapshot(place.root, oid, False, files, left_out, objects=git, object_format=place.object_format)


def _tree(git: Git, oid: str, left_out: dict[str, str]) -> Iterator[tuple[str, str, str, str]]:
    """Yield (mode, blob, size, path) of a commit's files; a folder whose tree cannot be read is left out. GitError."""
    whole = git.try_run("ls-tree", "-r", "-z", "-l", "--full-tree", oid)
    if whole.returncode == 0:
        yield from ((mode, blob, size, path) for mode, _, blob, size, path in tree_entries(whole.output))
        return
    waiting = [("", oid)]
    while waiting:
        folder, tree = waiting.pop()
        outcome = git.try_run("ls-tree", "-z", "-l", "--full-tree", tree)
        if outcome.returncode and folder:
            left_out[folder] = "not in this clone"
            continue
        for mode, kind, blob, size, name in tree_entries(outcome.checked()):
            if kind == "tree":
                waiting.append((f"{folder}{name}/", blob))
            else:
                yield mode, blob, size, folder + name


def of_folder(folder: Path, known: Mapping[str, Stat] | None = None) -> Snapshot:
    """List and hash a folder that no git repository holds; repositories inside it are left out."""
    if not folder.is_dir():
        raise NotADirectory.at(folder)
    root = folder.resolve()
    left_out: dict[str, str] = {}
    scan = _Scan(root, known or {}, "sha1", left_out, {})
    scan.take(walk(root, left_out))
    return Snapshot(root, None, False, scan.files, left_out, scan.stats)


def with_buffers(snapshot: Snapshot, buffers: Mapping[str, bytes]) -> Snapshot:
    """Lay an editor's unsaved texts over a snapshot; the paths are relative to its root, with forward slashes."""
    files = dict(snapshot.files)
    left_out = dict(snapshot.left_out)
    for path, content in buffers.items():
        if reason := reason_of_name(path) or reason_of_size(len(content)):
            files.pop(path, None)
            left_out[path] = reason
            continue
        before = files.get(path)
        left_out.pop(path, None)
        blob = blob_id(content, snapshot.object_format)
        files[path] = File(path, blob, len(content), before.mode if before else "file")
    changed = files != snapshot.files
    merged = {path: content for path, content in {**snapshot.buffers, **buffers}.items() if path in files}
    return replace(snapshot, files=files, left_out=left_out, buffers=merged, dirty=snapshot.dirty or changed)


class _Scan:
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
            content = read_regular(full, _MOST_READ)
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


def _convert(git: Git, listed: Listing, scan: _Scan) -> dict[str, str]:
    """Return the files that differ from the index in their bytes alone, with the blobs they stand for."""
    files = scan.files
    differing = {path: blob for path, blob in listed.indexed.items() if path in files and files[path].blob != blob}
    trusted = {path: blob for path, blob in listed.skipped.items() if path in files and files[path].blob != blob}
    for path in listed.trusted & differing.keys():
        trusted[path] = differing.pop(path)
    if not differing:
        return trusted

    def read(path: str) -> bytes | None:
        try:
            return read_regular(os.path.join(scan.root, path), _MOST_READ)
        except OSError:
            return None

    def is_blob(content: bytes, blob: str) -> bool:
        return blob_id(content, scan.object_format) == blob

    names = (path for paths in (listed.indexed, listed.others) for path in paths if path.endswith(".gitattributes"))
    texts = map(read, (*names, os.path.join(git.place.common_dir, "info", "attributes")))
    return trusted | convert(git, differing, read, is_blob, b"\n".join(text for text in texts if text))


def _differs(listed: Listing, scan: _Scan, same: Mapping[str, str]) -> bool:
    """Tell whether the files that are looked at differ from the index; of what is left out, nothing is known."""
    if not scan.files.keys().isdisjoint(listed.others):
        return True
    for path, blob in listed.indexed.items():
        file = scan.files.get(path)
        differs = file.blob != blob if file else path not in scan.left_out
        if differs and path not in same and path not in listed.trusted:
            return True
    return False


def _modes_differ(git: Git, listed: Listing, scan: _Scan) -> bool:
    """Tell whether a file may be executed where the index says that it may not, or the reverse, and git heeds that."""
    executable, looked_at = listed.executable, listed.indexed.keys() - listed.trusted
    for path, file in scan.files.items():
        if (file.mode == "executable") != (path in executable) and path in looked_at:
            return git.try_run("config", "--type=bool", "core.fileMode").output.strip() != b"false"
    return False
