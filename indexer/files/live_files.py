"""The files of a view as they are now, beside what was learned of them. Reads each at most once an answer."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeVar, overload

import numpy as np

from noctule.indexer.files.git import Git, RepositoryPlace
from noctule.indexer.files.scan import Stat
from noctule.indexer.files.snapshot import Snapshot
from noctule.indexer.files.text import as_utf8
from noctule.indexer.lru import WeightedLru

T = TypeVar("T")

MOST_TEXT = 4_000_000
"""Bytes of files whose lines are kept from one answer to the next, for as long as the files hold the same."""
MOST_UNREAD = 200
"""So many files that sleep has not read yet are looked into for a name."""


def _folders(path: str) -> Iterator[str]:
    """Yield the folders that a file lies in, each with a slash at its end."""
    at = path.find("/")
    while at >= 0:
        yield path[: at + 1]
        at = path.find("/", at + 1)


class LazyLines(Sequence[str]):
    """The lines of a text, decoded when they are asked for: of most files only a few ever are."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._derived: dict[object, Any] = {}

    @cached_property
    def _ends(self) -> array[int]:
        """Where each line ends; no part of another character of UTF-8 looks like a line end."""
        ends = np.flatnonzero(np.frombuffer(self._text, np.uint8) == ord("\n")).astype(np.intc)
        found = array("i", ends.tobytes())  # a list of them would take as much memory as the text
        found.append(len(self._text))
        return found

    def __len__(self) -> int:
        return len(self._ends)

    def __iter__(self) -> Iterator[str]:
        return iter(self[:])

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[str]: ...
    def __getitem__(self, at: int | slice) -> str | Sequence[str]:
        """Return a line, or the lines of a slice."""
        ends = self._ends
        if isinstance(at, int):
            begin = ends[at - 1] + 1 if at not in {0, -len(ends)} else 0
            return self._text[begin : ends[at]].decode("utf-8", "replace")
        start, stop, step = at.indices(len(ends))
        if step != 1:
            return tuple(self[n] for n in range(start, stop, step))
        return tuple(self._decode(start, stop)) if start < stop else ()

    @property
    def source(self) -> bytes:
        """The whole text."""
        return self._text

    def bounds(self, start: int, stop: int) -> tuple[int, int]:
        """Return where some lines begin and end in the text; what lies past its end is left out."""
        ends = self._ends
        stop = min(stop, len(ends))
        return (ends[start - 1] + 1 if start else 0, ends[stop - 1]) if start < stop else (0, 0)

    def between(self, start: int, stop: int) -> bytes:
        """Return the bytes of some lines; what lies past the end is left out."""
        begin, end = self.bounds(start, stop)
        return self._text[begin:end]

    def find_lines(self, wanted: bytes, most: int) -> list[int]:
        """Return the first lines in which some bytes begin, at most so many."""
        found: list[int] = []
        at = self._text.find(wanted)
        while at >= 0 and len(found) < most:
            line = bisect_left(self._ends, at)
            found.append(line)
            at = self._text.find(wanted, self._ends[line])
        return found

    def holds(self, part: str) -> bool:
        """Tell whether a part stands anywhere in the text; of many ranges of one text each asks."""
        if part not in self._derived:
            self._derived[part] = part.encode() in self._text
        return bool(self._derived[part])

    def derive(self, lines: tuple[int, int], make: Callable[[bytes], T]) -> T:
        """Return what is made of the bytes of some lines; it is made once, and kept as long as this text."""
        key = (lines, make)
        if key not in self._derived:
            self._derived[key] = make(self.between(*lines))
        found: T = self._derived[key]
        return found

    def _decode(self, start: int, stop: int) -> list[str]:
        return self.between(start, stop).decode("utf-8", "replace").split("\n")


