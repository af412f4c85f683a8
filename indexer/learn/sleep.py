"""One sleep: waits for its turn, brings the store up to date with the files, and reports what it did.

It can be cut off between any two steps. Blobs are committed every few seconds while history is read beside them
(`indexer.learn.ingest`, `indexer.learn.history_parts`); then what follows from both is laid out as the snapshot's view
(`indexer.learn.build_view`).
"""

from __future__ import annotations

import resource
import time
from dataclasses import dataclass

from noctule.indexer.errors import StoreDamaged, StoreUnavailable
from noctule.indexer.files.cuts import is_cut_at
from noctule.indexer.files.snapshot import Snapshot
from noctule.indexer.learn.scip_file import ScipFile, load_choice
from noctule.indexer.learn.siblings import adopt_sibling
from noctule.indexer.progress import Pace, Report, Work
from noctule.indexer.reports import SleepReport
from noctule.indexer.results import Progress
from noctule.indexer.runtime import notify
from noctule.indexer.runtime.collections import no_collections
from noctule.indexer.runtime.process_state import is_stopped
from noctule.indexer.store import store as stores
from noctule.indexer.store.lease import Lease
from noctule.indexer.store.lease import lease as offer_lease
from noctule.indexer.store.moved import adopt_moved_store
from noctule.indexer.store.reference import RepositoryRef
from noctule.indexer.store.rows import ViewRow
from noctule.indexer.store.store import Store

LONGEST_STOP_S = 8.0
"""A sleeper stops its own children for a moment; one that is stopped for longer was stopped by somebody else."""
MOST_TRIES = 3
"""So often a sleep begins anew whose store somebody forgets meanwhile."""


@dataclass(frozen=True, slots=True)
class _Clock:
    """When a sleep began: by the wall (monotonic) and by this process's processor time, in seconds."""

    wall: float
    processor: float


def sleep(ref: RepositoryRef, progress: Report, deadline_s: float | None, pace: Pace) -> SleepReport:
    """Index everything that is not indexed yet. After an interruption, even a kill, the next call continues.

    At most `deadline_s` seconds; StoreUnavailable, GitError. Waits for another process that sleeps on the same
    repository, and then has little left to do.
    """
    began = _Clock(time.monotonic(), time.process_time())
    deadline = None if deadline_s is None else began.wall + deadline_s
    adopt_moved_store(ref.folder, ref.place.head if ref.place is not None else None)
    with offer_lease(ref.folder) as lease:
        for tries_left in reversed(range(MOST_TRIES)):
            if not _await_turn(ref, lease, progress, deadline, pace, began):
                return _idle_report(ref, began)
            try:
                return _open_and_learn(ref, Work(progress, deadline, pace), began, lease)
            except StoreUnavailable:
                if lease.is_in_place() or not tries_left:
                    raise  # else it was forgotten meanwhile, and is learned anew
        raise AssertionError("the last try returns or raises")


def _await_turn(
    ref: RepositoryRef, lease: Lease, progress: Report, deadline: float | None, pace: Pace, began: _Clock
) -> bool:
    """Wait until no other process sleeps on the repository; False where the time is up before. StoreUnavailable."""
    running_at = began.wall
    while not lease.acquire():
        if not is_stopped(lease.owner()):
            running_at = time.monotonic()
        elif time.monotonic() - running_at > LONGEST_STOP_S:
            raise _frozen_owner_error(lease.owner())
        progress(Progress(f"waiting for the sleep of process {lease.owner()}", 0, 0, "s"))
        if deadline is not None and time.monotonic() > deadline:
            return False
        if not pace.patient:
            notify.send(ref.folder, "wanted")
        time.sleep(0.01 if time.monotonic() - began.wall < 0.5 else 0.05)
    return True


def begin(ref: RepositoryRef, snapshot: Snapshot) -> None:
    """Make the store with what the first sleep need not hash, unless another process sleeps there. StoreError."""
    with offer_lease(ref.folder) as lease:
        if not lease.acquire():
            return
        store = stores.open_for_sleep(ref.folder)
        try:
            if not lease.is_in_place():
                return
            with store.transaction():
                store.put_stats(ref.stat_root, snapshot.stats, {})
        finally:
            store.close()


def _frozen_owner_error(process: str) -> StoreUnavailable:
    return StoreUnavailable(
        f"process {process} indexes this repository and is stopped",
        f"continue it with `kill -CONT {process}`, or end it",
    )


def _open_and_learn(ref: RepositoryRef, work: Work, began: _Clock, lease: Lease) -> SleepReport:
    """Learn, in a new store where the one that is there is damaged. StoreUnavailable where it was forgotten."""
    try:
        return _learn_in_place(ref, work, began, lease)
    except StoreDamaged:
        if not lease.is_in_place():
            raise _forgotten_error(ref) from None
        stores.set_aside(ref.folder)
        return _learn_in_place(ref, Work(work.report, work.deadline, work.pace), began, lease)


