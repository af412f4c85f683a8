"""A work tree of a base commit for an agent to spoil, removed afterwards. Holds no commit after the base.

A clone that shares objects, or a linked work tree, would be quicker to make, and every later commit could be read from
it, the solution among them. So the base and `GENERATIONS` of its ancestors are fetched into a repository of their own.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

from noctule.evals.errors import CheckoutFailed
from noctule.indexer.files.git import RepositoryPlace
from noctule.indexer.files.roles import classify_role

GENERATIONS = 20
NOT_WORK = frozenset({".git", "__pycache__", "node_modules", ".pytest_cache", ".mypy_cache"})
IDENTITY = "[user]\n\tname = Agent\n\temail = agent@localhost\n"


class Checkout:
    """Folders for one session: `tree` is the work tree, `home` and `commands` what its commands are given."""

    def __init__(self, place: RepositoryPlace, base: str) -> None:
        self._place = place
        self._base = base
        self._before: Mapping[str, str] = {}

    def __enter__(self) -> Self:
        """Make the work tree. CheckoutFailed."""
        self._root = Path(tempfile.mkdtemp(prefix="noctule-agent-")).resolve()
        self.tree, self.home, self.commands = (self._root / name for name in ("tree", "home", "bin"))
        try:
            for folder in (self.tree, self.home, self.commands):
                folder.mkdir()
            (self.home / ".gitconfig").write_text(IDENTITY)
            self._git("init", "--quiet", f"--object-format={self._place.object_format}")
            source = str(self._place.common_dir)
            # Only the fetch reads the user's settings: they may say that the clone is safe to read.
            self._git("fetch", "--quiet", "--no-tags", "--depth", str(GENERATIONS), source, self._base, user=True)
            self._git("checkout", "--quiet", "-b", "work", "FETCH_HEAD")
            (self.tree / ".git/FETCH_HEAD").unlink()  # it says where the clone lies
            self._before = _blobs(self.tree)
        except OSError as error:
            self._remove()
            raise CheckoutFailed(f"cannot make a work tree: {error.strerror or error}", "make room") from error
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._remove()

    def offer(self, name: str, script: str) -> None:
        """Put a program where the agent's commands find it first."""
        program = self.commands / name
        program.write_text(script)
        program.chmod(0o755)

    def changes(self) -> tuple[list[str], list[str]]:
        """Return the paths of the base that were modified or deleted, and those that were created.

        Files are compared and git is not asked, since an agent may have committed, or broken the repository.
        """
        after = _blobs(self.tree)
        modified = [path for path, blob in self._before.items() if after.get(path) != blob]
        return sorted(modified), sorted(set(after) - set(self._before))

    def patch(self) -> str:
        """Return all changes as a patch; empty where the agent has broken its repository."""
        try:
            self._git("add", "--all")
            return self._git("diff", "--cached", "--binary", self._base)
        except CheckoutFailed:
            return ""

    def apply(self, patch: str) -> None:
        """Apply a patch of tests over what the agent made of these files. CheckoutFailed."""
        touched = [line[6:] for line in patch.split("\n") if line.startswith(("--- a/", "+++ b/"))]
        for path in dict.fromkeys(touched):
            if path in self._before:
                self._git("checkout", "--quiet", self._base, "--", path)
            elif ".." not in Path(path).parts:
                (self.tree / path).unlink(missing_ok=True)
        self._git("apply", "--whitespace=nowarn", "-", given=patch)

    def _git(self, *args: str, user: bool = False, given: str | None = None) -> str:
        settings = {} if user else {"GIT_CONFIG_GLOBAL": str(self.home / ".gitconfig"), "GIT_CONFIG_NOSYSTEM": "1"}
        clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or "CONFIG" in name}
        ran = subprocess.run(
            ["git", *args],
            cwd=self.tree,
            env={
                **clean,
                "LC_ALL": "C",
                "GIT_TERMINAL_PROMPT": "0",
                "GIT_NO_LAZY_FETCH": "1",
                "GIT_LFS_SKIP_SMUDGE": "1",
                **settings,
            },
            input=given,
            stdin=subprocess.DEVNULL if given is None else None,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            check=False,
        )
        if ran.returncode:
            why = ran.stderr.strip().split("\n")[0]
            raise CheckoutFailed(f"git {args[0]} failed at {self._base[:12]}: {why}")
        return ran.stdout

    def _remove(self) -> None:
        shutil.rmtree(self._root, onerror=_permit)


def scored_paths(paths: list[str]) -> list[str]:
    """Return which modified files are held against the gold: by the rule that made it, tests and the like aside."""
    return [p for p in paths if classify_role(p) not in {"test", "docs", "generated", "vendored"}] or paths


def _blobs(root: Path) -> dict[str, str]:
    """Return what every file holds, as a hash; a symbolic link holds its target."""
    found: dict[str, str] = {}
    for folder, folders, names in os.walk(root):
        folders[:] = [f for f in folders if f not in NOT_WORK]
        for name in names:
            path = Path(folder, name)
            mode = path.lstat().st_mode
            if stat.S_ISLNK(mode):
                content = os.fsencode(path.readlink())
            elif stat.S_ISREG(mode) and os.access(path, os.R_OK):
                content = path.read_bytes()
            else:
                continue
            found[path.relative_to(root).as_posix()] = hashlib.blake2b(content, digest_size=16).hexdigest()
    return found


def _permit(again: Callable[[str], object], path: str, _error: object) -> None:
    """Remove what an agent has made read-only."""
    for place in (Path(path).parent, Path(path)):
        if not place.is_symlink():
            place.chmod(stat.S_IRWXU)
    again(path)
