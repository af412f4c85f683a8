"""Which files are looked at, as paths and blob ids. Knows git and the file system; parses and stores nothing.

Blob ids are the hashes that git would give the bytes as they are on disk: no filter and no line-ending conversion runs.
"""

# A Path per file would double the time that an unchanged work tree takes.
# ruff: noqa: PTH118

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from noctule.indexer.errors import NotADirectory, RepositoryError
from noctule.indexer.files.checkout import convert
from noctule.indexer.files.git import Git, RepositoryPlace
from noctule.indexer.files.left_out import reason_of_listed_size, reason_of_name, reason_of_size
from noctule.indexer.files.listing import EXECUTABLE, SUBMODULE, Listing, tree_entries, unlistable
from noctule.indexer.files.listing_runs import ListingRuns, begin_listing
from noctule.indexer.files.plain_folder import walk
from noctule.indexer.files.regular_file import read_regular
from noctule.indexer.files.scan import MOST_READ, File, Scan, Stat
from noctule.indexer.files.text import blob_id

SYMLINK = "120000"


class ChangedMeanwhile(RepositoryError):
    """A file is no longer what the snapshot says it is."""


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
            content = read_regular(os.path.join(self.root, path), MOST_READ)
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
            content = read_regular(os.path.join(self.root, path), MOST_READ)
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
    scan = Scan(place.root, known or {}, place.object_format, {}, before or {})
    with begin_listing(place) if begun is None else nullcontext(begun) as runs:
        scan.take_known()  # while git lists: mostly it lists the same
        listing, staged = (run.outcome() for run in runs)
    listed = Listing.of(listing.checked())
    scan.settle(
        [*listed.indexed, *scan.those_there(listed.skipped), *listed.others],
        listed.left_out | unlistable(listing.complaint),
    )
    files = scan.files
    unlike = {p: blob for p, blob in listed.indexed.items() if (file := files.get(p)) is None or file.blob != blob}
    same = _convert(git, listed, scan, unlike)
    # Where the tree of the commit cannot be read, git ends with another code: nothing is known to be staged.
    dirty = staged.returncode == 1 or _differs(listed, scan, unlike, same) or _modes_differ(git, listed, scan)
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
    scan = Scan(root, known or {}, "sha1", left_out, {})
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


def _convert(git: Git, listed: Listing, scan: Scan, unlike: Mapping[str, str]) -> dict[str, str]:
    """Return the files that differ from the index in their bytes alone, with the blobs they stand for."""
    files = scan.files
    differing = {path: blob for path, blob in unlike.items() if path in files}
    trusted = {path: blob for path, blob in listed.skipped.items() if path in files and files[path].blob != blob}
    for path in listed.trusted & differing.keys():
        trusted[path] = differing.pop(path)
    if not differing:
        return trusted

    def read(path: str) -> bytes | None:
        try:
            return read_regular(os.path.join(scan.root, path), MOST_READ)
        except OSError:
            return None

    def is_blob(content: bytes, blob: str) -> bool:
        return blob_id(content, scan.object_format) == blob

    names = (path for paths in (listed.indexed, listed.others) for path in paths if path.endswith(".gitattributes"))
    texts = map(read, (*names, os.path.join(git.place.common_dir, "info", "attributes")))
    return trusted | convert(git, differing, read, is_blob, b"\n".join(text for text in texts if text))


def _differs(listed: Listing, scan: Scan, unlike: Mapping[str, str], same: Mapping[str, str]) -> bool:
    """Tell whether the files that are looked at differ from the index; of what is left out, nothing is known."""
    return not scan.files.keys().isdisjoint(listed.others) or any(
        path not in same and path not in listed.trusted
        for path in unlike
        if path in scan.files or path not in scan.left_out
    )


def _modes_differ(git: Git, listed: Listing, scan: Scan) -> bool:
    """Tell whether a file may be executed where the index says that it may not, or the reverse, and git heeds that."""
    executable = {path for path, file in scan.files.items() if file.mode == "executable"}
    differing = (executable ^ listed.executable) & scan.files.keys() & listed.indexed.keys()
    if differing <= listed.trusted:
        return False
    return git.try_run("config", "--type=bool", "core.fileMode").output.strip() != b"false"
