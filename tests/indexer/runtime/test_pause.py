from __future__ import annotations

import time
from pathlib import Path

import pytest

from noctule.indexer.errors import StoreUnavailable
from noctule.indexer.runtime.pause import pause, pause_end, pause_text, resume


def test_a_pause_holds_until_it_is_ended(tmp_path: Path) -> None:
    pause(tmp_path / "store")

    assert pause_text(tmp_path / "store") == "background indexing is paused until 'noctule resume'"
    assert pause_end(tmp_path / "store") is None
    assert resume(tmp_path / "store")
    assert pause_text(tmp_path / "store") == ""


def test_a_pause_with_an_end_ends_by_itself(tmp_path: Path) -> None:
    until = time.time() + 7200
    pause(tmp_path, until)

    assert pause_end(tmp_path) == pytest.approx(until, abs=1)
    assert pause_text(tmp_path, now=until - 1).startswith("background indexing is paused until ")
    assert pause_text(tmp_path, now=until + 1) == ""


def test_the_end_of_a_pause_is_told_with_its_day_where_that_is_another(tmp_path: Path) -> None:
    pause(tmp_path, time.mktime((2030, 5, 4, 14, 30, 0, 0, 0, -1)))

    assert pause_text(tmp_path) == "background indexing is paused until 2030-05-04 14:30 or 'noctule resume'"


def test_the_last_pause_counts(tmp_path: Path) -> None:
    pause(tmp_path)
    pause(tmp_path, time.time() - 1)

    assert pause_text(tmp_path) == ""


def test_nothing_is_paused_where_nothing_was_ever_stored(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    for folder in (tmp_path / "none", tmp_path / "file"):
        assert pause_text(folder) == ""
        assert not resume(folder)


def test_a_pause_that_cannot_be_read_holds(tmp_path: Path) -> None:
    (tmp_path / "paused").write_bytes(b"\xff half of a")

    assert pause_text(tmp_path) == "background indexing is paused until 'noctule resume'"


def test_a_pause_that_cannot_be_kept_is_said_and_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreUnavailable, match="cannot save the pause in"):
        pause(tmp_path / "file")

    (tmp_path / "store" / "paused").mkdir(parents=True)  # nothing can take the place of a folder
    with pytest.raises(StoreUnavailable):
        pause(tmp_path / "store")

    assert [p.name for p in (tmp_path / "store").iterdir()] == ["paused"]
