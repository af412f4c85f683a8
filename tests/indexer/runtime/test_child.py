"""A process that works for the sleeper, at its end."""

from __future__ import annotations

from pathlib import Path
from queue import SimpleQueue

from noctule.indexer.background.messages import WORKER, RefreshTexts
from noctule.indexer.runtime.child import Child, ChildExit, ChildReply, Workplace
from tests.patience import PATIENCE_S


def test_what_is_asked_of_a_child_that_has_ended_is_dropped(tmp_path: Path) -> None:
    events: SimpleQueue[ChildReply | ChildExit] = SimpleQueue()
    child = Child(WORKER, "jobs", Workplace(tmp_path, tmp_path / "cache", 1.0), events.put)
    child.kill()
    ended = events.get(timeout=PATIENCE_S)

    child.ask(RefreshTexts())

    assert isinstance(ended, ChildExit)
    assert events.empty()
