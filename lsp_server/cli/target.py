"""The repository that a command is about: opened from its arguments, and indexed first if it is not yet."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from noctule.lsp_server.cli.terminal import Terminal

if TYPE_CHECKING:
    from noctule.indexer.results import Forecast, Freshness, Note, Pack
    from noctule.indexer.serve.repository import Repository


def is_path(word: str) -> bool:
    """Tell whether the first of several arguments is PATH: a directory, or what can be nothing but a path."""
    looks_like_path = word.startswith(("/", "./", "../")) and not any(map(str.isspace, word))
    return Path(word).is_dir() or (looks_like_path and not os.path.lexists(word))


def from_top(name: str, repository: Repository) -> str:
    """Return a file's name from the top of the repository; from the current directory where it is only there."""
    if os.path.isabs(name) or os.path.lexists(repository.root / name) or not os.path.lexists(name):  # noqa: PTH117
        return name
    return os.path.relpath(os.path.realpath(name), os.path.realpath(repository.root))


def open_repository(args: argparse.Namespace) -> Repository:
    """Open the repository and revision that the arguments name."""
    from noctule.indexer.serve.repository import Repository  # help and usage errors must not wait for it

    at: str | None = getattr(args, "at", None)
    return Repository.open(Path(args.path), at=at)


def open_with_index(args: argparse.Namespace, terminal: Terminal) -> Repository:
    """Open the repository; index it first if it is not indexed yet."""
    repository = open_repository(args)
    if not repository.knows():
        from noctule.lsp_server.cli.progress import ProgressLine  # a question that is answered at once has none

        what = f"{repository.root} at {args.at}" if args.at else str(repository.root)
        terminal.remark(f"Indexing {what} first; `noctule watch` does this in the background.")
        with ProgressLine(terminal) as progress:
            repository.sleep(progress)
    return repository


def note(repository: Repository, answer: Pack | Note | Forecast, took_ms: float) -> None:
    """Write into the ledger that an answer was served; call it when the answer is out."""
    from noctule.indexer.serve.usage import record_serving  # nobody waits for it

    record_serving(repository, answer, took_ms)


def remark_freshness(freshness: Freshness, terminal: Terminal) -> None:
    """Say what the answer does not know yet."""
    from noctule.lsp_server.text.numbers import count

    if freshness.pending_count:
        changed = count(freshness.pending_count, "file")
        terminal.remark(f"{changed} changed since the last run; `noctule sleep` updates the index.")
    if freshness.withheld_claims:
        terminal.remark(f"{count(freshness.withheld_claims, 'fact')} left out, because the evidence has changed.")
