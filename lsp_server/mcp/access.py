"""Who may ask over HTTP: the host and origin that were meant, the bearer of the token, and nobody too often.

Stands before everything that reads a request's body. A page in a browser reaches ports of its user's own machine, also
under a name of its choice (DNS rebinding), but cannot choose the `Host` and `Origin` headers that its browser sends.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

REQUESTS_PER_S = 20.0
BURST = 60
LARGEST_HEAD = 16 << 10
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


class Rate:
    """Limits of requests: a number per second on average, and a number at once."""

    def __init__(self, per_s: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_s = per_s
        self._burst = burst
        self._clock = clock
        self._left = float(burst)
        self._at = clock()

    def wait_s(self) -> float:
        """Count a request; return 0, or after how many seconds it may be made."""
        now = self._clock()
        self._left = min(self._left + (now - self._at) * self._per_s, self._burst)
        self._at = now
        if self._left < 1:
            return (1 - self._left) / self._per_s
        self._left -= 1
        return 0.0


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not served."""

    status: HTTPStatus
    why: str
    headers: tuple[tuple[bytes, bytes], ...] = ()


class Gate:
    """Lets through to `app` what may ask."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str], token: str | None, rate: Rate) -> None:
        self._app = app
        self._hosts = frozenset(hosts)
        self._origins = frozenset(f"http://{host}" for host in self._hosts)
        self._token = None if token is None else f"Bearer {token}".encode()
        self._rate = rate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request or refuse it; what a server says of its own start and end passes."""
        refusal = self._refusal(scope) if scope["type"] != "lifespan" else None
        if refusal is None:
            await self._app(scope, receive, send)
            return
        body = f"noctule: {refusal.why}\n".encode()
        # Not closed: who is still sending a body would see the connection reset, and not the answer.
        size = (b"content-length", f"{len(body)}".encode())
        headers = [(b"content-type", b"text/plain; charset=utf-8"), size, *refusal.headers]
        await send({"type": "http.response.start", "status": refusal.status.value, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _refusal(self, scope: Scope) -> Refusal | None:
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        if sum(len(name) + len(value) for name, value in headers) > LARGEST_HEAD:
            return Refusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "the head of this request is too large")
        host = [value.decode("latin-1").lower() for name, value in headers if name == b"host"]
        origin = [value.decode("latin-1").lower() for name, value in headers if name == b"origin"]
        if len(host) != 1 or host[0] not in self._hosts:
            return Refusal(HTTPStatus.MISDIRECTED_REQUEST, "this host is not served")
        if any(one not in self._origins for one in origin):
            return Refusal(HTTPStatus.FORBIDDEN, "pages of other origins are not served")
        if wait_s := self._rate.wait_s():
            after = (b"retry-after", f"{int(wait_s) + 1}".encode())
            return Refusal(HTTPStatus.TOO_MANY_REQUESTS, "too many requests; ask again later", (after,))
        if self._token is not None:
            given = [value for name, value in headers if name == b"authorization"]
            if len(given) != 1 or not hmac.compare_digest(given[0], self._token):
                challenge = (b"www-authenticate", b"Bearer")
                return Refusal(HTTPStatus.UNAUTHORIZED, "pass the token: Authorization: Bearer TOKEN", (challenge,))
        return None
