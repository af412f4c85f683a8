"""Signals between processes that use the same store, through named pipes. Knows not what is to be done.

Whoever asks, or waits for the store, sends one: that takes microseconds, never waits and never fails. The sleeper
listens, and hears it at once without polling. The pipes lie beside the store's folder and not in it, so that whoever
copies or saves a store meets no pipe, and finds the same place whatever its environment is.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import stat
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Literal, cast, get_args

from noctule.indexer.runtime.private_folder import make_private_folder

FOLDER = ".signals"

Signal = Literal["asked", "wanted", "pause", "now", "learned"]
"""Somebody asks a question; somebody waits for the right to write to the store; a pause began or ended; what can wait
need not wait any longer; more is known than before."""

_OVER = b"over\n"
_NUMBERS = itertools.count(1)


def pipes_folder(folder: Path) -> Path:
    """Return where the pipes of those lie who listen at the store in `folder`."""
    return folder.parent / FOLDER / folder.name


def send(folder: Path, signal: Signal) -> None:
    """Send a signal to all that listen at the store in `folder`; that nobody does is fine."""
    try:
        pipes = list(pipes_folder(folder).iterdir())
    except OSError:
        return
    for pipe in pipes:
        with contextlib.suppress(OSError):  # nobody listens any more, or does not keep up with what is sent
            _write(pipe, f"{signal} {os.getpid()}\n".encode())


def _write(path: Path, message: bytes) -> None:
    pipe = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        if stat.S_ISFIFO(os.fstat(pipe).st_mode):
            os.write(pipe, message)
    finally:
        os.close(pipe)


class Listener:
    """Listens at a store under a name that nobody else listens by.

    `on_signal` is called in a thread of the listener's own, with the process that sent the signal.
    """

    @classmethod
    def of_reader(cls, folder: Path, on_signal: Callable[[Signal, int], None]) -> Listener:
        """Listen beside others of this process and of others; what killed processes left is removed."""
        for pipe in pipes_folder(folder).glob("reader-*"):
            process = pipe.name.split("-")[1]
            if process.isdecimal() and not Path("/proc", process).exists() and Path("/proc/self").exists():
                pipe.unlink(missing_ok=True)
        return cls(folder, f"reader-{os.getpid()}-{next(_NUMBERS)}", on_signal)

    def __init__(self, folder: Path, name: str, on_signal: Callable[[Signal, int], None]) -> None:
        self._path = pipes_folder(folder) / name
        self._on_signal = on_signal
        self._pipe = self._make_pipe()
        self._thread = Thread(target=self._listen, name="listener", daemon=True)
        self._thread.start()

    def _make_pipe(self) -> int:
        """Make the pipe anew: one that a killed process left may hold what was said to that."""
        make_private_folder(self._path.parents[1])
        make_private_folder(self._path.parent)
        self._path.unlink(missing_ok=True)
        os.mkfifo(self._path, 0o600)
        # Open for writing as well: a pipe without a writer is at its end, and would be read again and again.
        return os.open(self._path, os.O_RDWR | os.O_CLOEXEC)

    def _listen(self) -> None:
        while (said := os.read(self._pipe, 4096)) and _OVER not in said:
            for line in dict.fromkeys(said.decode("ascii", "replace").splitlines()):
                signal, _, process = line.partition(" ")
                if signal in get_args(Signal) and process.isdecimal():
                    self._on_signal(cast("Signal", signal), int(process))

    def close(self) -> None:
        """Listen no more."""
        os.write(self._pipe, _OVER)
        self._thread.join()
        self._path.unlink(missing_ok=True)
        os.close(self._pipe)
