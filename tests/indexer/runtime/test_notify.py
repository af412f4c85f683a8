"""Signals of other processes: heard at once, and never in the way of who sends them."""

from __future__ import annotations

import os
import time
from pathlib import Path
from queue import SimpleQueue

from noctule.indexer.runtime.notify import Listener, pipes_folder, send
from tests.indexer.runtime.processes import program
from tests.patience import PATIENCE_S


def test_a_signal_is_heard_with_who_sent_it(tmp_path: Path) -> None:
    heard: SimpleQueue[tuple[str, int]] = SimpleQueue()
    listener = Listener(tmp_path, "one", lambda signal, process: heard.put((signal, process)))
    other = Listener(tmp_path, "other", lambda signal, process: heard.put((signal, process)))
    send(tmp_path, "asked")
    first = [heard.get(timeout=PATIENCE_S), heard.get(timeout=PATIENCE_S)]
    with program(
        """
        import sys
        from pathlib import Path
        from noctule.indexer.runtime.notify import send
        send(Path(sys.argv[1]), "wanted")
        input()
    """,
        str(tmp_path),
    ) as process:
        second = [heard.get(timeout=PATIENCE_S), heard.get(timeout=PATIENCE_S)]
        sender = process.pid
    listener.close()
    other.close()

    assert first == [("asked", os.getpid())] * 2
    assert second == [("wanted", sender)] * 2
    assert list(pipes_folder(tmp_path).iterdir()) == []


def test_a_signal_where_nobody_listens_costs_nothing(tmp_path: Path) -> None:
    send(tmp_path / "absent", "asked")
    pipes_folder(tmp_path).mkdir(parents=True)
    os.mkfifo(pipes_folder(tmp_path) / "left", 0o600)
    (pipes_folder(tmp_path) / "no pipe").write_text("kept")
    (pipes_folder(tmp_path) / "a link").symlink_to(pipes_folder(tmp_path) / "no pipe")

    started = time.monotonic()
    for _ in range(100):
        send(tmp_path, "asked")

    assert time.monotonic() - started < PATIENCE_S
    assert (pipes_folder(tmp_path) / "no pipe").read_text() == "kept"


def test_a_pipe_that_a_killed_process_left_is_made_anew(tmp_path: Path) -> None:
    pipes_folder(tmp_path).mkdir(parents=True)
    os.mkfifo(pipes_folder(tmp_path) / "one", 0o600)
    heard: SimpleQueue[str] = SimpleQueue()
    listener = Listener(tmp_path, "one", lambda signal, _process: heard.put(signal))
    send(tmp_path, "pause")

    assert heard.get(timeout=PATIENCE_S) == "pause"
    listener.close()


def test_a_sender_never_waits_for_a_listener_that_does_not_keep_up(tmp_path: Path) -> None:
    hears = SimpleQueue[str]()

    def slowly(signal: str, _process: int) -> None:
        if hears.empty():
            hears.put(signal)
            time.sleep(1)

    listener = Listener(tmp_path, "one", slowly)
    started = time.monotonic()
    for _ in range(10_000):
        send(tmp_path, "asked")
    listener.close()

    assert time.monotonic() - started < PATIENCE_S
