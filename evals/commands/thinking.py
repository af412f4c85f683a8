"""`noctule eval thinking`: what notes of a model add to later tasks, and what they cost."""

from __future__ import annotations

import argparse
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from noctule.indexer.printable import printable_line
from noctule.lsp_server.cli.arguments import add_command, add_revision, path, positive_number
from noctule.lsp_server.cli.exit_codes import Exit
from noctule.lsp_server.cli.terminal import Terminal

if TYPE_CHECKING:
    from noctule.evals.experiments.model_notes import Bench
    from noctule.lsp_server.cli.arguments import Commands
    from noctule.lsp_server.settings import Settings

_DESCRIPTION = """\
Have the model that you have named write notes at a past commit of a repository, in several ways, and ask what the
changes that came after it ask, with these notes and without. What is sent, and what it may cost, is said first; nothing
is sent without --yes. The model, its budgets and the key are those of your own settings."""


def declare(commands: Commands) -> None:
    """Add the command."""
    from noctule.evals.experiments.model_notes import ARMS, DEFAULT_ARMS

    parser = add_command(commands, "thinking", run, "what notes of a model add, and cost", _DESCRIPTION)
    parser.add_argument("path", metavar="PATH", type=path, help="a git repository")
    parser.add_argument("--arm", dest="arms", metavar="NAME", nargs="+", choices=ARMS, default=list(DEFAULT_ARMS))
    parser.add_argument(
        "--last", metavar="N", type=positive_number, default=80, help="how many later changes (default: 80)"
    )
    parser.add_argument(
        "--subjects", metavar="N", type=positive_number, default=8, help="how many notes for each arm (default: 8)"
    )
    parser.add_argument(
        "--stale", metavar="N", type=positive_number, default=100, help="by how many commits stale notes are older"
    )
    parser.add_argument("--yes", action="store_true", help="send, at the cost that is said")
    add_revision(parser)
    parser.add_argument("--cache", metavar="DIR", help="where notes and what is learned are kept")


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Think, replay and print."""
    from noctule.evals.commands.mined import open_subject
    from noctule.evals.experiments.model_notes import STRUCTURAL, Bench, lines, measure_notes
    from noctule.indexer.llm.errors import UnnamedModel
    from noctule.indexer.llm.key import Key
    from noctule.indexer.llm.worker_client import WorkerClient
    from noctule.indexer.serve.repository import Repository
    from noctule.indexer.store.location import cache_folder
    from noctule.indexer.think.job import JobContext
    from noctule.lsp_server.cli.progress import ProgressLine
    from noctule.lsp_server.settings import Settings

    settings, key = Settings.load(), Key.of_environment()
    choice = settings.model
    asks = [arm for arm in args.arms if arm != STRUCTURAL]
    if asks and not choice.named:
        raise UnnamedModel("no model is configured", "docs/models.md explains how to configure one")
    cache = Path(args.cache) if args.cache else cache_folder() / "evals" / "thinking"
    place, name, head = open_subject(args)
    repository = Repository.open(place.root, at=head, cache=cache)
    worker = WorkerClient(choice, key, cache)
    means = JobContext(choice, key, settings.limits, Event(), worker)
    try:
        with ProgressLine(terminal) as progress:
            repository.sleep(progress)
            bench = Bench(repository, means, args.last, args.subjects, progress)
        terminal.write_line(printable_line(_price(bench, asks, settings)))
        if asks and not args.yes:
            terminal.write_line("Nothing is sent without --yes.")
            return Exit.OK
        with ProgressLine(terminal) as progress:
            thought = measure_notes(bench, name, args.arms, args.stale)
    finally:
        worker.close()
    terminal.write("".join(f"{printable_line(text)}\n" for text in lines(thought)))
    return Exit.OK


def _price(bench: Bench, arms: list[str], settings: Settings) -> str:
    """Say to whom what would go, and what it may cost at most."""
    from noctule.evals.experiments.model_notes import note_sets
    from noctule.indexer.background.think_session import receiver
    from noctule.indexer.think.wiring import make_spending_limit

    choice, limits = settings.model, settings.limits
    jobs = len(note_sets(arms)) * len(bench.subjects)
    if not jobs:
        return "No model is asked."
    to, prices = receiver(bench.repository, choice)
    left = make_spending_limit(bench.repository, choice, limits).left()
    tokens = min(jobs * limits.tokens_per_job, left.tokens)
    dollars = min(jobs * limits.dollars_per_job, left.dollars)
    money = f"${dollars:,.2f}" if prices is not None else "dollars that nobody knows"
    return (
        f"{jobs:,} notes by {choice.think} at {to}, checked by {choice.checker}, about {', '.join(bench.subjects)}: "
        f"at most {tokens:,.0f} tokens and {money}; what is there already is not paid for again"
    )
