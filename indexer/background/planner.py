"""Reads a repository, its store and its ledger, and returns its state and the next subjects for a model.

The one part of the queue that reads: git, the store, the clock. It takes as long as a look at the work tree and a
prediction do, so it belongs into a command or a process at rest, not where somebody waits.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from noctule.indexer.background import queue, totals
from noctule.indexer.background.cost import Costs
from noctule.indexer.background.jobs import Known, Outlook, candidates
from noctule.indexer.background.queue import Plan
from noctule.indexer.background.reports import LedgerReport, QueueReport, SleepState
from noctule.indexer.background.value import chances, demand, savings
from noctule.indexer.errors import GitError, NoctuleError
from noctule.indexer.files.git import Git, RepositoryPlace
from noctule.indexer.files.snapshot import Snapshot
from noctule.indexer.forecast import likely_task as likely
from noctule.indexer.history import quick_churn as glance
from noctule.indexer.learn.ingest import language_hint
from noctule.indexer.runtime.budget import Amounts, Limits, exhausted_limits
from noctule.indexer.runtime.leader import LeaderLock
from noctule.indexer.runtime.ledger import Ledger, Predicted, Records, today
from noctule.indexer.runtime.pause import pause_end, pause_text
from noctule.indexer.serve.repository import Repository
from noctule.indexer.store.rows import ViewRow
from noctule.indexer.store.store import Store
from noctule.indexer.terms import split_terms

if TYPE_CHECKING:
    from noctule.indexer.llm.settings import Choice

PREDICTED = 20
MOST_IN_ANY_ORDER = 200
"""So few files are read within seconds, in any order: to tell which of them is needed first takes as long."""


def ledger_report(repository: Repository) -> LedgerReport:
    """Return what sleep cost and what serving gave back, for `status --ledger`."""
    return totals.report(Ledger(repository.folder).records(), time.time())


def sleep_state(repository: Repository, limits: Limits) -> SleepState:
    """Return how sleep stands, at the price of a look at a few small files."""
    status, pause = LeaderLock(repository.folder, repository.view_name).owner(), pause_text(repository.folder)
    spent = today(Ledger(repository.folder).records(), time.time())
    text = "background indexing is off"
    if status is not None:
        text = {"awake": status.held_by, "resting": "nothing to do"}.get(status.state, status.job)
    return SleepState(
        root=str(repository.root),
        known=repository.knows(),
        state=status.state if status is not None else "",
        signal=status.signal if status is not None else "",
        text=pause or text,
        job=status.job if status is not None else "",
        paused=bool(pause),
        until=pause_end(repository.folder),
        spent=exhausted_limits(limits, spent),
        failing=dict(status.failing) if status is not None else {},
    )


def queue_report(
    repository: Repository, limits: Limits, able: Collection[str] | None = None, choice: Choice | None = None
) -> QueueReport:
    """Return what would be thought about next and why, for `status --queue`."""
    made, known = make_plan(repository, limits, able, choice)
    return queue.report(made, known)


def make_plan(
    repository: Repository,
    limits: Limits,
    able: Collection[str] | None = None,
    choice: Choice | None = None,
    *,
    urgent: bool = False,
) -> tuple[Plan, Known]:
    """Return the jobs to do next, and how the repository stands.

    `able` are the kinds that can be run; where the user's `choice` names a model, what it could think about is among
    what could be done. `urgent`: only what is done while somebody works too, whether it has failed before or not.
    """
    now = time.time()
    records = Ledger(repository.folder).records()
    snapshot = repository.look()
    known = survey(repository, snapshot, urgent=urgent)
    outlook = Outlook(chances(known.chances, known.dirty, records, now), demand(records, now), savings(records))
    if not urgent and choice is not None and choice.named and known.state == "complete":
        known = _with_thoughts(repository, known, snapshot, outlook, records, choice)
        limits = _within_spending_limit(repository, limits, choice, today(records, now))
    found = candidates(known, outlook, Costs(records.spent))
    if urgent:
        found = [job for job in found if job.urgent]
    return queue.plan(found, records, limits, now, living(records), able, retry=urgent), known


def _with_thoughts(
    repository: Repository, known: Known, snapshot: Snapshot, outlook: Outlook, records: Records, choice: Choice
) -> Known:
    """Add the subjects that the model could think about, and the notes that the gate needs."""
    from noctule.indexer.think.plan import REPLAY, TASKS, make_agenda  # only for those who named a model

    likely = {path: chance.probability for path, chance in outlook.files.items()}
    due = make_agenda(repository, choice, likely, snapshot, *recent_thoughts(records))
    gate = next(((what, due.key, why) for what, why in ((TASKS, due.plan), (REPLAY, due.replay)) if why), None)
    return replace(known, thoughts=due.subjects, gate=gate)


def recent_thoughts(records: Records) -> tuple[frozenset[str], frozenset[str]]:
    """Return the keys of subjects that a model has thought about, and of those where it failed more than once."""
    past = queue.read_past(records.spent, living(records))
    stuck = {subject for (kind, subject), setback in past.setbacks.items() if kind == "think" and setback.times > 1}
    tried = {spent.key for spent in records.spent if spent.kind == "think" and spent.subject in stuck}
    return frozenset(key for kind, key in past.done if kind == "think"), frozenset(tried)


def _within_spending_limit(repository: Repository, limits: Limits, choice: Choice, spent: Amounts) -> Limits:
    """Return the limits with what all repositories together leave of the day."""
    from noctule.indexer.llm.spending import SpendingLimit

    left = SpendingLimit(repository.folder.parent, choice, repository.folder.name, limits).left()
    return replace(
        limits,
        tokens_per_day=min(limits.tokens_per_day, spent.tokens + left.tokens),
        dollars_per_day=min(limits.dollars_per_day, spent.dollars + left.dollars),
    )


def note_expectation(repository: Repository, known: Known) -> None:
    """Write down which files are expected next, unless the latest expectation was the same."""
    ledger = Ledger(repository.folder)
    records = ledger.records()
    outlook = chances(known.chances, known.dirty, records, time.time())
    there = [path for path in outlook if path in known.files]
    likeliest = tuple(sorted(there, key=lambda path: (-outlook[path].probability, path))[:PREDICTED])
    if likeliest and (not records.predicted or set(records.predicted[-1].files) != set(likeliest)):
        ledger.add(Predicted(likeliest))


def living(records: Records) -> frozenset[int]:
    """Return which of the processes that ever began a job are still there."""
    return frozenset(pid for pid in {job.pid for job in records.spent if job.outcome == "began"} if _is_there(pid))


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (ProcessLookupError, OverflowError):
        return False
    return pid > 0


def survey(repository: Repository, snapshot: Snapshot | None = None, *, urgent: bool = False) -> Known:
    """Return how a repository stands, with the files as they are or as they were just seen to be.

    Where it is `urgent`, somebody waits for files: of few of them, whose order does not matter, neither the next change
    nor commits are told. RepositoryError, GitError, StoreError.
    """
    snapshot = snapshot or repository.look()
    store = repository.open_store()
    try:
        view = store.view(repository.view_name) if store is not None else None
        state = "unknown" if view is None else "partial" if view.partial else "complete"
        unread, changed = _unread(store, snapshot), _find_changed(store, view, snapshot)
        place, head = repository.place, snapshot.revision
        past_known = head is None or (view is not None and view.revision is not None)
        sizes = {path: file.size for path, file in snapshot.files.items()}
        if urgent and state == "complete" and past_known and len(unread) <= MOST_IN_ANY_ORDER:
            return Known(head, snapshot.key, state, sizes, unread, changed)
        dirty = likely.find_changed_files(place, snapshot)
        fitted = _find_fit_commit(store, view)
    finally:
        if store is not None:
            store.close()
    tasks = tuple((task.text, task.source) for task in likely.tasks(place, head, dirty)[:1])
    expected, is_forecast = _next_change(repository, state, sizes, dirty, tasks)
    return Known(
        revision=head,
        snapshot=snapshot.key,
        state=state,
        files=sizes,
        unread=unread,
        changed=changed,
        dirty=dirty,
        chances=expected,
        forecast=is_forecast,
        commits=_count(place, head, None) or 0,
        behind=view is not None and view.behind,
        past_known=past_known,
        commits_unread=_count(place, head, view.revision if view is not None else None) or 0,
        commits_since_fit=_count(place, head, fitted) if fitted else None,
        tasks=tasks,
    )


def _unread(store: Store | None, snapshot: Snapshot) -> tuple[str, ...]:
    """Return the files whose content was never read."""
    if store is None:
        return tuple(snapshot.files)
    known = store.blob_ids((file.blob, language_hint(path)) for path, file in snapshot.files.items())
    return tuple(path for path, file in snapshot.files.items() if (file.blob, language_hint(path)) not in known)


def _find_changed(store: Store | None, view: ViewRow | None, snapshot: Snapshot) -> tuple[str, ...]:
    """Return the files of a complete view whose content is another one now."""
    if store is None or view is None or view.partial:
        return ()
    from noctule.indexer.serve.status import view_blobs

    learned = view_blobs(store, view)
    return tuple(path for path, file in snapshot.files.items() if learned.get(path) != file.blob)


def _find_fit_commit(store: Store | None, view: ViewRow | None) -> str:
    """Return the commit that the change points were fitted at; empty where they were not."""
    parts = store.parts(view.id, ("fitted",)) if store is not None and view is not None else {}
    return str(json.loads(parts["fitted"]).get("at", "")) if "fitted" in parts else ""


def _count(place: RepositoryPlace | None, head: str | None, since: str | None) -> int | None:
    """Return how many commits `head` has, or has beyond another; None where that one is no longer there."""
    if place is None or head is None:
        return None
    try:
        told = Git(place).run("rev-list", "--count", "--end-of-options", head, *([f"^{since}"] if since else []), "--")
    except GitError:
        return None
    return int(told)


def _next_change(
    repository: Repository,
    state: str,
    sizes: Mapping[str, int],
    dirty: Sequence[str],
    tasks: Sequence[tuple[str, str]],
) -> tuple[Mapping[str, float], bool]:
    """Return each file's chance in the next change: from the fitted forecast, or else from a glance at the past."""
    if state != "unknown":
        try:
            paths = set(repository.reader.index.paths)
            about = " ".join(task for task, source in tasks if source.startswith("the branch"))
            given = [path for path in dirty if path in paths]
            forecast = repository.reader.predict(given, " ".join(split_terms(about)), len(paths))
            if forecast.withheld is None:
                return {p.path: p.probability for p in forecast.change_points if p.symbol is None}, True
        except NoctuleError:
            pass  # the store was damaged or forgotten meanwhile: a glance needs none
    place = repository.place
    if place is None or (repository.at or place.head) is None:
        return {}, False
    git, head = Git(place), repository.at or place.head
    assert head is not None
    return glance.expected_touches(
        sizes, glance.latest_changes(git, head, glance.commits_worth(sum(sizes.values())))
    ), False