def _learn_in_place(ref: RepositoryRef, work: Work, began: _Clock, lease: Lease) -> SleepReport:
    store = stores.open_for_sleep(ref.folder, fold=work.pace.fold)
    try:
        if not lease.is_in_place():
            raise _forgotten_error(ref)  # what was opened is another's to write to
        adopt_sibling(store, ref)
        return _learn(ref, store, work, began)
    finally:
        store.close()


def _forgotten_error(ref: RepositoryRef) -> StoreUnavailable:
    return StoreUnavailable(f"the store {ref.folder} was removed meanwhile", "run the same command again")


def _learn(ref: RepositoryRef, store: Store, work: Work, began: _Clock) -> SleepReport:
    view = store.view(ref.view_name)
    is_cut_alike = view is None or is_cut_at(ref.place, store.facts(view).get("cut", ""))
    scip = ScipFile.of(ref.root, load_choice(ref.folder, ref.view_name))
    is_as_known = is_cut_alike and (view is None or _has_seen(scip, store, view))
    if view is not None and ref.at is not None and not view.partial and is_as_known:
        return _idle_report(ref, began, store, view)
    snapshot = _snapshot(ref, store)
    can_wait = is_as_known if work.pace.history else is_cut_alike
    if view is not None and can_wait and _is_known(view, snapshot, history=work.pace.history):
        return _idle_report(ref, began, store, view, dirty=snapshot.dirty)
    complete = _build(ref, store, snapshot, work, scip)
    notify.send(ref.folder, "learned")
    if work.parsed and work.pace.fold:
        store.fold_journal()
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = time.process_time() - began.processor + children.ru_utime + children.ru_stime
    with store.transaction():
        store.add_cost("sleep", time.monotonic() - began.wall, spent, work.parsed + work.commits_read)
    view = store.view(ref.view_name)
    facts = store.facts(view) if view is not None else {}
    return SleepReport(
        revision=snapshot.revision,
        dirty=snapshot.dirty,
        complete=complete,
        parsed_blobs=work.parsed,
        known_blobs=work.known,
        commits_read=work.commits_read,
        commits_known=work.commits_known or max(facts.get("commits", 0) - work.commits_read, 0),
        seconds={**work.seconds, "total": time.monotonic() - began.wall},
        failed=work.failed,
        peak_memory_bytes=_peak_memory() + work.child_memory,
        unread=str(facts.get("unread", "")),
    )


def _snapshot(ref: RepositoryRef, store: Store) -> Snapshot:
    """Look at the files, and keep their sizes and times for the next look."""
    known = store.stats(ref.stat_root) if ref.at is None else {}
    snapshot = ref.scan(known)
    if snapshot.stats != known:
        with store.transaction():
            store.put_stats(ref.stat_root, snapshot.stats, known)
    return snapshot


def _is_known(view: ViewRow, snapshot: Snapshot, *, history: bool) -> bool:
    if history:
        return view.snapshot == snapshot.key and view.revision == snapshot.revision
    return view.texts == snapshot.key


def _has_seen(scip: ScipFile, store: Store, view: ViewRow) -> bool:
    """Tell whether a view was laid out with an index as it is, or without one where there is none."""
    seen = store.facts(view).get("scip") or {}
    return (not scip.stamp and not seen) or (scip.name, scip.stamp) == (seen.get("name"), seen.get("stamp"))


def _build(ref: RepositoryRef, store: Store, snapshot: Snapshot, work: Work, scip: ScipFile) -> bool:
    """Learn a snapshot and lay out its view; whether it was finished before the deadline.

    A view that was cut off is laid out from what was read until then, and marked so that the next sleep goes on.
    """
    from noctule.indexer.learn.ingest import Intake  # where nothing has changed, its start-up is not worth while

    # What is made of files and history has no circles: looking for them took 3% of the time, and found none.
    with no_collections(), Intake(store, snapshot, ref.root, work, ref.place) as intake:
        from noctule.indexer.learn.build_view import (
            learn_view,  # with numpy, which takes as long to import as the children to start
        )

        return learn_view(store, snapshot, ref.place, ref.view_name, intake, work, scip)


def _idle_report(
    ref: RepositoryRef, began: _Clock, store: Store | None = None, view: ViewRow | None = None, *, dirty: bool = False
) -> SleepReport:
    """Report a sleep that had nothing to do, or no time to do it."""
    facts = store.facts(view) if store is not None and view is not None else {}
    return SleepReport(
        revision=view.revision if view is not None else ref.at,
        dirty=dirty,
        complete=view is not None,
        parsed_blobs=0,
        known_blobs=facts.get("blobs", 0),
        commits_read=0,
        commits_known=facts.get("commits", 0),
        seconds={"total": time.monotonic() - began.wall},
        failed=facts.get("failed", {}),
        peak_memory_bytes=_peak_memory(),
        unread=str(facts.get("unread", "")),
    )


def _peak_memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
