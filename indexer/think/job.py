"""One subject thought about, and the note put into the store. Chooses no subject and knows no sleeper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Event
from typing import Any

from noctule.indexer.llm.egress import EgressPolicy
from noctule.indexer.llm.errors import Stopped
from noctule.indexer.llm.key import Key
from noctule.indexer.llm.settings import Choice
from noctule.indexer.llm.spending import SharedBudget
from noctule.indexer.llm.worker_client import WorkerClient
from noctule.indexer.model_notes.gate import Verdict, read_verdict
from noctule.indexer.model_notes.store import KINDS, ModelNote, NoteStore
from noctule.indexer.runtime.budget import Limits
from noctule.indexer.serve.repository import Repository
from noctule.indexer.think.brief import write_brief
from noctule.indexer.think.evaluate import notes_at_commit
from noctule.indexer.think.wiring import open_client
from noctule.indexer.think.write_note import think


@dataclass(frozen=True, slots=True)
class JobContext:
    """What a job works with: the user's choice and key, the repository's limits, and the event that stops it.

    `worker` is one that stays open over several jobs; `shared` a budget that others take from too.
    """

    choice: Choice
    key: Key
    limits: Limits
    stop: Event
    worker: WorkerClient | None = None
    shared: SharedBudget | None = None


def write(repository: Repository, subject: str, job: str, context: JobContext, until: float) -> ModelNote | None:
    """Think about a subject of what is looked at, until about a moment (monotonic); return its note if there is one.

    A note that was made of just these inputs is taken as it is and costs nothing; for the past only where it is as old,
    since nobody can vouch for what the writer of a later one knew. `job` is the same each time that the same is thought
    about: what was paid for before a crash is not paid for again. ThinkingError.
    """
    note_store = NoteStore(repository.folder)
    egress = EgressPolicy.of(context.choice, repository.look())
    brief = write_brief(subject, repository, egress, context.choice)
    known = note_store.get(brief.key)
    revision = repository.at
    if known is not None and (revision is None or notes_at_commit(repository, [known], revision)):
        return known
    given = context.choice, context.limits, context.key, context.stop
    with open_client(repository, egress, *given, job, context.worker, context.shared) as client:
        # Of the past, only what was written then: a later note knows what came.
        earlier = note_store.notes() if revision is None else notes_at_commit(repository, note_store.notes(), revision)
        served = _describe_served(read_verdict(repository.folder))
        note = think(
            subject, repository, client.ask, context.choice, egress, until, context.stop.is_set, earlier, served
        )
        if context.stop.is_set():
            raise Stopped("thinking was stopped")
        if note is not None:
            note_store.put(note)
        client.forget_replies()
    return note


def _describe_served(verdict: Verdict) -> str:
    """Say which kinds of claims are served here; empty where no replay has told yet."""
    if not verdict.was_given:
        return ""
    kinds = [kind for kind in KINDS if kind in verdict.open]
    unknown = [kind for kind in KINDS if verdict.why.get(kind, "").startswith("unknown")]
    return f"{', '.join(kinds) or 'none yet'}; not tried enough: {', '.join(unknown) or 'none'}"


def describe_note(note: ModelNote | None) -> Mapping[str, Any]:
    """Return what there is to say of a job that ended well."""
    if note is None:
        return {"claims": 0}
    return {"claims": len(note.claims), "refused": dict(note.refused), "note": note.key}
