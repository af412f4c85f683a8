"""The few files of a git directory that tell where a work tree stands: watched, read and compared. Knows no files."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Literal

from noctule.indexer.files.cuts import find_cut
from noctule.indexer.files.git import Git, RepositoryPlace, read_state
from noctule.indexer.watch.event_source import InFolder
from noctule.indexer.watch.watches import Watches

HeadState = tuple[str, bytes, str, str]
Sign = Literal["head", "index", "lock", "rules", ""]

LOCKS = ("index.lock", "HEAD.lock")

# A lock that a killed git left behind must not make every change wait.
STALE_S = 10.0

_SIGNS: dict[str, Sign] = {
    "HEAD": "head",
    "packed-refs": "head",
    "shallow": "head",
    "MERGE_HEAD": "head",
    "CHERRY_PICK_HEAD": "head",
    "REVERT_HEAD": "head",
    "BISECT_LOG": "head",
    "rebase-merge": "head",
    "rebase-apply": "head",
    "index": "index",
    "index.lock": "lock",
    "HEAD.lock": "lock",
}

_RULES: dict[str, Sign] = {"exclude": "rules", "grafts": "head"}


class GitState:
    """Where a work tree stands: its commit and branch, where its history is cut, what git is in the middle of."""

    def __init__(self, place: RepositoryPlace, watches: Watches, told: InFolder) -> None:
        self._place = place
        self._watches = watches
        self._told = told
        self._watched: set[str] = set()
        self._head_state: HeadState | None = None
        self._git = Git(place)
        self._git_dir = str(place.git_dir)
        self._common_dir = str(place.common_dir)

    @property
    def operation(self) -> str:
        """What git is in the middle of, such as a rebase or a merge; empty when nothing."""
        state = read_state(self._place.git_dir)
        return "" if state == "clean" else state

    def has_moved(self, from_scratch: bool = False) -> bool:
        """Tell whether HEAD names another branch or commit, or an operation began or ended, since this was asked.

        Or whether its history is cut elsewhere. What that rests on is watched first; `from_scratch` where the watches
        may not be what they seem.
        """
        wanted = set(self._folders())
        for folder in self._watched - (set() if from_scratch else wanted):
            self._watches.drop(str(Path(folder).resolve()))
        for folder in wanted - (set() if from_scratch else self._watched):
            # git follows a link here, such as one that lets several work trees share their branches
            self._watches.add(str(Path(folder).resolve()), partial(self._told, folder))
        self._watched = wanted
        commit = self._git.try_run("rev-parse", "-q", "--verify", "HEAD").output
        cut = find_cut(self._place)
        before, self._head_state = self._head_state, (self._head(), commit, self.operation, cut)
        return before != self._head_state

    def lose(self, folder: str, name: str) -> None:
        """Take note that a folder below a watched one came or went: it is to be watched anew."""
        self._watched.discard(os.path.join(folder, name))  # noqa: PTH118

    def _folders(self) -> list[str]:
        """Return the folders to watch: all that HEAD rests on, and the rules of what is ignored; never the objects.

        In a linked worktree HEAD and the index are its own, branches and rules are shared.
        """
        common = self._place.common_dir
        wanted = [self._place.git_dir, common, common / "info", common / "reftable", common / "refs"]
        branch = self._head().removeprefix("ref: ").strip()
        if branch.startswith("refs/") and ".." not in branch:
            # A branch with a slash lies in a folder that comes and goes with it.
            wanted += reversed([p for p in (common / branch).parents if common / "refs" in p.parents])
        return [str(folder) for folder in dict.fromkeys(wanted) if folder.is_dir()]

    def sign(self, folder: str, name: str) -> Sign:
        """Say what an entry of such a folder tells when it changes; empty for nothing."""
        if folder == os.path.join(self._common_dir, "info"):  # noqa: PTH118
            return _RULES.get(name, "")
        if folder == self._git_dir:
            return _SIGNS.get(name, "")
        if folder == self._common_dir:
            return "head" if name in {"packed-refs", "shallow"} else ""  # the rest is another work tree's
        return "lock" if name.endswith(".lock") else "head"

    def is_locked(self, since: float) -> bool:
        """Tell whether git is at work on the index or on HEAD, and was so, or not yet, at a time (of the wall clock).

        A checkout of a minute keeps its lock all the time; one that is long there when something happens is a leftover.
        """
        return any(_is_live(os.path.join(self._git_dir, name), since) for name in LOCKS)  # noqa: PTH118

    def _head(self) -> str:
        try:
            return Path(self._git_dir, "HEAD").read_text(errors="surrogateescape")
        except OSError:
            return ""  # git replaces the file; a directory without one is found out where gone is asked


def _is_live(lock: str, since: float) -> bool:
    try:
        return since - os.lstat(lock).st_mtime < STALE_S
    except OSError:
        return False
