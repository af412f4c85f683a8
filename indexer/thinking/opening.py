"""Wires together what a job needs to ask models about a repository. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

from indexer.repository import Repository
from indexer.sleep.budget import Limits
from indexer.thinking.asker import Asker
from indexer.thinking.choice import Choice
from indexer.thinking.kept_replies import KeptReplies
from indexer.thinking.key import Key
from indexer.thinking.line import Line
from indexer.thinking.outgoing import Outgoing
from indexer.thinking.purse import Purse
from indexer.thinking.sent import SentLog


def purse_of(repository: Repository, choice: Choice, limits: Limits) -> Purse:
    """Return the user's purse as this repository may spend from it."""
    return Purse(repository.folder.parent, choice, repository.folder.name, limits)


@contextmanager
def opened_asker(
    repository: Repository,
    outgoing: Outgoing,
    choice: Choice,
    limits: Limits,
    key: Key,
    stop: Event,
    job: str,
    line: Line | None = None,
) -> Iterator[Asker]:
    """Give an asker for one job; `job` is the same each time that the same is worked out.

    `line` is one that stays open over several jobs: the library behind it takes seconds to start.
    """
    repository.folder.mkdir(parents=True, exist_ok=True)
    used = line or Line(choice, key, repository.folder)
    try:
        yield Asker(
            choice,
            purse_of(repository, choice, limits),
            SentLog(repository.folder),
            outgoing,
            key,
            stop,
            used,
            KeptReplies(repository.folder, job),
            job,
        )
    finally:
        if line is None:
            used.close()
