"""Messages over standard input and output: one thread reads, one writes, the loop between them never waits for either.

pygls has a loop of its own; here each fault of a client has an answer instead: a request that cannot be read is refused
with its id, an editor that reads slowly holds nothing up, and `exit` ends the process with the code that LSP asks for.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import BinaryIO

LARGEST = 64 << 20
"""Bytes of a message; a larger one is passed over and refused."""
LONGEST_HEADER = 4096
PARSE_ERROR, INVALID_REQUEST = -32700, -32600
_LENGTH = re.compile(rb"content-length\s*:\s*(\d{1,18})\s*", re.IGNORECASE)


class BrokenMessage(Exception):
    """What came is no message, and where the next one begins cannot be told."""


def bodies(source: BinaryIO) -> Callable[[], bytes | None]:
    """Return what reads the next message's body: None at the end, empty for one that is too large. Broken."""

    def next_body() -> bytes | None:
        length: int | None = None
        while line := source.readline(LONGEST_HEADER):
            if not line.endswith(b"\n"):
                raise BrokenMessage("a header without an end")
            if line.strip():
                match = _LENGTH.fullmatch(line.strip())
                length = int(match[1]) if match else length
                continue
            if length is None:
                continue  # blank lines between messages, or headers without a length: the next ones may have it
            return _body(source, length)
        return None

    return next_body


def _body(source: BinaryIO, length: int) -> bytes | None:
    if length <= LARGEST:
        body = source.read(length)
        return body if len(body) == length else None
    left = length
    while left:
        passed = len(source.read(min(left, 1 << 20)))
        if not passed:
            return None
        left -= passed
    return b""


class Outbox:
    """Writes messages in their order in a thread of its own; `gone` is called when nobody reads them any more."""

    def __init__(self, sink: BinaryIO, gone: Callable[[], None]) -> None:
        self._sink = sink
        self._gone = gone
        self._waiting: SimpleQueue[bytes | None] = SimpleQueue()
        self._thread = Thread(target=self._run, name="outbox", daemon=True)
        self._thread.start()

    def write(self, data: bytes) -> None:
        """Have a message written."""
        self._waiting.put(data)

    def close(self) -> None:
        """Write what waits, and no more; an editor that has stopped reading is not waited for."""
        self._waiting.put(None)
        self._thread.join(2.0)

    def _run(self) -> None:
        try:
            while (data := self._waiting.get()) is not None:
                self._sink.write(data)
                self._sink.flush()
        except OSError:
            self._gone()


def frame(message: object) -> bytes:
    """Return a message with its header."""
    body = json.dumps(message, separators=(",", ":")).encode("ascii")
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def refusal(number: object, code: int, why: str) -> dict[str, object]:
    """Return the answer to a request that cannot be taken."""
    return {"jsonrpc": "2.0", "id": number, "error": {"code": code, "message": why}}


async def exchange(
    source: BinaryIO, outbox: Outbox, take: Callable[[dict[str, object]], None], ended: asyncio.Event
) -> bool:
    """Hand each message to `take`, in the loop's thread and in order, until `ended` is set or there are no more.

    Return whether anything ever came.
    """
    loop = asyncio.get_running_loop()
    came = False

    def on_message(body: bytes) -> None:
        try:
            data = json.loads(body) if body else None
        except (ValueError, RecursionError):
            outbox.write(frame(refusal(None, PARSE_ERROR, "the message is not JSON")))
            return
        if isinstance(data, dict):
            take(data)
        else:
            why = "the message is not a JSON-RPC object" if body else f"the message is larger than {LARGEST} bytes"
            outbox.write(frame(refusal(None, INVALID_REQUEST, why)))

    def read() -> None:
        nonlocal came
        next_body = bodies(source)
        try:
            while (body := next_body()) is not None:
                came = True
                loop.call_soon_threadsafe(on_message, body)
        except BrokenMessage:
            came = True
        except (OSError, ValueError):  # closed under the reader
            pass
        finally:
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(ended.set)

    Thread(target=read, name="inbox", daemon=True).start()
    await ended.wait()
    return came
