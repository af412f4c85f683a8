"""What subcommands that ask a model share: how it is reached, what it may cost, and where its requests are kept."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from noctule.lsp_server.cli.arguments import amount, positive_number

if TYPE_CHECKING:
    from noctule.evals.stateful.chat import Chat, ModelProvider
    from noctule.indexer.llm.settings import Choice, Prices
    from noctule.indexer.llm.worker_client import WorkerClient

LONGEST_PAUSE_S, LONGEST_ASKED_S = 60.0, 900.0


def add_model_options(parser: argparse.ArgumentParser) -> None:
    """Add how a model is reached, and what it may cost."""
    parser.add_argument("--address", metavar="URL", default="", help="where the model is served")
    parser.add_argument(
        "--prices",
        metavar=("INPUT", "CACHED", "OUTPUT"),
        type=amount,
        nargs=3,
        help="dollars for a million tokens (default: as litellm knows them); 0 0 0 for a machine of your own",
    )
    parser.add_argument("--cap", metavar="DOLLARS", type=amount, default=5.0, help="never spend more (default: 5)")
    parser.add_argument("--timeout", metavar="SECONDS", type=positive_number, default=600, help="(default: 600)")
    parser.add_argument("--attempts", metavar="N", type=positive_number, default=6, help="at a request (default: 6)")
    parser.add_argument(
        "--pause", metavar="SECONDS", type=amount, default=2.0, help="before a second attempt (default: 2)"
    )


def read_model(args: argparse.Namespace) -> tuple[Choice, Prices | None]:
    """Return how the model is reached, and the user's own prices for it. BadTask."""
    from noctule.indexer.errors import BadTask
    from noctule.indexer.llm.settings import Choice, Prices

    try:
        choice = Choice(think=args.model, address=args.address, timeout_s=args.timeout)
    except ValueError as error:
        raise BadTask(str(error)) from error
    read, cached, written = args.prices or (0.0, 0.0, 0.0)
    return choice, Prices(read, cached, read, written) if args.prices else None


@contextmanager
def provide(choice: Choice, folder: Path) -> Iterator[WorkerClient]:
    """Yield the process that reaches the model; it starts when it is first needed."""
    from noctule.evals.run_folder import describe_unwritable
    from noctule.indexer.llm.key import Key
    from noctule.indexer.llm.worker_client import WorkerClient

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise describe_unwritable(folder, error) from error
    worker = WorkerClient(choice, Key.of_environment(), folder, is_strict=True)
    try:
        yield worker
    finally:
        worker.close()


def known_prices(worker: WorkerClient, choice: Choice, prices: Prices | None) -> tuple[str, Prices]:
    """Return to whom requests go and what they cost. BadTask where nobody knows; ThinkingError."""
    from threading import Event

    from noctule.indexer.errors import BadTask
    from noctule.indexer.llm.fault import classify_fault
    from noctule.indexer.llm.key import Key
    from noctule.indexer.llm.messages import ModelFault

    if prices is not None and choice.address:
        return choice.address, prices
    facts = worker.facts(choice.think, Event())
    if isinstance(facts, ModelFault):
        raise classify_fault(facts, Key.of_environment().secrets()).error
    told = prices or facts.prices
    if told is None:
        raise BadTask(
            f"nobody knows what {choice.think} costs, so the cap could not be kept",
            "give --prices INPUT CACHED OUTPUT in dollars for a million tokens, 0 0 0 for a machine of your own",
        )
    return facts.to, told


@contextmanager
def open_chat(provider: ModelProvider, prices: Prices, folder: Path, args: argparse.Namespace) -> Iterator[Chat]:
    """Yield what asks the model and writes it down. RunError."""
    from noctule.evals.stateful.chat import Chat, DollarCap
    from noctule.evals.stateful.request import Journal
    from noctule.indexer.llm.key import Key
    from noctule.indexer.llm.retry import RetryPolicy

    retries = RetryPolicy(args.attempts, args.attempts, args.pause, LONGEST_PAUSE_S, LONGEST_ASKED_S)
    with Journal(folder) as journal:
        spent = sum((r.dollars or 0.0) if r.charged is None else r.charged for r in journal.records)
        cap = DollarCap(args.cap, spent)
        yield Chat(args.model, provider, Key.of_environment(), prices, cap, journal, retries, args.timeout)
