"""Brings a store up to date with a snapshot: the sleeping side, in steps that can be cut off between any two.

Blobs are committed every few seconds while history is read beside them (`indexer.learn.ingest`,
`indexer.learn.history_parts`); then what follows from both is laid out as the snapshot's view
(`indexer.learn.build_view`).
"""

from __future__ import annotations

from pathlib import Path

from noctule.indexer.files.git import RepositoryPlace
from noctule.indexer.files.snapshot import Snapshot
from noctule.indexer.learn.ingest import Intake
from noctule.indexer.progress import Work
from noctule.indexer.store.store import Store


def learn(store: Store, snapshot: Snapshot, place: RepositoryPlace | None, root: Path, name: str, work: Work) -> bool:
    """Learn a snapshot and lay out its view; whether it was finished before the deadline.

    A view that was cut off is laid out from what was read until then, and marked so that the next sleep goes on.
    """
    with Intake(store, snapshot, root, work, place) as intake:
        from noctule.indexer.learn.build_view import (
            learned,  # with numpy, which takes as long to import as the children to start
        )

        return learned(store, snapshot, place, name, intake, work)
