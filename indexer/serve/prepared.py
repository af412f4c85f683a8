"""Answers worked out ahead of time: the pack of a likely task, kept with the view for as long as no file changes."""

from __future__ import annotations

import hashlib
import json

from noctule.indexer.files.snapshot import Snapshot
from noctule.indexer.results import Pack, from_json
from noctule.indexer.store.store import Store

PART = "likely"


def find(store: Store, view_name: str, snapshot: Snapshot, task: str, budget_tokens: int, files: int) -> Pack | None:
    """Return the answer that was kept for this task and these files; None where there is none."""
    view = store.view(view_name)
    data = store.parts(view.id, (PART,)).get(PART) if view is not None else None
    if data is None:
        return None
    found = json.loads(data)
    return from_json(Pack, found["pack"]) if found["key"] == _key(snapshot, task, budget_tokens, files) else None


def keep(store: Store, view_name: str, snapshot: Snapshot, task: str, pack: Pack, files: int) -> None:
    """Keep an answer with the view, in place of the one that was kept before. StoreError."""
    view = store.view(view_name)
    if view is not None:
        kept = {"key": _key(snapshot, task, pack.budget_tokens, files), "pack": pack.to_json()}
        with store.transaction():
            store.put_part(view.id, PART, json.dumps(kept).encode())


def _key(snapshot: Snapshot, task: str, budget_tokens: int, files: int) -> str:
    said = f"{snapshot.key} {snapshot.revision} {budget_tokens} {files} {task}"
    return hashlib.blake2b(said.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
