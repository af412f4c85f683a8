"""Which folders and files of a work tree count: those that git tracks or does not ignore. Watches nothing."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Protocol

from noctule.indexer.errors import NoctuleError
from noctule.indexer.files.git import Git
from noctule.indexer.files.plain_folder import SKIPPED_FOLDERS

ASKED_BY_NAME = 16  # as many names git looks up in its index faster than it lists all
KEPT_ANSWERS = 20_000


class WatchScope(Protocol):
    """What counts; all paths are relative to the root, with forward slashes, and their parents count."""

    def folders(self, paths: Sequence[str]) -> list[str]:
        """Return those folders whose files count. GitError."""

    def filter_ignored(self, files: Sequence[str]) -> set[str]:
        """Return those files that do not count."""

    def is_known_ignored(self, file: str) -> bool:
        """Tell whether a file is known not to count, without asking anybody; from any thread."""

    def forget(self) -> None:
        """What counts may have changed."""


class PlainScope:
    """What `snapshot.of_folder` looks at."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def folders(self, paths: Sequence[str]) -> list[str]:
        """Leave out what tools make, and repositories."""
        return [p for p in paths if os.path.basename(p) not in SKIPPED_FOLDERS and not _holds_git(self._root, p)]  # noqa: PTH119

    def filter_ignored(self, files: Sequence[str]) -> set[str]:  # noqa: ARG002
        """Let every file count."""
        return set()

    def is_known_ignored(self, file: str) -> bool:  # noqa: ARG002
        """Let every file count."""
        return False

    def forget(self) -> None:
        """Know nothing that could change."""


class GitScope:
    """What `snapshot.of_work_tree` looks at; git is asked for many paths at once, and never about what lies below."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._root = git.place.root
        self._answers: dict[str, bool] = {}

    def folders(self, paths: Sequence[str]) -> list[str]:
        """Leave out ignored folders and nested repositories, unless they hold tracked files."""
        doubtful = self._match_rules(paths) | {p for p in paths if _holds_git(self._root, p)}
        doubtful -= self._with_tracked_files(doubtful)
        return [p for p in paths if p not in doubtful]

    def filter_ignored(self, files: Sequence[str]) -> set[str]:
        """Return the files that git ignores and does not track; none where git cannot say."""
        if len(self._answers) > KEPT_ANSWERS:
            self._answers.clear()
        unknown = [f for f in files if f not in self._answers]
        try:
            matched = self._match_rules(unknown)
            matched -= self._filter_tracked(matched)
        except NoctuleError:
            return set()  # a folder that has just become a link makes git refuse: to tell too much does no harm
        self._answers.update((f, f in matched) for f in unknown)
        return {f for f in files if self._answers[f]}

    def is_known_ignored(self, file: str) -> bool:
        """Tell whether git has said so since the rules or the index last changed."""
        return self._answers.get(file, False)

    def forget(self) -> None:
        """Ask git anew."""
        self._answers.clear()

    def _match_rules(self, paths: Collection[str]) -> set[str]:
        """Return the paths that match a rule of git's, tracked or not; without the index, which has rules of its own.

        check-ignore does not take literal pathspecs, so that a colon at the start has to be hidden from it.
        """
        if not paths:
            return set()
        asked = b"".join(b"./%b\0" % os.fsencode(path) for path in paths)
        outcome = self._git.try_run(
            "--no-literal-pathspecs", "check-ignore", "--no-index", "--stdin", "-z", input=asked
        )
        if outcome.returncode == 1 and not outcome.output:
            return set()  # none is ignored
        return {path[2:] for path in os.fsdecode(outcome.checked()).split("\0")[:-1]}

    def _filter_tracked(self, files: Collection[str]) -> set[str]:
        return set(files).intersection(self._list_tracked(files)) if files else set()

    def _with_tracked_files(self, folders: Collection[str]) -> set[str]:
        """Return the folders with a tracked file below; a submodule is an entry of the index itself, not a folder."""
        found: set[str] = set()
        seen: set[str] = set()
        for path in self._list_tracked(folders) if folders else ():
            folder = path.rpartition("/")[0]
            while folder and folder not in seen:
                seen.add(folder)
                if folder in folders:
                    found.add(folder)
                folder = folder.rpartition("/")[0]
        return found

    def _list_tracked(self, paths: Collection[str]) -> Iterable[str]:
        """Return tracked files: all, or those at or below a few paths."""
        named = ("--", *paths) if len(paths) <= ASKED_BY_NAME else ()
        return os.fsdecode(self._git.run("ls-files", "-z", *named)).split("\0")[:-1]


def _holds_git(root: Path, folder: str) -> bool:
    return os.path.lexists(os.path.join(root, folder, ".git"))  # noqa: PTH118
