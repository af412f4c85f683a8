"""Wires together what a job needs to ask models about a repository. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

from noctule.indexer.llm.audit_log import AuditLog
from noctule.indexer.llm.client import Client
from noctule.indexer.llm.egress import EgressPolicy
from noctule.indexer.llm.key import Key
from noctule.indexer.llm.reply_cache import ReplyCache
from noctule.indexer.llm.settings import Choice
from noctule.indexer.llm.spending import SharedBudget, SpendingLimit
from noctule.indexer.llm.worker_client import WorkerClient
from noctule.indexer.runtime.budget import Limits
from noctule.indexer.runtime.private_folder import make_private_folder
from noctule.indexer.serve.repository import Repository


def make_spending_limit(
    repository: Repository, choice: Choice, limits: Limits, shared: SharedBudget | None = None
) -> SpendingLimit:
    """Return the spending limit as this repository may spend from it."""
    return SpendingLimit(repository.folder.parent, choice, repository.folder.name, limits, shared=shared)


@contextmanager
def open_client(
    repository: Repository,
    egress: EgressPolicy,
    choice: Choice,
    limits: Limits,
    key: Key,
    stop: Event,
    job: str,
    worker: WorkerClient | None = None,
    shared: SharedBudget | None = None,
) -> Iterator[Client]:
    """Give an client for one job; `job` is the same each time that the same is worked out.

    `worker` is one that stays open over several jobs: the library behind it takes seconds to start.
    """
    make_private_folder(repository.folder)
    used = worker or WorkerClient(choice, key, repository.folder)
    try:
        yield Client(
            choice,
            make_spending_limit(repository, choice, limits, shared),
            AuditLog(repository.folder),
            egress,
            key,
            stop,
            used,
            ReplyCache(repository.folder, job),
            job,
        )
    finally:
        if worker is None:
            used.close()
