"""What changes together across the repositories of a workspace, learned by a process that stays."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING

from noctule.indexer.errors import NoctuleError

if TYPE_CHECKING:
    from noctule.indexer.background.events import Event


class JointLearner:
    """Learns it in a thread of its own when the sleeper of each repository has come to rest, and each time again."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._rested: set[Path] = set()
        self._learns = False

    def hear(self, event: Event, root: Path, folder: Path, members: Mapping[str, Path]) -> None:
        """Hear from the sleeper of a repository, one of a folder's `members`; any thread may tell."""
        with self._lock:
            if (event.event, event.state) != ("state", "resting"):
                return
            self._rested.add(root)
            if self._learns or not self._rested.issuperset(members.values()):
                return
            self._learns = True
        Thread(target=self._learn, args=(folder, members), name="joint changes", daemon=True).start()

    def _learn(self, folder: Path, members: Mapping[str, Path]) -> None:
        from noctule.indexer.learn.joint_changes import learn_joint_changes

        try:
            with contextlib.suppress(NoctuleError):  # it is learned again after the next change
                learn_joint_changes(folder, members)
        finally:
            self._learns = False
