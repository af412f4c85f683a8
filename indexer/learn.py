"""Brings a store up to date with a snapshot: the sleeping side, in steps that can be cut off between any two.

Blobs are committed every few seconds while history is read beside them (`indexer.intake`, `indexer.hindsight`); then
what follows from both is laid out as the snapshot's view (`indexer.lesson`).
"""

from __future__ import annotations

from pathlib import Path

from indexer.git import RepositoryPlace
from indexer.intake import Intake
from indexer.snapshot import Snapshot
from indexer.store import Store
from indexer.work import Work


def learn(store: Store, snapshot: Snapshot, place: RepositoryPlace | None, root: Path, name: str, work: Work) -> bool:
    """Learn a snapshot and lay out its view; whether it was finished before the deadline.

    A view that was cut off is laid out from what was read until then, and marked so that the next sleep goes on.
    """
    with Intake(store, snapshot, root, work, place) as intake:
        from indexer.lesson import learned  # with numpy, which takes as long to import as the children to start

        return learned(store, snapshot, place, name, intake, work)
