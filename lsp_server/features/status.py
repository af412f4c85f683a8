"""`noctule/status`: what is known, how fresh, what it cost, and how sleep stands."""

from __future__ import annotations

from indexer.answers import Status
from indexer.repository import Repository
from lsp_server.desk import Desk
from lsp_server.features import request
from lsp_server.features.request import Params
from lsp_server.server import NoctuleServer

METHOD = "noctule/status"


def register(server: NoctuleServer) -> None:
    """Add the request."""

    async def status(desk: Desk, params: Params) -> Status:  # noqa: ARG001 - as every request is called
        return await server.beside(desk, Repository.status)

    request.register(server, METHOD, status)
