"""A connection whose client does not send its request is closed, so that it is in nobody's way."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_S = 10.0
"""A request has to be there in whole so long after its first byte, or after its connection was made."""


class ImpatientProtocol(H11Protocol):
    """HTTP/1.1 with a limit on how long a request may take to arrive."""

    _waits: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Take data; wait on while it is no whole request."""
        super().data_received(data)
        if self._is_read():
            self._cancel()
        elif self._waits is None:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._cancel()
        super().connection_lost(exc)

    def _is_read(self) -> bool:
        """Tell whether a request was read in whole that is being answered, or none has begun."""
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            return cycle is not None and not self.conn.trailing_data[0]
        return not cycle.more_body

    def _wait(self) -> None:
        self._waits = self.loop.call_later(HEAD_S, self._close_unread)

    def _cancel(self) -> None:
        if self._waits is not None:
            self._waits.cancel()
            self._waits = None

    def _close_unread(self) -> None:
        self._waits = None
        if not self._is_read():
            self.transport.close()
