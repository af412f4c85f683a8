"""Brings a store up to date with a snapshot: the sleeping side, in steps that can be cut off between any two.

Blobs are committed every few seconds while history is read beside them; then what follows from both is laid out as the
snapshot's view. What rests on history alone is kept where neither the revision nor the list of files has changed.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from indexer import commits, intake
from indexer import view as views
from indexer.answers import Progress
from indexer.columns import unpack, unpack_texts
from indexer.git import RepositoryPlace
from indexer.history import History
from indexer.notes.parts import parts as notes_parts
from indexer.snapshot import Snapshot
from indexer.store import PARTIAL, Store
from indexer.work import OutOfTime, Work

UNREAD = frozenset({"not in this clone"})
"""Reasons to leave a file out that are a fault of the repository, not a choice."""


@dataclass(frozen=True, slots=True)
class _Past:
    """The history that the store is to keep, the part of it that the snapshot can see, and the model fitted on that."""

    kept: History
    seen: History
    fitted: Mapping[str, Any]
    complete: bool


def learn(store: Store, snapshot: Snapshot, place: RepositoryPlace | None, root: Path, name: str, work: Work) -> bool:
    """Learn a snapshot and lay out its view; whether it was finished before the deadline.

    A view that was cut off is laid out from what was read until then, and marked so that the next sleep goes on.
    """
    before = store.view(name)
    earlier = store.parts(before.id, ("files", "fitted")) if before is not None else {}
    same_past = (
        before is not None
        and not before.partial
        and before.revision == snapshot.revision
        and _paths(earlier["files"]) == sorted(snapshot.files)
    )
    complete = True
    with ThreadPoolExecutor(1) as beside:
        # git's log is read while the children parse: this process has little else to do until they are done.
        known = History.empty() if same_past else commits.known_to(store)
        growing = None if same_past else beside.submit(_past, known, place, snapshot, earlier.get("fitted"), work)
        try:
            ids = intake.blobs(store, snapshot, root, work)
        except OutOfTime:
            complete = False
            ids = store.blob_ids((f.blob, intake.hint_of(p)) for p, f in snapshot.files.items())
        except BaseException:
            work.stopped = True
            raise
    past = growing.result() if growing is not None else None
    paths = [p for p in sorted(snapshot.files) if (snapshot.files[p].blob, intake.hint_of(p)) in ids]
    if past is None and _paths(earlier["files"]) != paths:
        # Some files were not read after all; what rests on history counts files by their place in the list.
        known = commits.known_to(store)
        past = _past(known, place, snapshot, earlier.get("fitted"), work)
    started = time.monotonic()
    work.report(Progress("laying out", 0, 0))
    rows = [ids[snapshot.files[p].blob, intake.hint_of(p)] for p in paths]
    parts = views.files_part(store, snapshot, ids) | views.graph_part(store, paths, rows)
    if past is not None:
        complete = complete and past.complete
        if past.kept is not known:
            commits.keep(store, past.kept)
        parts |= views.commits_part(past.seen, paths) | notes_parts(past.seen, paths)
        parts |= views.forecast_parts(past.seen, paths, past.fitted)
        parts |= views.past_facts_part(past.seen, past.fitted) | views.touches_part(place, snapshot.revision)
    work.failed.update({p: why for p, why in snapshot.left_out.items() if why in UNREAD})
    parts |= views.facts_part(store, paths, rows, work.failed)
    key = snapshot.key if complete and not work.unsettled else f"{PARTIAL}{snapshot.key}"
    with store.transaction():
        store.put_view(name, key, snapshot.revision, snapshot.dirty, parts)
    work.timed("laying out", started)
    return complete


def _past(
    known: History, place: RepositoryPlace | None, snapshot: Snapshot, earlier: bytes | None, work: Work
) -> _Past:
    """Read the commits that are not known, and fit the change points on what the snapshot can see of them."""
    kept, seen, fitted = known, History.empty(), views.fitted_on(History.empty(), None)
    try:
        kept = commits.grown(known, place, snapshot.revision, work)
        if snapshot.revision is not None:
            seen = kept.as_of(snapshot.revision)
        work.check()
        started = time.monotonic()
        fitted = views.fitted_on(seen, earlier)
        work.timed("fitting", started)
    except OutOfTime:
        return _Past(kept, seen, fitted, complete=False)
    return _Past(kept, seen, fitted, complete=True)


def _paths(files: bytes) -> list[str]:
    columns = unpack(files)
    return [os.fsdecode(path) for path in unpack_texts(columns["text"], columns["ends"])]
