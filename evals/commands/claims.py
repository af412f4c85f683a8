"""`noctule eval claims`: notes written at one commit and served at later ones, judged by git."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from noctule.evals.commands.execution import cache_of, run_folder_path, show_verdict, typed_command
from noctule.lsp_server.cli.arguments import add_command, add_path, add_revision, positive_number
from noctule.lsp_server.cli.exit_codes import Exit
from noctule.lsp_server.cli.terminal import Terminal

if TYPE_CHECKING:
    from noctule.evals.experiments.claim_decay import Line
    from noctule.indexer.files.git import RepositoryPlace
    from noctule.indexer.results import Json
    from noctule.lsp_server.cli.arguments import Commands

_DESCRIPTION = """\
Write notes at commits of the past and serve them at later commits without learning anew: how many claims are still
supported, have moved and were followed, are stale and were withheld, or are stale and were served, which must not
happen. Judged by reading the evidence again from git, and uses of symbols by the resolver at each commit or a SCIP
index."""


def declare(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "claims", run, "are notes still true at later commits?", _DESCRIPTION)
    add_path(parser, "a git repository, or a folder in one")
    parser.add_argument(
        "--last", metavar="N", type=positive_number, default=100, help="over how many commits (default: 100)"
    )
    add_revision(parser)
    parser.add_argument("--scip", metavar="FILE", type=Path, help="a SCIP index that judges uses first, where it fits")
    parser.add_argument("--out", metavar="RUN", help="the folder of the run (default: one in noctule's cache folder)")
    parser.add_argument("--cache", metavar="DIR", help="where the run keeps what it learns (default: RUN/cache)")


def _follow(place: RepositoryPlace, line: Line, start: int, cache: Path, scip: Path | None) -> Json:
    from noctule.evals.experiments.claim_decay import follow
    from noctule.evals.solvers.answer import SolverAnswer

    return SolverAnswer(detail=follow(place, line, start, cache, scip)).to_json()


def _need_index(file: Path) -> None:
    """Say at once that an index cannot be read, before hours are spent. BadIndex."""
    from noctule.indexer.resolve.scip import BadIndex, read_index

    try:
        read_index(file.read_bytes())
    except (OSError, BadIndex) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise BadIndex(f"no SCIP index can be read from {file}: {why}", "name another file with --scip") from error


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Follow the claims and print the verdict."""
    from noctule.evals.commands.mined import open_subject
    from noctule.evals.experiments import claim_decay as health
    from noctule.evals.experiments.runner import run_one
    from noctule.evals.run_folder import CLAIMS, Run
    from noctule.evals.tasks.task import Task
    from noctule.indexer.errors import RepositoryError
    from noctule.indexer.results import Progress
    from noctule.lsp_server.cli.progress import ProgressLine

    place, name, head = open_subject(args)
    line = health.sample_commits(place, head, args.last)
    if len(line.points) < 2:
        raise RepositoryError(f"{args.path} has a single commit, so nothing was served later", "commit more first")
    about = {"kind": "claims", "repository": name, "head": head, "last": args.last}
    if args.scip is not None:
        about["scip"] = str(args.scip.resolve())
        _need_index(args.scip)
    with Run(run_folder_path(args, f"claims-{name}-{head[:12]}-{args.last}"), about, typed_command()) as into:
        cache = cache_of(into, args)
        # The newest commit serves nothing later; its own notes say what a new sleep says there.
        into.add_tasks(Task(commit[:12], "claims", name, commit, "", "") for commit in line.points)
        with ProgressLine(terminal) as progress:
            for start, commit in enumerate(line.points):
                progress(Progress("following claims", start, len(line.points), "commits"))
                if not into.is_done(commit[:12], CLAIMS, failed_too=False):
                    into.add(
                        run_one(
                            commit[:12],
                            CLAIMS,
                            partial(_follow, place, line, start, cache, args.scip),
                        )
                    )
        folder = into.folder
    show_verdict(folder, terminal)
    return Exit.OK
