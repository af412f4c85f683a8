"""`noctule eval features`: tasks of which the whole set of modified files is asked for.

Of a repository these are its commits that modify several files; of a file, the pull requests of SWE-Features.
"""

from __future__ import annotations

import argparse
from functools import partial
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
from noctule.evals.commands.looking import add_looking_options, ask_model, parse_looking_arms
from noctule.evals.commands.mined import mine_and_run
from noctule.evals.commands.model_run import add_model_options
from noctule.evals.commands.swebench import record_skips, require_some, with_clones
from noctule.lsp_server.cli.arguments import add_command, add_path, add_revision, positive_number
from noctule.lsp_server.cli.exit_codes import Exit
from noctule.lsp_server.cli.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from noctule.evals.run_folder import Run
    from noctule.evals.solvers.answer import Solver
    from noctule.evals.tasks.pull_requests import PullRequests
    from noctule.evals.tasks.task import Task
    from noctule.indexer.files.git import RepositoryPlace
    from noctule.indexer.llm.usage import Usage
    from noctule.lsp_server.cli.arguments import Commands

_DESCRIPTION = """\
Like 'noctule eval history', for commits that modify three or more source files: scored by precision, recall and F1
over the modified files. Files that a commit creates are reported apart. Where PATH is a file, its pull requests (the
SWE-Features set of Sleep-time Compute) are asked in clones of their repositories."""
DEFAULT_SOLVERS = ("related", "related-past", "grep", "bm25", "path", "pack")


def declare(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "features", run, "commits that modify several files", _DESCRIPTION)
    add_path(parser)
    parser.add_argument(
        "--last", metavar="N", type=positive_number, default=50, help="how many commits to ask for (default: 50)"
    )
    parser.add_argument("--clones", metavar="DIR", help="of a file of pull requests: clones of their repositories")
    parser.add_argument("--limit", metavar="N", type=positive_number, help="only the first N pull requests")
    add_model_options(parser)
    add_revision(parser)
    add_aider_option(parser)
    add_run_options(parser)
    add_looking_options(parser, "cold,test,sleep,notes,context, ...", "3,6,10,15")


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Run the tasks and print the verdict."""
    from noctule.evals.tasks.features import mine_features

    if Path(args.path).is_file():
        return _ask_pull_requests(Path(args.path), args, terminal)
    return mine_and_run("features", mine_features, args, terminal)


def _ask_pull_requests(file: Path, args: argparse.Namespace, terminal: Terminal) -> int:
    import hashlib

    from noctule.evals.run_folder import Run
    from noctule.evals.tasks.pull_requests import count_look_ahead, load_pull_requests
    from noctule.indexer.errors import BadTask

    if args.clones is None:
        raise BadTask(f"{file} needs clones of its repositories", "name their folder with --clones")
    known = load_pull_requests(file)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    about = {"kind": "features", "file": file.name, "sha256": digest, **({"model": args.model} if args.model else {})}
    name = f"features-{file.name.partition('.')[0]}-{digest[:8]}{model_ending(args.model)}"
    folder = run_folder_path(args, name)
    skipped = dict(known.skipped)
    there = require_some(with_clones(known.tasks[: args.limit], Path(args.clones), skipped), file, skipped)
    with Run(folder, about, typed_command()) as into:
        record_skips(into, skipped, terminal)
        ahead, pairs = count_look_ahead(known)
        terminal.remark(f"{ahead} of {pairs} related pull requests are later than a task's base; 'related' sees them.")
        fill(into, there, _solvers(args), args, terminal, make=partial(_make, known, aider=args.aider))
        if args.model:
            _ask_model(into, known, there, args, terminal)
    show_verdict(into.folder, terminal)
    return Exit.OK


def _ask_model(
    into: Run,
    known: PullRequests,
    tasks: Sequence[tuple[RepositoryPlace, Task]],
    args: argparse.Namespace,
    terminal: Terminal,
) -> None:
    from noctule.evals.stateful.finder import ARMS, DEFAULT_ARMS, Finder, FinderSolver, likely_usage

    arms = parse_looking_arms(args.arms, ARMS, DEFAULT_ARMS)

    def likely(steps: Sequence[int]) -> tuple[int, Usage]:
        return likely_usage(known, [task for _, task in tasks], arms, steps)

    ask_model(into, tasks, arms, likely, lambda chat: partial(FinderSolver, Finder(known, chat)), args, terminal)


def _solvers(args: argparse.Namespace) -> tuple[str, ...]:
    """Return the solvers that are asked, those among them that only this set has."""
    from noctule.evals.tasks.pull_requests import RELATED, RELATED_PAST

    names = args.solver or DEFAULT_SOLVERS
    own = tuple(name for name in names if name in {RELATED, RELATED_PAST})
    rest = [name for name in names if name not in own]
    args.solver = rest or None
    return own + (select_solvers(args, ()) if rest else ())


def _make(known: PullRequests, name: str, recordings: object, aider: str | None = None) -> Solver:  # noqa: ARG001 - every maker is asked alike
    """Return a solver by its name."""
    from noctule.evals.solvers import named
    from noctule.evals.tasks.pull_requests import related_solvers

    own = related_solvers(known)
    return own[name] if name in own else named.make(name, {}, aider=aider)
