"""Outlines of changed texts from a child process: a parser that crashes or hangs costs that text alone.

For servers, which live for days; a command that answers once parses for itself. Knows no file and no store.
"""

from __future__ import annotations

import marshal
import os
import select
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING

from noctule.indexer.runtime.log import Log
from noctule.indexer.runtime.python_child import start_python

if TYPE_CHECKING:  # a server answers its first request before a parser is imported
    from noctule.indexer.parse.outline import LiveOutline

log = Log(__name__)
MOST_WAIT_S = 10.0
"""The child itself gives a parse up by processor time (`outline.MOST_PARSE_S`); this is for one that cannot."""
UNUSED_S = 3600.0
"""A child that nobody asks for so long ends."""
_LENGTH = struct.Struct("<I")


class OutlineProcess:
    """Makes outlines in a child, which starts with the first text and again after its end. Any thread may ask.

    `module` holds the function `work` that is the child's side.
    """

    def __init__(self, module: str = __name__, most_wait_s: float = MOST_WAIT_S) -> None:
        self._module = module
        self._most_wait_s = most_wait_s
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False

    def outline(self, text: bytes, path: str) -> LiveOutline | None:
        """Return what `make_outline` does; a text at which its parser crashes or hangs defines nothing."""
        from noctule.indexer.parse.embedded import find_code
        from noctule.indexer.parse.outline import MOST_BYTES, empty_outline

        if find_code(path, text).language is None:
            return None
        if len(text) > MOST_BYTES:
            return empty_outline(text)
        with self._lock:
            for _ in range(2):  # a child that ended between two texts, or was killed, blames none of them
                if self._closed:
                    break
                try:
                    return self._ask(text, path)
                except OSError as error:
                    log.info("parser lost", path=path, error=str(error))
                    self._end()
                    if isinstance(error, TimeoutError):
                        break
        return empty_outline(text)

    def close(self) -> None:
        """End the child; no text defines anything any more."""
        self._closed = True
        if (process := self._process) is not None:
            process.kill()  # whoever waits for it has the lock
        with self._lock:
            self._end()

    @property
    def process_id(self) -> int | None:
        """The child, for whoever measures it; None where there is none."""
        process = self._process
        return process.pid if process is not None else None

    def _ask(self, text: bytes, path: str) -> LiveOutline | None:
        from noctule.indexer.parse.outline import LiveDefinition, LiveOutline
        from noctule.indexer.symbols import Span

        if self._process is None:
            options = {"bufsize": 0, "start_new_session": True}  # Ctrl-C is for the server, which ends the child
            self._process = start_python(self._module, function="work", options=options)
        pipe = _Pipe(self._process, time.monotonic() + self._most_wait_s)
        pipe.write(marshal.dumps((text, os.fsencode(path))))
        columns = marshal.loads(pipe.read())
        if columns is None:
            return None
        definitions, quoted = columns
        return LiveOutline(tuple(LiveDefinition(*d) for d in definitions), tuple(Span(*span) for span in quoted))

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
            process.wait()


class _Pipe:
    """One message to a child and one back, until a moment. ConnectionError where it ended, TimeoutError."""

    def __init__(self, process: subprocess.Popen[bytes], until: float) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._sink, self._source = process.stdin.fileno(), process.stdout.fileno()
        self._until = until
        os.set_blocking(self._sink, False)

    def write(self, message: bytes) -> None:
        rest = memoryview(_LENGTH.pack(len(message)) + message)
        while rest:
            self._wait(self._sink, select.POLLOUT)
            rest = rest[os.write(self._sink, rest) :]

    def read(self) -> bytes:
        return self._read(*_LENGTH.unpack(self._read(_LENGTH.size)))

    def _read(self, size: int) -> bytes:
        found = bytearray()
        while len(found) < size:
            self._wait(self._source, select.POLLIN)
            chunk = os.read(self._source, size - len(found))
            if not chunk:
                raise ConnectionError("the process that parses ended")
            found += chunk
        return bytes(found)

    def _wait(self, descriptor: int, event: int) -> None:
        ready = select.poll()
        ready.register(descriptor, event)
        if not ready.poll(1000 * max(self._until - time.monotonic(), 0.0)):
            raise TimeoutError("the process that parses does not answer")


def work() -> None:
    """Serve one parent over standard input and output until it closes them: the child's side."""
    from noctule.indexer.parse.outline import make_outline

    serve(make_outline)


def serve(make: Callable[[bytes, str], LiveOutline | None]) -> None:
    """Answer each text with what `make` makes of it."""
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    asked = select.poll()
    asked.register(source, select.POLLIN)
    while asked.poll(1000 * UNUSED_S) and (head := source.read(_LENGTH.size)):
        text, path = marshal.loads(source.read(*_LENGTH.unpack(head)))
        answer = marshal.dumps(_columns(make(text, os.fsdecode(path))))
        sink.write(_LENGTH.pack(len(answer)) + answer)
        sink.flush()


def _columns(outline: LiveOutline | None) -> tuple[list[tuple[str, str, int, int]], list[tuple[int, int]]] | None:
    if outline is None:
        return None
    definitions = [(d.qualname, d.kind, d.start, d.stop) for d in outline.definitions]
    return definitions, [(span.start, span.stop) for span in outline.quoted]
