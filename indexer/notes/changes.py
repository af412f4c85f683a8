"""What past commits did to the files of a view, from columns that sleep laid out. No git, no text, no clock.

The newest commit stands for today: the same history says the same on any day. `indexer.history.counts` says which
commits touch a file and which of them count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from noctule.indexer.arrays import Array, Ints, unique
from noctule.indexer.history.counts import co_changes, describe_rule, gather, telling
from noctule.indexer.history.history import BOT, FIX, MERGE, History

LATEST = 30
"""Commits of a file that are looked at: what has stopped changing together is no longer said to."""
FOCUSED_FILES = 6
"""A commit of more files is often a sweep over the whole, which says little of two of them."""


def columns(history: History) -> dict[str, Array]:
    """Lay out which commits they were, when and whose; beside the columns of what they touched."""
    return {
        "oids": np.frombuffer(bytes.fromhex("".join(history.oids)), np.uint8),
        "times": np.clip(history.dates, 0, 2**32 - 1).astype(np.uint32),
        "authors": history.authors.astype(np.int32),
    }


class Partner(NamedTuple):
    """A file that changed in `both` of the last `of` commits of another; `commits` are the latest of them.

    `rule` says what those commits leave out, or is empty. `focused` of both touched at most `FOCUSED_FILES` files.
    """

    file: int
    both: int
    of: int
    commits: tuple[int, ...]
    rule: str = ""
    focused: int = 0

    @property
    def share(self) -> float:
        """In which share of the commits it changed too."""
        return self.both / self.of


class ViewCommits:
    """The commits of a view, oldest first, numbered; files are positions in the view."""

    def __init__(self, touched: Mapping[str, Array], named: Mapping[str, Array]) -> None:
        self._offsets = touched["offsets"]
        self._files = touched["files"]
        self.sizes = touched["sizes"]
        self.flags = touched["flags"]
        self._named = named

    @property
    def known(self) -> bool:
        """Whether there is any commit to speak of."""
        return len(self.sizes) > 0 and len(self._named["times"]) == len(self.sizes)

    @cached_property
    def _commit_rows(self) -> Ints:
        return np.repeat(np.arange(len(self.sizes), dtype=np.int32), np.diff(self._offsets))

    @cached_property
    def telling(self) -> Array:
        """Which commits say by what they touched that files belong together."""
        return telling(self.flags, self.sizes)

    @cached_property
    def every(self) -> Ints:
        """The commits that touch anything, merges aside, oldest first."""
        every: Ints = np.flatnonzero(((self.flags & MERGE) == 0) & (self.sizes > 0))
        return every

    @cached_property
    def newest(self) -> int:
        """When the newest commit was made: what is taken for today."""
        return int(self._named["times"].max(initial=0))

    def time(self, commit: int) -> int:
        """Return when a commit was made."""
        return int(self._named["times"][commit])

    def authors(self, commits: Ints) -> int:
        """Return how many people made them, bots aside."""
        human = commits[(self.flags[commits] & BOT) == 0]
        return len(unique(self._named["authors"][human]))

    def oids(self, commits: Sequence[int] | Ints) -> tuple[str, ...]:
        """Return the full ids of commits."""
        raw = self._named["oids"]
        width = len(raw) // max(len(self.sizes), 1)
        return tuple(raw[c * width : (c + 1) * width].tobytes().hex() for c in map(int, commits))

    def commit_time(self, oid: str) -> int | None:
        """Return when the commit with a full id was made; None for one that is not known."""
        wanted, data = bytes.fromhex(oid), self._named["oids"].tobytes()
        at = data.find(wanted)
        while at >= 0 and at % len(wanted):
            at = data.find(wanted, at + 1)
        return self.time(at // len(wanted)) if at >= 0 else None

    def commit_files(self, commit: int) -> list[int]:
        """Return the files of the view that a commit touched."""
        return list(map(int, self._files[self._offsets[commit] : self._offsets[commit + 1]]))

    def touching(self, files: Sequence[int] | Ints) -> Ints:
        """Return the commits that touched any of the files, merges aside, oldest first."""
        if len(files) == 1:
            here = self._files == files[0]
        else:
            wanted = np.zeros(int(max(self._files.max(initial=0), max(files, default=0))) + 1, bool)
            wanted[np.asarray(files, np.int64)] = True
            here = wanted[self._files]
        commits = unique(self._commit_rows[here])
        plain: Ints = commits[(self.flags[commits] & MERGE) == 0]
        return plain

    def fixes(self, commits: Ints) -> Ints:
        """Return those commits that fixed something, as their messages say."""
        fixes: Ints = commits[(self.flags[commits] & FIX) != 0]
        return fixes

    @cached_property
    def fix_share(self) -> float:
        """Which share of all telling commits fixed something."""
        return float((self.flags[self.telling] & FIX != 0).mean()) if self.telling.any() else 0.0

    def latest(self, files: Sequence[int] | Ints, most: int = LATEST) -> Ints:
        """Return the latest telling commits that touched any of the files."""
        commits = self.touching(files)
        latest: Ints = commits[self.telling[commits]][-most:]
        return latest

    def describe_left_out(self, commits: Ints, every: Ints) -> str:
        """Say what some latest commits leave out of those that `every` holds since the first of them."""
        passed = every[(every >= commits[:1].sum()) & ~self.telling[every]]
        return describe_rule(self.flags[passed], self.sizes[passed])

    def together(self, files: Sequence[int] | Ints, most: int = LATEST, least: int = 1) -> list[Partner]:
        """Return what else the latest telling commits of the files touched, `least` times or more, most often first."""
        commits = self.latest(files, most)
        if not len(commits):
            return []
        rule = self.describe_left_out(commits, self.touching(files))
        changed, owners = gather(self._offsets, self._files, commits)
        # A commit may list a file twice: under two names that became one.
        pairs = unique(changed.astype(np.int64) * len(commits) + owners)
        pairs = pairs[~np.isin(pairs // len(commits), np.asarray(files, np.int64))]
        touched, owners = np.divmod(pairs, len(commits))
        both = co_changes(touched, owners, np.ones(len(commits)), int(self._files.max(initial=0)) + 1)
        often = unique(touched[both[touched] >= least])
        order = sorted(often.tolist(), key=lambda f: (-int(both[f]), f))
        found = []
        for file in order:
            mine = commits[owners[touched == file]]
            focused = int((self.sizes[mine] <= FOCUSED_FILES).sum())
            found.append(Partner(file, int(both[file]), len(commits), tuple(mine[-3:].tolist()), rule, focused))
        return found

    @cached_property
    def _usual(self) -> Array:
        """For each file, in which share of all telling commits it changes."""
        entries = self.telling[self._commit_rows]
        counts = np.bincount(self._files[entries], minlength=int(self._files.max(initial=0)) + 1)
        return counts / max(int(self.telling.sum()), 1)

    def usual(self, file: int) -> float:
        """Return in which share of all telling commits a file changes."""
        return float(self._usual[file]) if file < len(self._usual) else 0.0
