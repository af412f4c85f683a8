"""What `status` says: counts, gaps, costs and places, gathered from the store and the live files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from noctule.indexer.arrays import unpack, unpack_texts
from noctule.indexer.errors import StoreDamaged
from noctule.indexer.files.snapshot import Snapshot
from noctule.indexer.learn import tuning
from noctule.indexer.results import Status
from noctule.indexer.runtime.leader import Seat
from noctule.indexer.store.store import Store, ViewRow

if TYPE_CHECKING:
    from noctule.indexer.serve.repository import Repository

EXAMPLES = 5


def status_of(repository: Repository) -> Status:
    """Gather the status; works where nothing is known, and where the store is damaged."""
    try:
        store = repository.open_store()
    except StoreDamaged:
        store = None
    try:
        return _status(repository, store)
    except StoreDamaged:
        return _status(repository, None)
    finally:
        if store is not None:
            store.close()


def _status(repository: Repository, store: Store | None) -> Status:
    from noctule.indexer.serve.repository import freshness_of

    place = repository.place
    view = store.view(repository.view_name) if store is not None else None
    live = repository.snapshot(store)
    learned = _learned(store, view)
    facts = store.facts(view) if store is not None and view is not None else {}
    oids = _oids(learned)
    return Status(
        root=str(repository.root),
        kind="plain folder" if place is None else ("bare repository" if place.bare else "work tree"),
        revision=live.revision,
        dirty=live.dirty,
        state="clean" if place is None else place.state,
        freshness=freshness_of(view, oids, live),
        files=len(live.files),
        languages=facts.get("languages", {}),
        symbols=facts.get("symbols", 0),
        commits=facts.get("commits", 0),
        history_gaps=tuple(_gaps(repository)),
        left_out=_counted(live.left_out.values()),
        left_out_examples=_examples(live),
        ranked_down=facts.get("ranked_down", {}),
        failed=facts.get("failed", {}),
        prediction=facts.get("prediction", {}),
        cost=store.costs() if store is not None else {"sleeps": 0, "seconds": 0, "cpu_seconds": 0},
        store_path=str(repository.folder),
        store_bytes=store.size() if store is not None else 0,
        source_bytes=sum(f.size for f in live.files.values()),
        store_version=store.version if store is not None else 0,
        sleep=_sleep(repository),
        ranking=_ranking(store, view),
    )


def _sleep(repository: Repository) -> dict[str, object]:
    """Return how the sleeper of this work tree stands; empty where there is none."""
    owner = Seat(repository.folder, repository.view_name).owner()
    return owner.to_json() if owner is not None else {}


def learned_blobs(store: Store, view: ViewRow) -> dict[str, str]:
    """Return the blob id of each file that a view was laid out from."""
    return _oids(_learned(store, view))


def _learned(store: Store | None, view: ViewRow | None) -> dict[str, bytes]:
    return store.parts(view.id, ("files", "oids")) if store is not None and view is not None else {}


def _ranking(store: Store | None, view: ViewRow | None) -> dict[str, object]:
    parts = store.parts(view.id, (tuning.PART,)) if store is not None and view is not None else {}
    tuned = tuning.read(parts.get(tuning.PART))
    return tuned.told() if tuned is not None else {}


def _oids(parts: dict[str, bytes]) -> dict[str, str]:
    if "files" not in parts:
        return {}
    columns = unpack(parts["files"])
    paths = [p.decode("utf-8", "surrogateescape") for p in unpack_texts(columns["text"], columns["ends"])]
    text = parts["oids"].hex()
    width = len(text) // max(len(paths), 1)
    return {path: text[i * width : (i + 1) * width] for i, path in enumerate(paths)}


def _gaps(repository: Repository) -> Iterable[str]:
    place = repository.place
    if place is None:
        yield "not a git repository: there is no history"
        return
    if place.head is None and repository.at is None:
        yield "no commit yet"
    if place.shallow:
        yield "shallow clone: older commits are missing"
    if place.partial:
        yield "partial clone: renames are found by identical content only; missing file contents are not read"


def _counted(reasons: Iterable[str]) -> dict[str, int]:
    return dict(Counter(reasons).most_common())


def _examples(live: Snapshot) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for path, reason in sorted(live.left_out.items()):
        examples = found.setdefault(reason, [])
        if len(examples) < EXAMPLES:
            examples.append(path)
    return {reason: tuple(paths) for reason, paths in found.items()}
