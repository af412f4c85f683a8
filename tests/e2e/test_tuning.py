"""`noctule sleep --tune`, and what `noctule status` says of it."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.conftest import Noctule, noctule
from tests.indexer.learn.test_tuning import make_past

__all__ = ["noctule"]  # the fixture


def test_tuning_says_what_it_came_to_and_status_says_it_again(noctule: Noctule, tmp_path: Path) -> None:
    made = make_past(tmp_path / "past", 110)
    untuned = noctule("status", cwd=made.root).out

    slept = noctule("sleep", "--tune", cwd=made.root)
    status = noctule("status", cwd=made.root)

    assert "'noctule sleep --tune' fits this one's own" in untuned
    assert slept.code == 0, slept.err
    assert "Ranks with weights of its own, fitted just now on 110 past changes" in slept.out
    assert "with weights of its own, fitted just now on 110 past changes" in status.out


def test_tuning_that_has_no_time_left_changes_nothing_and_says_so(noctule: Noctule, tmp_path: Path) -> None:
    made = make_past(tmp_path / "past", 110)
    noctule("sleep", cwd=made.root)

    slept = noctule("sleep", "--tune", "--for", "0.01", "--json", cwd=made.root)

    assert slept.code == 0, slept.err
    assert '"complete": false' in slept.out
    assert '"tuning": {}' in slept.out
