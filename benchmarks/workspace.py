"""Asks several repositories as one, beside the largest of them alone: what it takes, and what it finds.

    python -m benchmarks.workspace CLONE CLONE ... [--tasks 40] [--processes 10]

Each clone is copied and set back by 40 commits, which are the tasks: nothing of them is learned. Of each task the
workspace and the largest repository are asked in turn, first in one process that stays and then as new processes;
times are processor times, those of git included.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.process import timed
from benchmarks.subject import NOCTULE
from noctule.indexer.serve.repository import Repository
from noctule.indexer.serve.workspace import Workspace
from noctule.indexer.serve.workspace_members import Chosen, MemberThread, find_members

SET_BACK = 40
MOST_FILES = 8
FIRST = 5, 10


@dataclass(frozen=True, slots=True)
class PastCommit:
    """A commit that nobody has learned, as a task: its message, and the known files that it changed."""

    repository: str
    message: str
    files: frozenset[str]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.workspace", description=__doc__)
    parser.add_argument(
        "clones", metavar="CLONE", type=Path, nargs="+", help="a clone of a repository, with its history"
    )
    parser.add_argument("--tasks", metavar="N", type=int, default=40, help="commits of each (default: 40)")
    parser.add_argument("--processes", metavar="N", type=int, default=10, help="tasks for new processes (default: 10)")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as scratch:
        folder, cache = Path(scratch) / "workspace", Path(scratch) / "cache"
        os.environ["NOCTULE_CACHE_DIR"] = str(cache)
        tasks = [task for clone in args.clones for task in _prepare(clone, folder)[: args.tasks]]
        _measure(folder, tasks, args.processes)


def _prepare(clone: Path, folder: Path) -> list[PastCommit]:
    """Copy a clone, set it back, have it learned, and return what was committed after."""
    there = folder / clone.resolve().name
    subprocess.run(["git", "clone", "-q", clone, there], check=True)
    later = _git(there, "rev-list", "--first-parent", "--no-merges", f"--max-count={SET_BACK + 1}", "HEAD").split()
    _git(there, "reset", "-q", "--hard", later[-1])
    subprocess.run([NOCTULE, "sleep", there], check=True, capture_output=True)
    known = set(_git(there, "ls-files").splitlines())
    tasks = []
    for commit in later[:-1]:
        changed = _git(there, "diff-tree", "-r", "--no-commit-id", "--name-only", commit).splitlines()
        gold = known.intersection(changed)
        message = _git(there, "log", "-1", "--format=%B", commit).strip()
        if gold and len(changed) <= MOST_FILES and len(message.partition("\n")[0]) > 12:
            tasks.append(PastCommit(there.name, message, frozenset(gold)))
    return tasks


def _measure(folder: Path, tasks: Sequence[PastCommit], processes: int) -> None:
    members = {m.name: MemberThread(m.root) for m in find_members(folder, Chosen())}
    workspace = Workspace(folder, members)
    repositories = {name: Repository.open(folder / name) for name in members}
    largest = max(repositories.values(), key=lambda one: one.reader.index.size)
    print(f"{len(tasks)} tasks over {len(members)} repositories; the largest is {largest.root.name}")
    for task in tasks[:3]:
        workspace.context(task.message)
        largest.context(task.message)
    together, alone, found, own = [], [], [], []
    for task in tasks:
        started = _processor_ms()
        pack = workspace.context(task.message)
        between = _processor_ms()
        largest.context(task.message)
        together.append(between - started)
        alone.append(_processor_ms() - between)
        found.append([(file.repository, file.path.removeprefix(f"{file.repository}/")) for file in pack.files])
        by_itself = repositories[task.repository].context(task.message)
        own.append([(task.repository, file.path) for file in by_itself.files if not by_itself.abstained])
    _print_times("in one process", together, alone)
    for k in FIRST:
        here, there = (_recall(tasks, files, k) for files in (found, own))
        print(f"changed files among the first {k}: {here:.1%}; asked in their own repository: {there:.1%}")
    first = sum(bool(files) and files[0][0] == task.repository for task, files in zip(tasks, found, strict=True))
    print(f"the first file lies in the task's repository: {first} of {len(tasks)}")
    for member in members.values():
        member.close()
    some = tasks[:: max(len(tasks) // max(processes, 1), 1)][:processes]
    both = [[_run(where, task) for where in (folder, largest.root)] for task in some]
    _print_times("as new processes", [pair[0] for pair in both], [pair[1] for pair in both])


def _recall(tasks: Sequence[PastCommit], found: Sequence[Sequence[tuple[str, str]]], k: int) -> float:
    """Return which share of the changed files is among the first `k`, the mean over tasks."""
    gold = [{(task.repository, path) for path in task.files} for task in tasks]
    return statistics.mean(len(g.intersection(f[:k])) / len(g) for g, f in zip(gold, found, strict=True))


def _run(folder: Path, task: PastCommit) -> float:
    command = [NOCTULE, "context", folder, f"--task={task.message}", "--no-service"]
    return 1000 * timed(command, {}).cpu_seconds


def _processor_ms() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (time.process_time() + children.ru_utime + children.ru_stime)


def _print_times(what: str, together: Sequence[float], alone: Sequence[float]) -> None:
    for name, of in (("median", statistics.median), ("p95", lambda v: sorted(v)[-(-len(v) * 95 // 100) - 1])):
        here, there = of(together), of(alone)
        print(f"{what}, {name}: {here:.0f} ms; the largest alone: {there:.0f} ms; {here / there:.2f} times")


def _git(folder: Path, *args: str) -> str:
    return subprocess.run(["git", "-C", folder, *args], check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    main()
