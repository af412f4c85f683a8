"""One sleep's lesson: blobs and history taken in side by side, then a view laid out from both. Starts no process.

What rests on history alone is kept where neither the revision nor the list of files has changed; or where they have and
nobody has the time, and is then marked as behind.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from noctule.indexer.files.cuts import is_cut_at
from noctule.indexer.files.git import RepositoryPlace
from noctule.indexer.files.snapshot import Snapshot
from noctule.indexer.learn.ingest import Intake, language_hint
from noctule.indexer.learn.precise_uses import PreciseUses
from noctule.indexer.learn.scip_file import ScipFile
from noctule.indexer.progress import OutOfTime, Work
from noctule.indexer.results import Progress
from noctule.indexer.store import view as views
from noctule.indexer.store.rows import BEHIND, PARTIAL, ViewRow
from noctule.indexer.store.store import Store
from noctule.indexer.store.view import NOTHING, NOTHING_EARLIER, Earlier, ViewFiles

if TYPE_CHECKING:
    from noctule.indexer.learn.history_parts import Hindsight

UNREAD = frozenset({"not in this clone"})
"""Reasons to leave a file out that are a fault of the repository, not a choice."""


def learn_view(
    store: Store,
    snapshot: Snapshot,
    place: RepositoryPlace | None,
    name: str,
    intake: Intake,
    work: Work,
    scip: ScipFile,
) -> bool:
    """Take in what is not known and lay out the view; whether all that was asked for was done before the deadline.

    A view whose files are all known serves until those of the next snapshot are: what the pace leaves unread is not
    taken out of it. What of history could not be read in time stays as it was, and the view is marked as behind.
    """
    before = store.view(name)
    earlier = Earlier.of(store.parts(before.id, Earlier.PARTS)) if before is not None else NOTHING
    same_past = (
        before is not None
        and not before.partial
        and not before.behind
        and before.revision == snapshot.revision
        and earlier.paths == sorted(snapshot.files)
        and is_cut_at(place, store.facts(before).get("cut", ""))
    )
    # Where there is no history, none has to wait.
    at_once = same_past or work.pace.history or snapshot.revision is None
    look_back = None if same_past or not at_once else _looking_back(store, before, place, snapshot.revision, work)
    ids, finished, past = _ingest_beside(store, snapshot, intake, work, look_back)
    del look_back
    blobs = {
        p: (f.blob, ids[f.blob, language_hint(p)])
        for p, f in snapshot.files.items()
        if (f.blob, language_hint(p)) in ids
    }
    if before is not None and work.pace.ahead:
        blobs = {path: blob for path, blob in blobs.items() if path in (work.pace.only or ())}
    if before is not None and (work.unsettled or not finished or intake.left_unread):
        blobs |= _not_read_yet(earlier, snapshot, blobs)
    if past is None and at_once and earlier.paths != sorted(blobs):
        # Some files were not read after all; what rests on history counts files by their place in the list.
        past = _looking_back(store, before, place, snapshot.revision, work)()
    if past is not None:
        past.keep(store)
    if intake.left_unread and before is not None and not (before.partial or work.pace.ahead):
        return finished and not work.pace.history
    started = time.monotonic()
    work.report(Progress("indexing", 0, 0))
    is_past_complete = past is None or past.complete
    behind = not at_once or not is_past_complete
    history_parts = past.parts(sorted(blobs)) | NOTHING_EARLIER if past is not None and not behind else {}
    del past  # a history is large: it is gone before the files are held against each other, which takes most memory
    files = ViewFiles.of(store, blobs)
    known = store.parts(before.id, ("scip",)).get("scip") if before is not None else None
    precise = PreciseUses()
    if known or scip.stamp:
        from noctule.indexer.learn.precise import apply_index  # few repositories have an index

        precise = apply_index(store, files, snapshot, scip, known, again=work.pace.history)
    parts = views.files_part(files, earlier) | precise.parts
    base = earlier if before is not None else _alike(store, snapshot)
    anew = precise.changed or before is None
    parts |= views.graph_part(store, files, base, precise.relations, work.failed, anew=anew)
    if precise.warning is not None:
        work.failed[precise.warning[0]] = precise.warning[1]
    parts |= _past_until_now(store, before, earlier, files.paths) if behind else history_parts
    work.failed.update({p: why for p, why in snapshot.left_out.items() if why in UNREAD})
    parts |= views.facts_part(files, work.failed, precise.facts)
    is_partial = not finished or intake.left_unread or work.unsettled or work.pace.ahead
    mark = PARTIAL if is_partial else BEHIND if behind else ""
    until = snapshot.revision if not behind else before.revision if before is not None else None
    with store.transaction():
        store.put_view(name, f"{mark}{snapshot.key}", until, snapshot.dirty, parts)
    work.add_time("indexing", started)
    return finished and is_past_complete


def _not_read_yet(
    earlier: Earlier, snapshot: Snapshot, blobs: Mapping[str, tuple[str, int]]
) -> dict[str, tuple[str, int]]:
    """Return what the last view knew of files that are not read yet, or are saved at this moment.

    They stay in the view, which is marked as partial: a file that somebody works on is never taken for a lost one.
    """
    width = len(earlier.oids) // max(len(earlier.paths), 1)
    return {
        path: (earlier.oids[n * width : (n + 1) * width].hex(), row)
        for n, (path, row) in enumerate(zip(earlier.paths, earlier.rows, strict=True))
        if path in snapshot.files and path not in blobs
    }


def _alike(store: Store, snapshot: Snapshot) -> Earlier:
    """Return what another view of the same commit knows: of another work tree, or taken over from another machine."""
    view = store.find_revision_view(snapshot.revision) if snapshot.revision is not None else None
    return Earlier.of(store.parts(view.id, Earlier.PARTS)) if view is not None else NOTHING


def _past_until_now(
    store: Store, before: ViewRow | None, earlier: Earlier, paths: Sequence[str]
) -> Mapping[str, bytes]:
    """Keep what was laid out of history, for the list of files that it was laid out for; or lay out that there is none.

    Nothing is given where the parts stay as they are.
    """
    if before is None or before.revision is None:
        from noctule.indexer.learn.history_parts import Hindsight

        return Hindsight.nothing().parts(paths) | NOTHING_EARLIER
    is_kept = bool(store.parts(before.id, ("earlier",)).get("earlier"))
    return {} if is_kept else views.earlier_part(earlier)


def _ingest_beside(
    store: Store, snapshot: Snapshot, intake: Intake, work: Work, look_back: Callable[[], Hindsight] | None
) -> tuple[dict[tuple[str, str], int], bool, Hindsight | None]:
    """Take in the blobs as `_ingest` does, and what is given of the past beside them."""
    if look_back is None:
        return *_ingest(store, snapshot, intake, work), None
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as beside:
        # git's log is read while the children parse: this process has little else to do until they are done.
        growing = beside.submit(look_back)
        ids, finished = _ingest(store, snapshot, intake, work)
    return ids, finished, growing.result()


def _ingest(store: Store, snapshot: Snapshot, intake: Intake, work: Work) -> tuple[dict[tuple[str, str], int], bool]:
    """Take in the blobs; return the rows of those that the store has, and whether these are all."""
    try:
        return intake.run(), True
    except OutOfTime:
        return store.blob_ids((f.blob, language_hint(p)) for p, f in snapshot.files.items()), False
    except BaseException:
        work.stopped = True
        raise


def _looking_back(
    store: Store, before: ViewRow | None, place: RepositoryPlace | None, revision: str | None, work: Work
) -> Callable[[], Hindsight]:
    """Take from the store what is known of the past; what is returned does the rest, on any thread."""
    history = store.shared("history")
    fitted = store.parts(before.id, ("fitted",)).get("fitted") if before is not None else store.shared("fitted")
    touched: dict[str, bytes] | None = None
    if before is not None and not before.partial and before.revision == revision:
        touched = {}  # what the latest commits touched is the same for any list of files

    def look_back() -> Hindsight:
        from noctule.indexer.learn.history_parts import Hindsight  # only where something of the past is to be learned

        return Hindsight.of(history, place, revision, fitted, touched, work)

    return look_back
