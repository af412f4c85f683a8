"""What `status` says: counts, gaps, costs and places, gathered from the store and the live files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from noctule.indexer.notes.phrases import count_phrase
from noctule.indexer.parse.limits import MOST_PROSE
from noctule.indexer.reports import Status
from noctule.indexer.runtime import state
from noctule.indexer.runtime.leader import LeaderLock
from noctule.indexer.runtime.pause import pause_text
from noctule.indexer.serve import editor_references
from noctule.indexer.serve.freshness import compare_freshness
from noctule.indexer.store.packed_texts import read_texts
from noctule.indexer.store.reference import RepositoryRef
from noctule.indexer.store.rows import ViewRow
from noctule.indexer.store.store import Store

EXAMPLES = 5


def make_status(ref: RepositoryRef, store: Store | None) -> Status:
    """Gather the status; works also where nothing is known. StoreDamaged."""
    place = ref.place
    view = store.view(ref.view_name) if store is not None else None
    live = ref.snapshot(store)
    learned = _load_parts(store, view)
    facts = store.facts(view) if store is not None and view is not None else {}
    oids = _oids(learned)
    left_out = {**_find_partly_read(store, view, oids), **live.left_out}
    return Status(
        root=str(ref.root),
        kind="plain folder" if place is None else ("bare repository" if place.bare else "work tree"),
        revision=live.revision,
        dirty=live.dirty,
        state="clean" if place is None else place.state,
        freshness=compare_freshness(view, oids, live),
        files=len(live.files),
        languages=facts.get("languages", {}),
        symbols=facts.get("symbols", 0),
        commits=facts.get("commits", 0),
        history_gaps=tuple(_gaps(ref, facts)),
        left_out=_count(left_out.values()),
        left_out_examples=_examples(left_out),
        ranked_down=facts.get("ranked_down", {}),
        failed=facts.get("failed", {}),
        prediction=facts.get("prediction", {}),
        cost=store.costs() if store is not None else {"sleeps": 0, "seconds": 0, "cpu_seconds": 0},
        store_path=str(ref.folder),
        store_bytes=(store.size() if store is not None else 0) + state.size(ref.folder),
        source_bytes=sum(f.size for f in live.files.values()),
        store_version=store.version if store is not None else 0,
        sleep=_sleep(ref),
        paused=pause_text(ref.folder),
        scip={name: value for name, value in facts.get("scip", {}).items() if name != "stamp"},
        editor=editor_references.count(editor_references.load(ref.folder, ref.view_name), oids),
    )


def _sleep(ref: RepositoryRef) -> dict[str, object]:
    """Return how the sleeper of this work tree stands; empty where there is none."""
    owner = LeaderLock(ref.folder, ref.view_name).owner()
    return owner.to_json() if owner is not None else {}


def view_blobs(store: Store, view: ViewRow) -> dict[str, str]:
    """Return the blob id of each file that a view was laid out from."""
    return _oids(_load_parts(store, view))


def _load_parts(store: Store | None, view: ViewRow | None) -> dict[str, bytes]:
    return store.parts(view.id, ("files", "oids")) if store is not None and view is not None else {}


def _oids(parts: dict[str, bytes]) -> dict[str, str]:
    if "files" not in parts:
        return {}
    paths = [path.decode("utf-8", "surrogateescape") for path in read_texts(parts["files"])]
    text = parts["oids"].hex()
    width = len(text) // max(len(paths), 1)
    return {path: text[i * width : (i + 1) * width] for i, path in enumerate(paths)}


def _gaps(ref: RepositoryRef, facts: Mapping[str, Any]) -> Iterable[str]:
    place = ref.place
    if place is None:
        yield "not a git repository: there is no history"
        return
    if place.head is None and ref.at is None:
        yield "no commit yet"
    if place.shallow:
        yield "shallow clone: older commits are missing"
    if place.partial:
        yield "partial clone: renames are found by identical content only; missing file contents are not read"
    gaps = facts.get("gaps", {})
    if count := gaps.get("renames"):
        yield f"{count_phrase(count, 'commit')} with exact renames only: blobs are missing or damaged"
    if count := gaps.get("changes"):
        yield f"{count_phrase(count, 'commit')} without their files: trees are missing or damaged"
    if why := facts.get("unread"):
        yield f"history could not be read: {why}"


def _count(reasons: Iterable[str]) -> dict[str, int]:
    return dict(Counter(reasons).most_common())


def _find_partly_read(store: Store | None, view: ViewRow | None, oids: Mapping[str, str]) -> dict[str, str]:
    """Return the files of a view that were read in part, each with why."""
    if store is None or view is None:
        return {}
    broken, long = store.find_partly_read(MOST_PROSE)
    in_part = f"in part: only the first {MOST_PROSE // 1000} kB are searched"
    return {
        path: in_part if oid in long else "in part: the grammar does not follow all of it"
        for path, oid in oids.items()
        if oid in long or oid in broken
    }


def _examples(left_out: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for path, reason in sorted(left_out.items()):
        examples = found.setdefault(reason, [])
        if len(examples) < EXAMPLES:
            examples.append(path)
    return {reason: tuple(paths) for reason, paths in found.items()}
