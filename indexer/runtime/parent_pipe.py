"""The child's side of a pair of pipes: messages from the parent in, messages to it out. Knows no work."""

from __future__ import annotations

import contextlib
import os
import select
import sys
from collections.abc import Iterator
from threading import Lock

from noctule.indexer.runtime.log import start_logging
from noctule.indexer.runtime.messages import Decoder, Message, encode
from noctule.indexer.runtime.parent_watch import die_with_parent

_READ = 1 << 16


class ParentPipe:
    """Standard input and output of a process that works for its parent, and ends with it."""

    def __init__(self, parent_pid: int, *requests: type[Message]) -> None:
        die_with_parent(parent_pid)
        self._decoder = Decoder(*requests)
        self._source, self._sink = sys.stdin.fileno(), os.dup(sys.stdout.fileno())
        self._heard = bytearray()
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever a library prints is no message
        self._sending = Lock()
        with contextlib.suppress(OSError):  # the parent could write there, or has said that it cannot
            start_logging()

    def receive(self) -> Message | None:
        """Wait for the next message; None when the parent has no more to say. ValueError."""
        end = self._heard.find(b"\n")
        while end < 0:
            piece = os.read(self._source, _READ)
            if not piece:
                end = len(self._heard)
                break
            seen = len(self._heard)
            self._heard += piece
            end = self._heard.find(b"\n", seen)
        line = bytes(self._heard[: end + 1])
        del self._heard[: end + 1]
        return self._decoder.decode(line) if line else None

    def is_silent(self, seconds: float) -> bool:
        """Wait until the parent says something, or is gone, at most so long; whether it said nothing."""
        return not self._heard and not select.select([self._source], [], [], seconds)[0]

    def __iter__(self) -> Iterator[Message]:
        while (message := self.receive()) is not None:
            yield message

    def send(self, message: Message) -> None:
        """Send a message, from any thread. BrokenPipeError where the parent does not listen any more."""
        line = encode(message)
        with self._sending:
            while line:
                line = line[os.write(self._sink, line) :]
