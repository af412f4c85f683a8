"""Sessions over HTTP that nobody uses give way to new ones. Knows no tool and no repository."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

SESSION = b"mcp-session-id"


class SessionLimit:
    """Lets `app` hold so many sessions; where one more begins, the one that was used longest ago ends."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app = app
        self._most = most
        self._used: dict[bytes, None] = {}
        self._busy: Counter[bytes] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, after having made room where it may begin a session."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        session = next((value for name, value in scope["headers"] if name == SESSION), b"")
        if not session and scope["method"] == "POST":
            await self._make_room(scope)
        if session in self._used:
            self._used[session] = self._used.pop(session)
        self._busy[session] += 1

        async def note(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] < 400:
                for name, value in message.get("headers", ()):
                    if name.lower() == SESSION:
                        self._used[value] = None
            await send(message)

        try:
            await self._app(scope, receive, note)
        finally:
            self._busy[session] -= 1
        if session and scope["method"] == "DELETE":
            self._used.pop(session, None)

    async def _make_room(self, scope: Scope) -> None:
        """End idle sessions until there is room for another one, as their clients would."""
        idle = [session for session in self._used if not self._busy[session]]
        for session in idle[: max(len(self._used) - self._most + 1, 0)]:
            del self._used[session]
            headers = [(name, value) for name, value in scope["headers"] if name in (b"host", b"authorization")]
            await self._app({**scope, "method": "DELETE", "headers": [*headers, (SESSION, session)]}, _nothing, _drop)


async def _nothing() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _drop(_message: Message) -> None:
    """Tell nobody."""
