"""What the subcommands share in which a model looks through repositories: its cost first, then its rows."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from noctule.evals.commands.execution import cache_of, unanswered
from noctule.evals.commands.model_run import known_prices, open_chat, provide, read_model
from noctule.indexer.printable import printable_line
from noctule.lsp_server.cli.terminal import Terminal

if TYPE_CHECKING:
    from noctule.evals.run_folder import Run
    from noctule.evals.solvers.answer import Solver
    from noctule.evals.stateful.chat import Chat
    from noctule.evals.tasks.task import Task
    from noctule.indexer.files.git import RepositoryPlace
    from noctule.indexer.llm.usage import Usage

Make = Callable[["Chat"], Callable[[str, int], "Solver"]]
"""From what asks the model to what makes the solver of an arm and a number of steps."""


def add_looking_options(parser: argparse.ArgumentParser, arms: str, steps: str) -> None:
    """Add which model looks, in which arms, and for how many steps."""
    parser.add_argument("--model", metavar="NAME", default="", help="let a model look through the repositories")
    parser.add_argument("--arms", metavar="LIST", default="", help=f"of the model: {arms}")
    parser.add_argument("--steps", metavar="LIST", default=steps, help=f"of the model (default: {steps})")
    parser.add_argument("--yes", action="store_true", help="send to the model, at the cost that is said")


def ask_model(
    into: Run,
    tasks: Sequence[tuple[RepositoryPlace, Task]],
    arms: Sequence[str],
    likely: Callable[[Sequence[int]], tuple[int, Usage]],
    make: Make,
    args: argparse.Namespace,
    terminal: Terminal,
) -> None:
    """Say what it costs, and let the model look in every arm and with every number of steps."""
    from noctule.evals.stateful.finder import finder_name

    steps = parse_steps(args.steps)
    names = [finder_name(arm, number) for arm in arms for number in steps]
    choice, prices = read_model(args)
    with provide(choice, into.folder) as worker:
        to, prices = known_prices(worker, choice, prices)
        requests, usage = likely(steps)
        terminal.write_line(
            printable_line(
                f"About {requests:,} requests to {choice.think} at {to}: about {usage.read:,} input and "
                f"{usage.written:,} output tokens, about ${prices.dollars(usage):,.2f}. "
                f"At ${args.cap:,.2f} (--cap) it stops."
            )
        )
        if not args.yes:
            terminal.write_line("Nothing is sent without --yes.")
            return
        with open_chat(worker, prices, into.folder, args) as chat:
            look_at_all(into, tasks, names, make(chat), args)


def look_at_all(
    into: Run,
    tasks: Sequence[tuple[RepositoryPlace, Task]],
    names: Sequence[str],
    make: Callable[[str, int], Solver],
    args: argparse.Namespace,
) -> None:
    """Ask what is not answered yet. CapReached: what was answered is kept."""
    from noctule.evals.errors import CapReached
    from noctule.evals.experiments.runner import Desk, make_jobs
    from noctule.evals.stateful.finder import parse_finder_name

    with Desk(cache_of(into, args), {}, lambda name, _: make(*parse_finder_name(name))) as desk:
        for job in make_jobs(unanswered(into, tasks, names, args), 1):
            for row in desk.work(job, lambda _task, _solver: None):
                if row.status == "failed" and (row.error or "").startswith(CapReached.__name__):
                    raise CapReached((row.error or "").partition(": ")[2], "give a higher --cap: it goes on from there")
                into.add(row)


def parse_looking_arms(text: str, known: Sequence[str], default: Sequence[str]) -> tuple[str, ...]:
    """Return the arms by their names, the default ones for an empty text. UnknownSolver."""
    from noctule.evals.solvers.agent_arms import pick_arms

    return pick_arms([name.strip() for name in text.split(",") if name.strip()] or default, known)


def parse_steps(text: str) -> tuple[int, ...]:
    """Return numbers of steps, in order. BadTask."""
    from noctule.indexer.errors import BadTask

    words = [word.strip() for word in text.split(",")]
    if not all(word.isdecimal() and int(word) > 0 for word in words):
        raise BadTask(f"--steps is {text[:40]!r}, but must be whole numbers such as 3,6,10")
    return tuple(sorted({int(word) for word in words}))
