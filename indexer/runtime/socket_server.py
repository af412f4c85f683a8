"""Listens on the socket of one repository and has each question answered. Knows no message.

Of several processes one listens; the others wait, without looking again and again, until it is gone.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import BoundedSemaphore, Thread

from noctule.indexer.errors import StoreUnavailable
from noctule.indexer.runtime.local_socket import LONGEST_PATH, LONGEST_QUESTION, is_private, peer_is_user, read_lines
from noctule.indexer.runtime.log import Log
from noctule.indexer.runtime.private_folder import make_private_folder

log = Log(__name__)

READ_WITHIN_S = 2.0
WRITTEN_WITHIN_S = 5.0
MOST_AT_ONCE = 8
"""More who ask at the same time are turned away, and answer themselves."""

Answer = Callable[[bytes], Iterator[bytes]]
"""A line that was asked, to the lines that answer it, each sent as soon as it is there."""


class SocketServer:
    """Listens at an address from `start` to `close`; `answer` is called in threads of the server's own."""

    def __init__(self, path: str, answer: Answer) -> None:
        self._path = Path(path)
        self._answer = answer
        self._closed = False
        self._listening: socket.socket | None = None
        self._places = BoundedSemaphore(MOST_AT_ONCE)
        self._thread = Thread(target=self._run, name="service", daemon=True)

    def start(self) -> None:
        """Begin; returns at once. Where the address cannot be had, nobody is answered."""
        self._thread.start()

    @property
    def is_listening(self) -> bool:
        """Whether it is this process that answers."""
        return self._listening is not None

    def close(self) -> None:
        """Listen no more; what is being answered is answered."""
        self._closed = True
        listening, self._listening = self._listening, None
        if listening is not None:
            with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as last:
                last.settimeout(READ_WITHIN_S)
                last.connect(os.fspath(self._path))  # wakes the thread, on every system
            self._thread.join(READ_WITHIN_S)

    def _run(self) -> None:
        try:
            lock = self._take_lock()
            try:
                if not self._closed:
                    self._listen()
            finally:
                os.close(lock)
        except (OSError, StoreUnavailable) as error:
            log.info("no service", why=str(error))

    def _take_lock(self) -> int:
        """Wait until no other process listens. OSError, StoreUnavailable."""
        if len(os.fsencode(self._path)) > LONGEST_PATH:
            raise StoreUnavailable(f"{self._path} is too long for a socket")
        make_private_folder(self._path.parent)
        if not is_private(os.fspath(self._path.parent)):
            raise StoreUnavailable(f"{self._path.parent} is open to others")
        name = self._path.with_suffix(".lock")
        lock = os.open(name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        return lock

    def _listen(self) -> None:
        self._path.unlink(missing_ok=True)  # a process that was killed left it, or somebody put something there
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
            listening.bind(os.fspath(self._path))
            self._path.chmod(0o600)  # until then the folder keeps others out
            made = self._path.lstat()
            listening.listen(MOST_AT_ONCE)
            self._listening = listening
            log.info("service", at=self._path)
            while not self._closed:
                connection, _ = listening.accept()
                if self._closed or not self._places.acquire(blocking=False):
                    connection.close()
                    continue
                Thread(target=self._serve, args=(connection,), name="question", daemon=True).start()
            with contextlib.suppress(OSError):
                if os.path.samestat(self._path.lstat(), made):
                    self._path.unlink()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection:
                if not peer_is_user(connection):
                    return
                question = read_lines(connection, 1, LONGEST_QUESTION, time.monotonic() + READ_WITHIN_S)[0]
                connection.settimeout(WRITTEN_WITHIN_S)
                for line in self._answer(question):
                    connection.sendall(line)
        except OSError:  # who asked has gone, or is not one of ours
            pass
        finally:
            self._places.release()
