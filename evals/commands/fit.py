"""`noctule eval fit`: make the weights of the ranking from tasks whose answer is known."""

from __future__ import annotations

import argparse
import json
import os
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from noctule.evals.commands.execution import fill, run_folder_path, typed_command
from noctule.evals.commands.swebench import record_skips, with_clones
from noctule.evals.errors import RunError
from noctule.lsp_server.cli.arguments import add_command, positive_number
from noctule.lsp_server.cli.exit_codes import Exit
from noctule.lsp_server.cli.terminal import Terminal

if TYPE_CHECKING:
    from noctule.evals.experiments.fit import FitSource
    from noctule.evals.tasks.task import Task
    from noctule.lsp_server.cli.arguments import Commands

TABLES = ("files", "questions", "companions", "definitions", "places", "headline")
_DESCRIPTION = """\
Make the weights of the ranking: collect the signals of each task's files and definitions at its base commit, once, and
fit weights that make the right ones likely. Also fits with each repository left out and says how well these weights
rank its tasks. The same tasks give the same weights. Needs clones of the repositories, bare or not."""


def declare(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "fit", run, "fit the weights of the ranking", _DESCRIPTION)
    parser.add_argument("files", metavar="TASKS", nargs="+", help="tasks in SWE-bench form, as for 'swebench'")
    parser.add_argument("--clones", metavar="DIR", required=True, help="a folder with clones: OWNER__NAME")
    parser.add_argument("--every", metavar="N", type=positive_number, default=1, help="only each N-th task of a file")
    parser.add_argument(
        "--around", metavar="FILE", help="stay near the weights of this file, which other tasks made, not near zero"
    )
    parser.add_argument(
        "--only",
        metavar="TABLE",
        nargs="+",
        choices=TABLES,
        help=f"fit these tables of weights, and take the others from that file: {', '.join(TABLES)}",
    )
    result = parser.add_mutually_exclusive_group()
    result.add_argument("--out", metavar="FILE", help="write the weights to this file, not to standard output")
    result.add_argument("--check", action="store_true", help="fail where the weights in use are not these")
    parser.add_argument(
        "--run", dest="folder", metavar="RUN", help="where the signals are kept (default: in noctule's cache folder)"
    )
    parser.add_argument("--cache", metavar="DIR", help="where it keeps what it learns (default: RUN/cache)")
    parser.add_argument(
        "--processes",
        metavar="N",
        type=positive_number,
        default=min(2, os.cpu_count() or 1),
        help="how many repositories or parts of one are worked on at once (default: one for each core, at most 2)",
    )
    parser.add_argument("--retry-failed", action="store_true", help="try again what failed before")
    parser.set_defaults(engine="local")  # what it collects are files of this machine


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Collect what is missing, fit, and say how well that does."""
    if args.only and not args.around:
        raise RunError("--only needs --around", "name the file whose other weights stay")
    from noctule.evals.experiments import fit, fit_headline
    from noctule.indexer.search import ranking

    tasks, sources, strangers = _tasks(args)
    folder = run_folder_path(argparse.Namespace(out=args.folder), "fit")
    there = _collect(args, terminal, tasks, folder, strangers)
    examples = fit.load(folder / fit.SIGNALS, there)
    known_file = Path(args.around) if args.around else None
    around = fit.read_weights(known_file) if known_file is not None else None
    only = args.only
    fitted = fit.fit(examples, around=around, only=only)
    left_out, in_use = fit.cross_validate(examples, fitted, around, only), fit.fit_figures(examples, fit.in_use())
    shares = fit.count_shares(outcome.repository for outcome in left_out.each)
    judged, known = (*left_out.each, *left_out.strangers), around.headline if around else None
    headline = (
        fit_headline.fit(judged, shares, known) if not only or "headline" in only or around is None else around.headline
    )
    fitted = replace(fitted, headline=headline)
    sure = fit_headline.cross_validate(judged, shares, known)
    used = fit_headline.judge((*in_use.each, *in_use.strangers), fit.in_use().headline)
    for line in (*fit.lines(examples, left_out, in_use), *fit_headline.describe(sure, used)):
        terminal.remark(line)
    if args.check:
        off = fit.differences(fitted, fit.in_use())
        for line in off:
            terminal.write_line(line)
        if not off:
            terminal.write_line(f"The weights in {Path(ranking.WEIGHTS_FILE).name} are the fitted ones.")
        return Exit.FAILED if off else Exit.OK
    text = json.dumps(fit.document(fitted, left_out, sources, known_file), indent=2) + "\n"
    Path(args.out).write_text(text) if args.out else terminal.write(text)
    return Exit.OK


def _tasks(args: argparse.Namespace) -> tuple[list[Task], list[FitSource], dict[str, str]]:
    """Read the files of tasks, say what they are, and give each task a title of another repository in its file."""
    import hashlib

    from noctule.evals.experiments.fit import FitSource
    from noctule.evals.tasks import swebench
    from noctule.evals.tasks.strangers import find_strangers

    tasks: list[Task] = []
    sources: list[FitSource] = []
    strangers: dict[str, str] = {}
    for name in args.files:
        file = Path(name)
        mine = swebench.load(file).tasks[:: args.every]
        tasks += mine
        strangers |= find_strangers(mine)
        sources.append(FitSource(file.name, hashlib.sha256(file.read_bytes()).hexdigest(), len(mine)))
    return tasks, sources, strangers


def _collect(
    args: argparse.Namespace, terminal: Terminal, tasks: list[Task], folder: Path, strangers: dict[str, str]
) -> list[Task]:
    """Collect the signals of tasks where they are missing; return the tasks that have some."""
    from noctule.evals.experiments import fit
    from noctule.evals.run_folder import Run
    from noctule.evals.solvers.signals import NAME, signals_path

    args.aider = None
    with Run(folder, {"kind": "fit"}, typed_command()) as into:
        skipped: dict[str, str] = {}
        pairs = with_clones(tasks, Path(args.clones), skipped)
        record_skips(into, skipped, terminal)
        signals = folder / fit.SIGNALS
        fill(
            into,
            pairs,
            (NAME,),
            args,
            terminal,
            make=partial(fit.make_collector, folder=signals, strangers=strangers),
        )
    return [task for task in tasks if signals_path(signals, task).exists()]
