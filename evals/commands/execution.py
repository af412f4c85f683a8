"""What the subcommands share: from tasks and arguments to a filled run, shown while it goes, and its verdict."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from noctule.lsp_server.cli.arguments import positive_number
from noctule.lsp_server.cli.terminal import Terminal

if TYPE_CHECKING:
    from noctule.evals.experiments.runner import Make
    from noctule.evals.run_folder import Row, Run
    from noctule.evals.tasks.task import Task
    from noctule.evals.tasks.trajectories import Recording
    from noctule.indexer.files.git import RepositoryPlace


CLUSTER_PROCESSES = 32
"""For so many processes the work is cut where a cluster of unknown size does it."""


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """Add what every run has."""
    parser.add_argument(
        "--solver",
        metavar="NAME",
        nargs="+",
        default=None,
        help="the arms to compare (docs/evals.md lists them, and which each command runs by default)",
    )
    parser.add_argument("--out", metavar="RUN", help="the folder of the run (default: one in noctule's cache folder)")
    parser.add_argument("--cache", metavar="DIR", help="where the run keeps what it learns (default: RUN/cache)")
    parser.add_argument(
        "--processes",
        metavar="N",
        type=positive_number,
        help="how many repositories or parts of one are worked on at once (default: one for each core, at most 2; with "
        "--engine ray as many as fit, at most 32)",
    )
    parser.add_argument("--engine", choices=("local", "ray"), default="local", help="where it runs")
    parser.add_argument("--retry-failed", action="store_true", help="ask again where an answer failed before")


def add_aider_option(parser: argparse.ArgumentParser) -> None:
    """Add the option that names where aider is."""
    parser.add_argument(
        "--aider", metavar="PYTHON", help="a Python that has aider-chat; asks the solver 'aider' too, its repo map"
    )


def select_solvers(args: argparse.Namespace, default: Sequence[str]) -> tuple[str, ...]:
    """Return the solvers that are asked: those named, else the default ones, with aider where it is named."""
    from noctule.evals.solvers.named import AIDER, expand

    return expand(args.solver or (*default, *((AIDER,) if args.aider else ())))


def run_folder_path(args: argparse.Namespace, name: str) -> Path:
    """Return the folder of the run: as named, or one that the same command finds again."""
    if args.out:
        return Path(args.out)
    from noctule.indexer.store.location import cache_folder  # help must not wait for it

    return cache_folder() / "evals" / name


def model_ending(model: str) -> str:
    """Return what the name of a run's folder says of its model; nothing where none is asked."""
    return f"-{''.join(c if c.isalnum() else '-' for c in model)}" if model else ""


def cache_of(run: Run, args: argparse.Namespace) -> Path:
    """Return where a run keeps what it learns."""
    return Path(args.cache) if args.cache else run.cache


def unanswered(
    run: Run, tasks: Iterable[tuple[RepositoryPlace, Task]], solvers: Sequence[str], args: argparse.Namespace
) -> list[tuple[RepositoryPlace, Task, tuple[str, ...]]]:
    """Return the tasks that lack an answer, each with the solvers that have not given theirs."""
    wanted = []
    for place, task in tasks:
        left = tuple(s for s in solvers if not run.is_done(task.id, s, failed_too=not args.retry_failed))
        if left:
            wanted.append((place, task, left))
    return wanted


def typed_command() -> str:
    """Return the command as it was typed, for the report."""
    return shlex.join(["noctule", *sys.argv[1:]])


def fill(
    run: Run,
    tasks: Iterable[tuple[RepositoryPlace, Task]],
    solvers: Sequence[str],
    args: argparse.Namespace,
    terminal: Terminal,
    recordings: Mapping[str, Sequence[Recording]] | None = None,
    make: Make | None = None,
) -> None:
    """Ask every solver that has not answered yet, and keep each row as it comes; `make` gives other solvers."""
    from noctule.evals.experiments.runner import make_jobs
    from noctule.evals.run_folder import GOLD, SLEEP
    from noctule.evals.solvers import named
    from noctule.indexer.results import Progress
    from noctule.lsp_server.cli.progress import ProgressLine

    listed, solvers = list(tasks), _there(run, solvers, args, terminal)
    run.add_tasks(task for _, task in listed)
    answer, processes = _select_engine(args)
    jobs = make_jobs(unanswered(run, listed, solvers, args), processes)
    total, done = sum(job.size for job in jobs), 0
    known = len(listed) * len(solvers) - total
    if known:
        terminal.remark(f"{known:,} answers are in {run.folder} already.")
    make = make or partial(named.make, aider=args.aider)
    rows = answer(jobs, cache_of(run, args), recordings or {}, min(processes, max(len(jobs), 1)), make)
    try:
        with ProgressLine(terminal) as progress:
            for row in rows:
                run.add(row)
                done += row.solver not in {GOLD, SLEEP}
                progress(Progress("asking", done, total, "answers"))
    finally:
        rows.close()


def _select_engine(args: argparse.Namespace) -> tuple[Callable[..., Generator[Row]], int]:
    """Return what answers jobs, and for how many processes the work is cut. NoctuleError where Ray is not installed."""
    if args.engine == "local":
        from noctule.evals.experiments.runner import answer_all

        return answer_all, args.processes or min(2, os.cpu_count() or 1)
    try:
        from noctule.evals.experiments.ray_runner import answer_on_ray
    except ImportError as error:
        from noctule.indexer.errors import NoctuleError

        advice = "install it with: pip install 'noctule[fleet]', or use --engine local"
        raise NoctuleError("--engine ray needs the extra 'fleet'", advice) from error
    return answer_on_ray, args.processes or CLUSTER_PROCESSES


def _there(run: Run, solvers: Sequence[str], args: argparse.Namespace, terminal: Terminal) -> tuple[str, ...]:
    """Return the solvers that can be asked; that aider cannot is a result too."""
    from noctule.evals.run_folder import Row
    from noctule.evals.solvers.aider import why_absent
    from noctule.evals.solvers.named import AIDER

    why = why_absent(args.aider) if AIDER in solvers else None
    if why is None:
        return tuple(solvers)
    run.add(Row("", AIDER, "skipped", error=why))
    terminal.remark(f"The solver 'aider' is skipped: {why}.")
    return tuple(s for s in solvers if s != AIDER)


def show_verdict(folder: Path, terminal: Terminal) -> None:
    """Print what the run says, on one screen."""
    from noctule.evals.report.content import verdict
    from noctule.evals.run_folder import Results

    terminal.write("\n".join(verdict(Results.read(folder))) + "\n")
    terminal.remark(f"The run is in {folder}; 'noctule eval report {folder}' writes plots, tables and losses.")
