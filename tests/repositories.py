"""Real git repositories for tests: fixed author and clock, none of the machine's own configuration."""

from __future__ import annotations

import contextlib
import copy
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "LC_ALL": "C",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
}


COMMIT = ("-c", "maintenance.auto=false", "commit", "--quiet", "--allow-empty", "--message")
"""The tests make thousands of commits, and looking for what there is to tidy up costs each as much as the commit."""


def read_head(root: Path) -> str | None:
    """Read which commit is checked out, without a process; None where git does not keep it in a plain file."""
    with contextlib.suppress(OSError):
        head = (root / ".git/HEAD").read_text().strip()
        return (root / ".git" / head[5:]).read_text().strip() if head.startswith("ref: ") else head
    return None


_MADE: dict[Path, Any] = {}


def put_back(folder: Path, make: Callable[[Path], Any]) -> Any:
    """Have a folder as `make` left it the first time, and return what it returned then.

    What was learned of a repository knows its files by their paths, so that all tests have it at one path.
    """
    saved = folder.with_name(f"{folder.name}-saved")
    if saved.exists():
        shutil.rmtree(folder)
        shutil.copytree(saved, folder, symlinks=True)
    else:
        folder.mkdir(parents=True)
        _MADE[folder] = make(folder)
        shutil.copytree(folder, saved, symlinks=True)
    return copy.copy(_MADE[folder])


class Repository:
    """A repository under test, and the few things that tests do to it."""

    def __init__(self, root: Path, *options: str) -> None:
        self.root = root
        self.clock = 1_700_000_000
        root.mkdir(parents=True, exist_ok=True)
        self.git("init", "-q", "-b", "main", *options)

    def git(self, *args: str, input: bytes | None = None) -> str:
        return self.git_bytes(*args, input=input).decode("utf-8", "surrogateescape").strip()

    def git_bytes(self, *args: str, input: bytes | None = None) -> bytes:
        done = self.attempt(*args, input=input)
        assert done.returncode == 0, (args, done.stderr.decode(errors="replace"))
        return done.stdout

    def attempt(self, *args: str, input: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
        """Run a command that may fail."""
        stamp = f"{self.clock} +0000"
        environment = ENVIRONMENT | {"GIT_AUTHOR_DATE": stamp, "GIT_COMMITTER_DATE": stamp}
        return subprocess.run(
            ["git", *args], cwd=self.root, env=environment, input=input, capture_output=True, check=False
        )

    def write(self, path: str, content: str | bytes = "x\n") -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def commit(self, message: str = "A change", files: dict[str, str | bytes] | None = None) -> str:
        """Write the files, stage everything, commit; return the commit id."""
        for path, content in (files or {}).items():
            self.write(path, content)
        self.clock += 60
        self.git("add", "-A")
        self.git(*COMMIT, message)
        return read_head(self.root) or self.git("rev-parse", "HEAD")