class LineRange(Sequence[str]):
    """Some lines of a text, decoded when they are asked for: of most definitions only the number is."""

    def __init__(self, text: LazyLines, start: int, stop: int) -> None:
        self._text = text
        self._start, self._stop = start, max(start, min(stop, len(text)))

    @cached_property
    def _lines(self) -> Sequence[str]:
        return self._text[self._start : self._stop]

    def __len__(self) -> int:
        return self._stop - self._start

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[str]: ...
    def __getitem__(self, at: int | slice) -> str | Sequence[str]:
        """Return a line, or the lines of a slice."""
        return self._lines[at]

    def find(self, part: str) -> Sequence[str]:
        """Return the lines that hold a part."""
        if not self._text.holds(part) or part.encode() not in self._text.between(self._start, self._stop):
            return ()
        return [line for line in self._lines if part in line]


class LinesOnDemand(Mapping[int, LazyLines]):
    """The lines of those of some files that are texts, each read by `read` when it is asked for."""

    def __init__(self, read: Callable[[Iterable[int]], Mapping[int, LazyLines]], files: Iterable[int]) -> None:
        self._read = read
        self._files = frozenset(files)
        self._known: dict[int, LazyLines | None] = {}

    def _find(self, file: int) -> LazyLines | None:
        if file not in self._known:
            self._known[file] = self._read((file,)).get(file) if file in self._files else None
        return self._known[file]

    def __getitem__(self, file: int) -> LazyLines:
        """Return the lines of a file. KeyError where it is no text, or not one of these."""
        found = self._find(file)
        if found is None:
            raise KeyError(file)
        return found

    def __contains__(self, file: object) -> bool:
        """Tell whether a file is one of these, and a text."""
        return isinstance(file, int) and self._find(file) is not None

    def __iter__(self) -> Iterator[int]:
        """Yield the files that are texts, after reading all."""
        return (file for file in sorted(self._files) if file in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class LiveFiles:
    """Files by their positions in a view: `oids` are the blobs they were learned from, `snapshot` what is there now.

    For a revision there is no snapshot: its files are what was learned, and are read from git. `revision` is the commit
    up to which history was learned.
    """

    def __init__(
        self,
        paths: Sequence[str],
        oids: Sequence[str],
        snapshot: Snapshot | None,
        place: RepositoryPlace | None,
        revision: str | None = None,
    ) -> None:
        self._paths = paths
        self._oids = oids
        self._snapshot = snapshot
        self._place = place
        self._revision = revision
        self._read: dict[int, bytes | None] = {}
        self._stats: dict[int, Stat | None] = {}
        self._texts: WeightedLru[int, tuple[bytes, LazyLines]] = WeightedLru(MOST_TEXT, lambda known: len(known[0]))

    def forget(self) -> None:
        """Read every file anew from here on: an answer rests on files as they are when it is given."""
        self._read.clear()
        self.__dict__.pop("_unread", None)

    @cached_property
    def gone(self) -> list[int]:
        """The files that are no longer there."""
        return [] if self._snapshot is None else [f for f in range(len(self._paths)) if not self.is_there(f)]

    def find_reason(self, path: str) -> str | None:
        """Say why a path is left out now; None where it is not, or where nobody looks at the work tree."""
        return self._snapshot.find_reason(path) if self._snapshot is not None else None

    @cached_property
    def gone_paths(self) -> tuple[str, ...]:
        """The files that are no longer there, and the folders of which nothing is, with a slash at their ends."""
        if not self.gone or self._snapshot is None:
            return ()
        there = {folder for path in self._snapshot.files for folder in _folders(path)}
        files = [self._paths[file] for file in self.gone]
        folders = {folder for path in files for folder in _folders(path)} - there
        return (*files, *sorted(folders))

    def is_there(self, file: int) -> bool:
        """Tell whether a file is there now."""
        return self._snapshot is None or self._paths[file] in self._snapshot.files

    def has_changed(self, file: int) -> bool:
        """Tell whether a file is no longer what was learned."""
        if self._snapshot is None:
            return False
        now = self._snapshot.files.get(self._paths[file])
        return now is None or now.blob != self._oids[file]

    @cached_property
    def _unread(self) -> tuple[bytes | None, ...] | None:
        """The contents of the files that have changed or came since they were learned; None where they are too many."""
        if self._snapshot is None:
            return ()
        learned = dict(zip(self._paths, self._oids, strict=True))
        paths = [path for path, file in self._snapshot.files.items() if learned.get(path) != file.blob]
        if len(paths) > MOST_UNREAD:
            return None
        return tuple(content for _, content in self._snapshot.read_all(paths))

    def may_name(self, name: str) -> bool:
        """Tell whether a file that has changed, or came, since it was learned holds a name, or may for all we know."""
        if self._unread is None or None in self._unread:
            return True
        word = re.compile(rb"(?<!\w)" + re.escape(name.encode()) + rb"(?!\w)")
        return any(word.search(content) for content in self._unread if content is not None)

    def have_lost(self, oids: Iterable[str]) -> bool:
        """Tell whether any of the learned commits is not in the past of what is there now.

        A branch was switched or moved; commits that git has removed since are lost too.
        """
        commits, are_lost = self._past
        return any((oid in commits) == are_lost for oid in oids)

    @cached_property
    def _past(self) -> tuple[frozenset[str], bool]:
        """The learned commits that are lost (True), or where these cannot be told, all that are left (False)."""
        now = None if self._snapshot is None else self._snapshot.revision
        if self._place is None or self._snapshot is None or self._revision in {None, now}:
            return frozenset(), True
        git = Git(self._place)
        lost = git.try_run("rev-list", str(self._revision), *([f"^{now}"] if now is not None else []), "--")
        if lost.returncode == 0:
            return frozenset(lost.output.decode("ascii").split()), True
        left = git.try_run("rev-list", *([now] if now is not None else ["--no-walk"]), "--")
        return (frozenset(left.output.decode("ascii").split()), False) if left.returncode == 0 else (frozenset(), True)

    def contents(self, files: Iterable[int]) -> dict[int, bytes | None]:
        """Return the bytes of files; None for one that is gone. One that is not as it seemed counts as changed then."""
        wanted = list(files)
        unread = [f for f in dict.fromkeys(wanted) if f not in self._read]
        if self._snapshot is not None:
            for file in unread:
                self._read[file] = self._read_live(file, self._snapshot) if self.is_there(file) else None
        elif self._place is not None:
            kept = self._texts.known(unread)  # the files of a revision are what they were for an earlier answer
            self._read.update((file, content) for file, (content, _) in kept.items())
            if unread := [f for f in unread if f not in kept]:
                blobs = Git(self._place).blobs([self._oids[f] for f in unread])
                self._read.update(zip(unread, (content for _, content in blobs), strict=True))
        return {f: self._read.get(f) for f in wanted}

    def _read_live(self, file: int, snapshot: Snapshot) -> bytes | None:
        """Read a file that is there, unless it was read for an earlier answer and looks the same since."""
        path = self._paths[file]
        before, now = self._stats.get(file), snapshot.file_stat(path)
        if before is not None and now is not None and before[:-1] == now[:-1]:  # all but when they were taken
            kept = self._texts.known((file,))
            if file in kept:
                return kept[file][0]
        for _, content in snapshot.read_all([path]):
            if content is not None:
                self._stats[file] = now if now is not None and now.is_settled else None
                return content
        return snapshot.look_again(path)

    def lines_on_demand(self, files: Iterable[int]) -> Mapping[int, LazyLines]:
        """Return what `lines` does; of the work tree each file is read when it is asked for, of git's all at once."""
        return self.lines(files) if self._snapshot is None else LinesOnDemand(self.lines, files)

    def lines(self, files: Iterable[int]) -> dict[int, LazyLines]:
        """Return the lines of those files that are texts."""
        contents = {f: c for f, c in self.contents(files).items() if c is not None}
        found: dict[int, LazyLines] = {}
        known = self._texts.known(contents)
        for file, content in contents.items():
            if file in known and known[file][0] == content:
                found[file] = known[file][1]
            elif (text := as_utf8(content)) is not None:
                found[file] = LazyLines(text)
                if file not in known:
                    self._texts.keep({file: (content, found[file])})
        return found
