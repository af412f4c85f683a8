"""The two ways in: standard input and output for the agent that started this process, and HTTP for several.

Says on standard error where it listens, and no more: what the libraries below would log may quote a repository.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Callable, Sequence
from threading import Thread
from typing import TYPE_CHECKING, TextIO

import anyio
from mcp.server.stdio import stdio_server
from mcp.server.transport_security import TransportSecuritySettings

from noctule.indexer.defaults import DEBUG_VARIABLE
from noctule.indexer.files.redaction import warm
from noctule.lsp_server.mcp.access import BURST, LARGEST_HEAD, LOOPBACK, REQUESTS_PER_S, Gate, Rate
from noctule.lsp_server.mcp.in_flight import Incoming, InFlight, Outgoing
from noctule.lsp_server.mcp.incoming import ReadableLines
from noctule.lsp_server.mcp.roots import LEARN_AFTER_S, WARM_AFTER_S
from noctule.lsp_server.mcp.server import make_server

if TYPE_CHECKING:
    from noctule.lsp_server.mcp.address import Address
    from noctule.lsp_server.mcp.roots import Places

PATH = "/mcp"
LARGEST_BODY = 1 << 20
MOST_SESSIONS = 64
MOST_CONNECTIONS = 128
IDLE_S = 1800.0
KEEP_ALIVE_S = 30
LEAVE_WITHIN_S = 1


def over_stdio(places: Places, lines: TextIO, sent: Sequence[str]) -> None:
    """Serve one client until it closes its end; `sent` is what it has said before `lines`."""
    _quiet()

    async def serve() -> None:
        _learn_soon(places)
        readable = ReadableLines(sent, anyio.wrap_file(lines))
        async with stdio_server(readable) as (incoming, outgoing):  # type: ignore[arg-type] # it reads its lines only
            server, in_flight = make_server(places), InFlight()
            await server.run(
                Incoming(incoming, in_flight), Outgoing(outgoing, in_flight), server.create_initialization_options()
            )

    anyio.run(serve)


def over_http(places: Places, address: Address, token: str | None, listening: Callable[[str], None]) -> None:
    """Serve any number of clients until the process is told to end. OSError."""
    import uvicorn  # not over standard input and output

    from noctule.lsp_server.mcp.patience import ImpatientProtocol
    from noctule.lsp_server.mcp.sessions import SessionLimit

    _quiet()
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    with socket.create_server((address.host, address.port), family=family) as listener:
        port = listener.getsockname()[1]
        own = address.with_port(port)
        hosts = {own, *(f"{name}:{port}" for name in LOOPBACK)} if address.is_loopback else {own}
        app = make_server(places).streamable_http_app(
            streamable_http_path=PATH,
            max_request_body_size=LARGEST_BODY,
            max_sessions=2 * MOST_SESSIONS,  # `SessionLimit` makes room before that
            session_idle_timeout=IDLE_S,
            transport_security=TransportSecuritySettings(
                allowed_hosts=sorted(hosts), allowed_origins=sorted(f"http://{host}" for host in hosts)
            ),
        )
        config = uvicorn.Config(
            Gate(SessionLimit(app, MOST_SESSIONS), hosts, token, Rate(REQUESTS_PER_S, BURST)),
            http=ImpatientProtocol,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ws="none",
            limit_concurrency=MOST_CONNECTIONS,
            h11_max_incomplete_event_size=LARGEST_HEAD,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=LEAVE_WITHIN_S,
        )

        async def serve() -> None:
            _learn_soon(places)
            listening(f"http://{own}{PATH}")
            await uvicorn.Server(config).serve(sockets=[listener])

        anyio.run(serve)


def _learn_soon(places: Places) -> None:
    loop = asyncio.get_running_loop()
    loop.call_later(LEARN_AFTER_S, places.learn)
    loop.call_later(WARM_AFTER_S, Thread(target=warm, name="scanner", daemon=True).start)


def _quiet() -> None:
    if os.environ.get(DEBUG_VARIABLE):
        logging.basicConfig(level=logging.INFO)
    else:
        logging.disable(logging.CRITICAL)
