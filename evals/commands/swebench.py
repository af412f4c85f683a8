"""`noctule eval swebench`: issues with the patches that solved them."""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from noctule.evals.commands.execution import (
    add_aider_option,
    add_run_options,
    fill,
    model_ending,
    run_folder_path,
    select_solvers,
    show_verdict,
    typed_command,
)
from noctule.lsp_server.cli.arguments import add_command, positive_number
from noctule.lsp_server.cli.exit_codes import Exit
from noctule.lsp_server.cli.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from noctule.evals.run_folder import Run
    from noctule.evals.tasks.task import Task
    from noctule.indexer.files.git import RepositoryPlace
    from noctule.lsp_server.cli.arguments import Commands

_DESCRIPTION = """\
Ask for each issue of a file in SWE-bench form (also Verified, Multilingual, Multi-SWE-bench, Loc-Bench), at its base
commit, and hold the answers against the patch that solved it. Needs clones of the repositories, bare or not."""


def declare(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "swebench", run, "issues with the patches that solved them", _DESCRIPTION)
    add_file_options(parser)
    parser.add_argument(
        "--trajectories",
        metavar="FILE",
        nargs="+",
        default=(),
        help="recorded runs of agents, for the solver 'recorded'",
    )
    add_aider_option(parser)
    add_run_options(parser)


def add_file_options(parser: argparse.ArgumentParser) -> None:
    """Add the file of tasks, where the clones are, and which of the tasks are meant."""
    parser.add_argument("file", metavar="FILE", help="the tasks: one JSON object per line, or a JSON list; .gz is read")
    parser.add_argument(
        "--clones", metavar="DIR", required=True, help="a folder with a clone of each repository: OWNER__NAME"
    )
    parser.add_argument("--repo", metavar="OWNER/NAME", nargs="+", help="only the tasks of these repositories")
    parser.add_argument("--limit", metavar="N", type=positive_number, help="only the first N tasks that are left")


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Run the tasks and print the verdict."""
    from noctule.evals.solvers.named import DEFAULT

    return run_file("swebench", (*DEFAULT, *(("recorded",) if args.trajectories else ())), args, terminal)


def run_file(
    kind: str,
    solvers_by_default: Sequence[str],
    args: argparse.Namespace,
    terminal: Terminal,
    also: Callable[[Run, Sequence[tuple[RepositoryPlace, Task]]], None] | None = None,
    model: str = "",
) -> int:
    """Run the tasks of a file, do with them what there is `also` to do, and print the verdict."""
    from noctule.evals.run_folder import Run
    from noctule.evals.tasks import swebench, trajectories

    file = Path(args.file)
    recordings = trajectories.load([Path(f) for f in args.trajectories])
    solvers = select_solvers(args, solvers_by_default)
    loaded = swebench.load(file)
    tasks = [t for t in loaded.tasks if not args.repo or t.repository in args.repo][: args.limit]
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    about = {"kind": kind, "file": file.name, "sha256": digest, **({"model": model} if model else {})}
    folder = run_folder_path(args, f"{kind}-{file.name.partition('.')[0]}-{digest[:8]}{model_ending(model)}")
    skipped = dict(loaded.skipped)
    there = require_some(with_clones(tasks, Path(args.clones), skipped), file, skipped)
    with Run(folder, about, typed_command()) as into:
        record_skips(into, skipped, terminal)
        fill(into, there, solvers, args, terminal, recordings)
        if also is not None:
            also(into, there)
    show_verdict(into.folder, terminal)
    return Exit.OK


def with_clones(tasks: Iterable[Task], clones: Path, skipped: dict[str, str]) -> list[tuple[RepositoryPlace, Task]]:
    """Pair the tasks with their clones; what has none, or one without the base commit, is skipped with the reason.

    NotADirectory.
    """
    from noctule.evals.tasks.clones import find, lacking
    from noctule.indexer.errors import NotADirectory

    if not clones.is_dir():
        raise NotADirectory.at(clones)
    by_repository: dict[str, list[Task]] = {}
    for task in tasks:
        by_repository.setdefault(task.repository, []).append(task)
    found: list[tuple[RepositoryPlace, Task]] = []
    for repository, mine in by_repository.items():
        place = find(clones, repository)
        absent = lacking(place, (t.base for t in mine)) if place is not None else set()
        for task in mine:
            if place is None:
                skipped[task.id] = f"no clone of {repository} in {clones}"
            elif task.base in absent:
                skipped[task.id] = f"the clone of {repository} lacks its base commit {task.base[:12]}"
            else:
                found.append((place, task))
    return found


def require_some(
    there: list[tuple[RepositoryPlace, Task]], file: Path, skipped: Mapping[str, str]
) -> list[tuple[RepositoryPlace, Task]]:
    """Return the tasks that can be run, if there are any. BadTask."""
    from collections import Counter

    from noctule.indexer.errors import BadTask

    if not there:
        why = Counter(skipped.values()).most_common(1)
        raise BadTask(
            f"no task of {file} can be run: {why[0][0] if why else 'none is meant'}", "see --clones and --repo"
        )
    return there


def record_skips(into: Run, skipped: dict[str, str], terminal: Terminal) -> None:
    """Say which tasks are skipped and why, here and in the run's folder."""
    from collections import Counter

    from noctule.evals.run_folder import Row
    from noctule.lsp_server.text.numbers import count

    for name, why in skipped.items():
        into.add(Row(name, "", "skipped", error=why))
    for why, number in Counter(skipped.values()).items():
        terminal.remark(f"Skipped {count(number, 'task')}: {why}")
