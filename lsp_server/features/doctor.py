"""`noctule/doctor`: what noctule takes of the machine, and whether it finds there what it needs."""

from __future__ import annotations

from indexer.answers import Checkup
from indexer.repository import Repository
from lsp_server.desk import Desk
from lsp_server.features import request
from lsp_server.features.request import Params
from lsp_server.server import NoctuleServer

METHOD = "noctule/doctor"


def register(server: NoctuleServer) -> None:
    """Add the request."""

    async def doctor(desk: Desk, params: Params) -> Checkup:  # noqa: ARG001 - as every request is called
        def examined(repository: Repository) -> Checkup:
            from lsp_server.checkup import checkup  # no answer about code waits for it

            return checkup(repository, server.settings)

        return await server.beside(desk, examined)

    request.register(server, METHOD, doctor)
