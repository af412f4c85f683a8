"""A work tree of one's own that is moved from commit to commit, removed afterwards. Never writes into the repository.

It borrows the repository's objects and has no branch, no tag and no hook. The user's and the machine's git settings are
left out, so that no filter of theirs runs and a file's bytes are those of its blob unless the commit itself asks for
other line ends.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Self

from noctule.indexer.errors import GitError
from noctule.indexer.files.git import Git, RepositoryPlace


class WorkTree:
    """A folder with the files of one commit at a time."""

    def __init__(self, place: RepositoryPlace) -> None:
        self._place = place

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="noctule-eval-", ignore_cleanup_errors=True)
        self.path = Path(self._folder.name).resolve() / "tree"
        try:
            self.path.mkdir()
            self._git("init", "--quiet", "--template=", f"--object-format={self._place.object_format}")
            alternates = self.path / ".git/objects/info/alternates"
            alternates.parent.mkdir(parents=True, exist_ok=True)
            alternates.write_bytes(os.fsencode(self._place.common_dir.resolve() / "objects") + b"\n")
            if (shallow := self._place.common_dir / "shallow").is_file():
                shutil.copy(shallow, self.path / ".git/shallow")
        except BaseException:
            self._folder.cleanup()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()

    def check_out(self, commit: str) -> None:
        """Make the files those of a commit; what git does not know stays. GitError."""
        self._git("checkout", "--quiet", "--force", "--detach", commit)

    def _git(self, *args: str) -> None:
        environment = {**Git.environment(), "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        done = subprocess.run(["git", *args], cwd=self.path, env=environment, capture_output=True, check=False)
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip().split("\n")[0]
            raise GitError(f"git {args[0]} failed in a work tree of {self._place.root}: {said}")
