"""Word from other processes that use the same store, through a pipe that has a name. Knows not what is to be done.

Whoever asks, or waits for the store, rings: that takes microseconds, never waits and never fails. Who sleeps listens,
and hears it at once without looking again and again.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Literal, cast, get_args

FOLDER = "bells"

Word = Literal["asked", "wanted", "pause", "now"]
"""Somebody asks a question; somebody waits for the right to write to the store; a pause began or ended; what can wait
need not wait any longer."""

_OVER = b"over\n"


def ring(folder: Path, word: Word) -> None:
    """Tell all that listen at the store in `folder`; that nobody does is fine."""
    try:
        bells = list((folder / FOLDER).iterdir())
    except OSError:
        return
    for bell in bells:
        with contextlib.suppress(OSError):  # nobody listens any more, or does not keep up with what is told
            _write(bell, f"{word} {os.getpid()}\n".encode())


def _write(path: Path, message: bytes) -> None:
    pipe = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        if stat.S_ISFIFO(os.fstat(pipe).st_mode):
            os.write(pipe, message)
    finally:
        os.close(pipe)


class Bell:
    """Listens at a store under a name that nobody else listens by.

    `heard` is called in a thread of the bell's own, with the process that rang.
    """

    def __init__(self, folder: Path, name: str, heard: Callable[[Word, int], None]) -> None:
        self._path = folder / FOLDER / name
        self._heard = heard
        self._pipe = self._hung()
        self._thread = Thread(target=self._listen, name="bell", daemon=True)
        self._thread.start()

    def _hung(self) -> int:
        """Make the pipe anew: one that a killed process left may hold what was said to that."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.unlink(missing_ok=True)
        os.mkfifo(self._path, 0o600)
        # Open for writing as well: a pipe without a writer is at its end, and would be read again and again.
        return os.open(self._path, os.O_RDWR | os.O_CLOEXEC)

    def _listen(self) -> None:
        while (said := os.read(self._pipe, 4096)) and _OVER not in said:
            for line in dict.fromkeys(said.decode("ascii", "replace").splitlines()):
                word, _, process = line.partition(" ")
                if word in get_args(Word) and process.isdecimal():
                    self._heard(cast("Word", word), int(process))

    def close(self) -> None:
        """Listen no more."""
        os.write(self._pipe, _OVER)
        self._thread.join()
        self._path.unlink(missing_ok=True)
        os.close(self._pipe)
