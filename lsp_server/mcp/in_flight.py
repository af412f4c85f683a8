"""The streams between the SDK and a client over standard streams, and the requests that are not answered yet.

The SDK drops what it is working on when its input ends. A client that writes its questions and closes its end, as
`noctule mcp < questions` does, still reads: so the end of the input is held back until each request has its answer.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Self

import anyio
import mcp_types as types

from noctule.lsp_server.mcp.opening import LAST_ANSWERS_S, REPLAYED

if TYPE_CHECKING:
    from contextvars import Context

    from mcp.shared._context_streams import ContextReceiveStream
    from mcp.shared._stream_protocols import WriteStream
    from mcp.shared.message import SessionMessage


class InFlight:
    """The ids of the requests that have no answer yet."""

    def __init__(self) -> None:
        self._ids: set[Hashable] = set()
        self._answered = anyio.Event()

    def record(self, message: object) -> None:
        """Take in what a client says: a request is open until it is answered or cancelled."""
        if isinstance(message, types.JSONRPCRequest):
            self._ids.add(message.id)
        elif isinstance(message, types.JSONRPCNotification) and message.method == "notifications/cancelled":
            self.close((message.params or {}).get("requestId"))

    def close(self, own_id: object) -> None:
        """Take a request as answered."""
        if isinstance(own_id, int | str):
            self._ids.discard(own_id)
            self._answered.set()

    async def join(self) -> None:
        """Wait until nothing is open, but not longer than a client that has gone is answered."""
        with anyio.move_on_after(LAST_ANSWERS_S):
            while self._ids:
                self._answered = anyio.Event()
                await self._answered.wait()


class Incoming:
    """What a client says; its end comes when all that was asked is answered."""

    def __init__(self, stream: ContextReceiveStream[SessionMessage | Exception], in_flight: InFlight) -> None:
        self._stream = stream
        self._in_flight = in_flight

    @property
    def last_context(self) -> Context | None:
        """The context in which the last message was read."""
        return self._stream.last_context

    async def receive(self) -> SessionMessage | Exception:
        """Return the next message. anyio.EndOfStream."""
        try:
            said = await self._stream.receive()
        except anyio.EndOfStream:
            await self._in_flight.join()
            raise
        if not isinstance(said, Exception):
            self._in_flight.record(said.message)
        return said

    async def aclose(self) -> None:
        """Read no more."""
        await self._stream.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SessionMessage | Exception:
        try:
            return await self.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


class Outgoing:
    """What the SDK sends, but for its answer to a handshake that was answered before it was loaded."""

    def __init__(self, stream: WriteStream[SessionMessage], in_flight: InFlight) -> None:
        self._stream = stream
        self._in_flight = in_flight

    async def send(self, item: SessionMessage, /) -> None:
        """Send one message."""
        own_id = getattr(item.message, "id", None)
        if own_id != REPLAYED:
            await self._stream.send(item)
        if isinstance(item.message, types.JSONRPCResponse | types.JSONRPCError):
            self._in_flight.close(own_id)

    async def aclose(self) -> None:
        """Send no more."""
        await self._stream.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
