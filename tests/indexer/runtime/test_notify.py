"""Word from other processes: heard at once, and never in the way of who gives it."""

from __future__ import annotations

import os
import time
from pathlib import Path
from queue import SimpleQueue

from noctule.indexer.runtime.notify import FOLDER, Bell, ring
from tests.indexer.runtime.processes import program


def test_a_bell_is_heard_with_who_rang(tmp_path: Path) -> None:
    heard: SimpleQueue[tuple[str, int]] = SimpleQueue()
    bell = Bell(tmp_path, "one", lambda word, process: heard.put((word, process)))
    other = Bell(tmp_path, "other", lambda word, process: heard.put((word, process)))
    ring(tmp_path, "asked")
    first = [heard.get(timeout=30), heard.get(timeout=30)]
    with program(
        """
        import sys
        from pathlib import Path
        from noctule.indexer.runtime.notify import ring
        ring(Path(sys.argv[1]), "wanted")
        input()
    """,
        str(tmp_path),
    ) as process:
        second = [heard.get(timeout=30), heard.get(timeout=30)]
        ringer = process.pid
    bell.close()
    other.close()

    assert first == [("asked", os.getpid())] * 2
    assert second == [("wanted", ringer)] * 2
    assert list((tmp_path / FOLDER).iterdir()) == []


def test_ringing_where_nobody_listens_costs_nothing(tmp_path: Path) -> None:
    ring(tmp_path / "absent", "asked")
    (tmp_path / FOLDER).mkdir()
    os.mkfifo(tmp_path / FOLDER / "left", 0o600)
    (tmp_path / FOLDER / "no pipe").write_text("kept")
    (tmp_path / FOLDER / "a link").symlink_to(tmp_path / FOLDER / "no pipe")

    started = time.monotonic()
    for _ in range(100):
        ring(tmp_path, "asked")

    assert time.monotonic() - started < 10
    assert (tmp_path / FOLDER / "no pipe").read_text() == "kept"


def test_a_bell_that_a_killed_process_left_is_hung_anew(tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir()
    os.mkfifo(tmp_path / FOLDER / "one", 0o600)
    heard: SimpleQueue[str] = SimpleQueue()
    bell = Bell(tmp_path, "one", lambda word, _process: heard.put(word))
    ring(tmp_path, "pause")

    assert heard.get(timeout=30) == "pause"
    bell.close()


def test_a_ringer_never_waits_for_a_listener_that_does_not_keep_up(tmp_path: Path) -> None:
    hears = SimpleQueue[str]()

    def slowly(word: str, _process: int) -> None:
        if hears.empty():
            hears.put(word)
            time.sleep(1)

    bell = Bell(tmp_path, "one", slowly)
    started = time.monotonic()
    for _ in range(10_000):
        ring(tmp_path, "asked")
    bell.close()

    assert time.monotonic() - started < 60
