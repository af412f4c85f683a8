"""The difference between the index and the live files."""

from __future__ import annotations

from noctule.indexer.files.snapshot import Snapshot
from noctule.indexer.results import MOST_PENDING, Freshness
from noctule.indexer.store.rows import ViewRow


def compare_freshness(view: ViewRow | None, learned: dict[str, str], live: Snapshot | None) -> Freshness:
    """Compare the files that a view was made from (path -> blob id) with the live files."""
    if view is None:
        return Freshness("unknown")
    if live is None:
        return Freshness("fresh", 0, (), view.learned_at, history=view.revision)
    pending = sorted(p for p, f in live.files.items() if learned.get(p) != f.blob)
    gone = sorted(p for p in learned if p not in live.files)
    changed = pending + gone
    return Freshness(
        "pending" if changed or view.partial else "fresh",
        len(changed),
        tuple(changed[:MOST_PENDING]),
        view.learned_at,
        history=view.revision,
    )
