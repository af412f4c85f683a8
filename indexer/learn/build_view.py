"""One sleep's lesson: blobs and history taken in side by side, then a view laid out from both. Starts no process.

What rests on history alone is kept where neither the revision nor the list of files has changed; or where they have and
nobody has the time, and is then marked as behind.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from noctule.indexer.files.git import RepositoryPlace
from noctule.indexer.files.snapshot import Snapshot
from noctule.indexer.learn.ingest import Intake, hint_of
from noctule.indexer.progress import OutOfTime, Work
from noctule.indexer.results import Progress
from noctule.indexer.store import view as views
from noctule.indexer.store.store import BEHIND, PARTIAL, Store, ViewRow
from noctule.indexer.store.view import NOTHING, NOTHING_EARLIER, Earlier, Files

if TYPE_CHECKING:
    from noctule.indexer.learn.history_parts import Hindsight

UNREAD = frozenset({"not in this clone"})
"""Reasons to leave a file out that are a fault of the repository, not a choice."""


def learned(
    store: Store, snapshot: Snapshot, place: RepositoryPlace | None, name: str, intake: Intake, work: Work
) -> bool:
    """Take in what is not known and lay out the view; whether all of it was finished before the deadline."""
    before = store.view(name)
    earlier = Earlier.of(store.parts(before.id, Earlier.PARTS)) if before is not None else NOTHING
    same_past = (
        before is not None
        and not before.partial
        and not before.behind
        and before.revision == snapshot.revision
        and earlier.paths == sorted(snapshot.files)
    )
    past = None
    # Where there is no history, none has to wait.
    at_once = same_past or work.pace.history or snapshot.revision is None
    behind = not (at_once or before is None or before.partial)
    if same_past or behind:
        ids, complete = _taken_in(store, snapshot, intake, work)
    else:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(1) as beside:
            # git's log is read while the children parse: this process has little else to do until they are done.
            growing = beside.submit(_looking_back(store, before, place, snapshot.revision, work))
            ids, complete = _taken_in(store, snapshot, intake, work)
        past = growing.result()
    blobs = {p: (f.blob, ids[f.blob, hint_of(p)]) for p, f in snapshot.files.items() if (f.blob, hint_of(p)) in ids}
    if past is None and not behind and earlier.paths != sorted(blobs):
        # Some files were not read after all; what rests on history counts files by their place in the list.
        past = _looking_back(store, before, place, snapshot.revision, work)()
    started = time.monotonic()
    work.report(Progress("indexing", 0, 0))
    files = Files.of(store, blobs)
    parts = views.files_part(files, earlier) | views.graph_part(store, files, earlier)
    if past is not None:
        complete = complete and past.complete
        past.keep(store)
        parts |= past.parts(files.paths) | NOTHING_EARLIER
    elif behind and before is not None and not before.behind:
        parts |= views.earlier_part(earlier)
    work.failed.update({p: why for p, why in snapshot.left_out.items() if why in UNREAD})
    parts |= views.facts_part(files, work.failed)
    key = f"{BEHIND}{snapshot.key}" if behind else snapshot.key
    if not complete or work.unsettled:
        key = f"{PARTIAL}{snapshot.key}"
    until = before.revision if behind and before is not None else snapshot.revision
    with store.transaction():
        store.put_view(name, key, until, snapshot.dirty, parts)
    work.timed("indexing", started)
    return complete


def _taken_in(store: Store, snapshot: Snapshot, intake: Intake, work: Work) -> tuple[dict[tuple[str, str], int], bool]:
    """Take in the blobs; return the rows of those that the store has, and whether these are all."""
    try:
        return intake.run(), True
    except OutOfTime:
        return store.blob_ids((f.blob, hint_of(p)) for p, f in snapshot.files.items()), False
    except BaseException:
        work.stopped = True
        raise


def _looking_back(
    store: Store, before: ViewRow | None, place: RepositoryPlace | None, revision: str | None, work: Work
) -> Callable[[], Hindsight]:
    """Take from the store what is known of the past; what is returned does the rest, on any thread."""
    history = store.shared("history")
    fitted = store.parts(before.id, ("fitted",)).get("fitted") if before is not None else None
    touched: dict[str, bytes] | None = None
    if before is not None and not before.partial and before.revision == revision:
        touched = {}  # what the latest commits touched is the same for any list of files

    def look_back() -> Hindsight:
        from noctule.indexer.learn.history_parts import Hindsight  # only where something of the past is to be learned

        return Hindsight.of(history, place, revision, fitted, touched, work)

    return look_back
