"""`noctule/status`: what is known, how fresh, what it cost, and how sleep stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from noctule.indexer.serve.repository import Repository
from noctule.lsp_server.features import request
from noctule.lsp_server.features.request import Params
from noctule.lsp_server.lsp.server import NoctuleServer
from noctule.lsp_server.service import RepositoryService

if TYPE_CHECKING:
    from noctule.indexer.reports import Status

METHOD = "noctule/status"


def register(server: NoctuleServer) -> None:
    """Add the request."""

    async def status(service: RepositoryService, params: Params) -> Status:  # noqa: ARG001 - as every request is called
        return await server.beside(service, Repository.status)

    request.register(server, METHOD, status)
