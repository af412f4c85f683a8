"""The repo map of aider, an external program, asked in a Python that has it, on a work tree of the task's base.

`evals.solvers.aider_program` runs there for as long as there are tasks, so that aider's cache of tags is warm from one
base to the next, as it is for its users. The ranking is the one that the map is cut from; the map itself lists files by
name.
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from noctule.evals.errors import AiderFailed
from noctule.evals.solvers.answer import MOST_FILES, SolverAnswer
from noctule.evals.tasks.checkout import BaseCheckout
from noctule.evals.tasks.gold import Gold
from noctule.evals.tasks.task import Task
from noctule.evals.tasks.worktree import WorkTree
from noctule.indexer.files.git import RepositoryPlace
from noctule.indexer.tokens import count

PROGRAM = Path(__file__).with_name("aider_program.py")
MAP_TOKENS = 2000
ANSWER_S = 900.0
CHECK_S = 120.0


def why_absent(python: str | None) -> str | None:
    """Say why aider cannot be asked; None where it can."""
    if python is None:
        return "no Python that has aider-chat is named (--aider PYTHON)"
    try:
        done = subprocess.run(
            [python, "-c", "import sys; sys.path.pop(0); import aider.repomap"],
            env=_environment(),
            capture_output=True,
            timeout=CHECK_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{python} cannot be run: {error}"
    return f"{python} has no aider-chat" if done.returncode else None


class Aider:
    """Asks for a map of `MAP_TOKENS` tokens; makes the work tree and the process at the first task."""

    def __init__(self, python: str | None) -> None:
        self._python = python
        self._open = ExitStack()
        self._place: RepositoryPlace | None = None
        self._tree: WorkTree | None = None
        self._process: subprocess.Popen[str] | None = None

    def solve(self, task: Task, ground: BaseCheckout, gold: Gold) -> SolverAnswer:  # noqa: ARG002 - every solver is asked alike
        """Check the base out and ask. AiderFailed, GitError."""
        if self._tree is None or self._place != ground.place:
            self.close()
            self._place, self._tree = ground.place, self._open.enter_context(WorkTree(ground.place))
        self._tree.check_out(ground.base)
        reply = self._ask({"root": str(self._tree.path), "text": task.text, "tokens": MAP_TOKENS})
        return SolverAnswer(
            files=tuple(reply["files"][:MOST_FILES]),
            named=tuple(reply["shown"]),
            tokens=count(reply["map"]),
        )

    def close(self) -> None:
        """End the process and remove the work tree."""
        self._open.close()
        self._process = self._tree = None

    def _ask(self, question: dict[str, object]) -> dict[str, Any]:
        process = self._process or self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        watch = threading.Timer(ANSWER_S, process.kill)
        watch.start()
        try:
            process.stdin.write(json.dumps(question) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            watch.cancel()
        if not line:
            self._process = None
            raise AiderFailed("aider gave no answer: its process has ended", f"it has {ANSWER_S:.0f} seconds for one")
        reply: dict[str, Any] = json.loads(line)
        if "error" in reply:
            raise AiderFailed(f"aider failed: {reply['error']}")
        return reply

    def _start(self) -> subprocess.Popen[str]:
        if self._python is None:
            raise AiderFailed("aider is not installed", "name a Python that has aider-chat with --aider")
        try:
            self._process = subprocess.Popen(
                [self._python, str(PROGRAM)],
                env=_environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        except OSError as error:
            raise AiderFailed(f"cannot run {self._python}: {error.strerror or error}") from error
        self._open.callback(_end, self._process)
        return self._process


def _environment() -> dict[str, str]:
    """Return an environment in which that Python finds its own packages and none of ours."""
    return {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "PYTHONHOME", "PYTHONWARNINGS"}}


def _end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()
