"""`noctule/doctor`: what noctule takes of the machine, and whether it finds there what it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from noctule.indexer.serve.repository import Repository
from noctule.lsp_server.features import request
from noctule.lsp_server.features.request import Params
from noctule.lsp_server.lsp.server import NoctuleServer
from noctule.lsp_server.service import RepositoryService

if TYPE_CHECKING:
    from noctule.indexer.reports import Checkup

METHOD = "noctule/doctor"


def register(server: NoctuleServer) -> None:
    """Add the request."""

    async def doctor(service: RepositoryService, params: Params) -> Checkup:  # noqa: ARG001 - as every request is called
        def examine(repository: Repository) -> Checkup:
            from noctule.lsp_server.doctor.report import checkup  # no answer about code waits for it

            return checkup(repository, server.settings)

        return await server.beside(service, examine)

    request.register(server, METHOD, doctor)
