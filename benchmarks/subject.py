"""The repository that is measured: a clone in a temporary folder with a store of its own, and the commands on it."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.process import Spent, timed

ROOT = Path(__file__).parent.parent
NOCTULE = Path(sys.executable).parent / "noctule"
LARGEST_TEXT = 1_500_000


@dataclass(frozen=True)
class Subject:
    """A work tree that may be changed, and the folder where its store lies."""

    name: str
    tree: Path
    cache: Path
    rounds: int

    @classmethod
    def cloned(cls, name: str, source: Path, folder: Path, rounds: int) -> Subject:
        """Clone a repository, so that the given one is only read."""
        tree = folder / name
        subprocess.run(["git", "clone", "-q", "--shared", str(source.resolve()), str(tree)], check=True)
        return cls(name, tree, folder / f"{name}.cache", rounds)

    @property
    def environment(self) -> dict[str, str]:
        """What processes on this subject are given."""
        return {"NOCTULE_CACHE_DIR": str(self.cache)}

    def noctule(self, command: str, *arguments: str, memory: bool = False) -> Spent:
        """Run the installed command on the tree, as a process of its own."""
        return timed([NOCTULE, command, self.tree, *arguments], self.environment, memory=memory)

    def slept(self) -> dict[str, Any]:
        """Sleep, and return what the command reports."""
        return dict(json.loads(self.noctule("sleep", "--json").output))

    def forget(self) -> None:
        """Remove the store, so that the next sleep is cold."""
        self.noctule("forget")

    def module(self, name: str, *arguments: str) -> dict[str, Any]:
        """Run one of this package's modules in a process of its own, and return the JSON that it prints."""
        command = [sys.executable, "-m", f"benchmarks.{name}", *arguments]
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        return dict(json.loads(timed(command, {**self.environment, "PYTHONPATH": path}).output))

    def git(self, *arguments: str) -> bytes:
        """Run git in the tree."""
        return subprocess.run(["git", "-C", str(self.tree), *arguments], capture_output=True, check=True).stdout

    def median(self, measure: Callable[[], float]) -> float:
        """Measure once for each round."""
        return statistics.median(measure() for _ in range(self.rounds))

    def text_bytes(self) -> int:
        """Return the size of the texts in the tree: what git lists, without binary and very large files."""
        names = [os.fsdecode(n) for n in self.git("ls-files", "-z").split(b"\0") if n]
        paths = [self.tree / n for n in names]
        contents = (p.read_bytes() for p in paths if p.is_file() and not p.is_symlink())
        return sum(len(c) for c in contents if len(c) <= LARGEST_TEXT and b"\0" not in c[:8000])

    def store_bytes(self) -> int:
        """Return the size of the store on disk."""
        return sum(p.stat().st_size for p in self.cache.rglob("*") if p.is_file())

    def tasks(self, count: int) -> list[str]:
        """Return the newest commit messages that say something, each once: what people have asked of these files."""
        told = self.git("log", "--no-merges", f"--max-count={count * 10}", "--format=%B%x00").split(b"\0")
        messages = dict.fromkeys(m.decode(errors="replace").strip() for m in told)
        return [m for m in messages if len(m) >= 20][:count]
