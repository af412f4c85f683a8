"""`noctule/resume`: end a pause, and sleep again where the sleep was cancelled in the editor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from noctule.indexer.serve.repository import Repository
from noctule.lsp_server.features import request
from noctule.lsp_server.features.request import Params
from noctule.lsp_server.lsp.server import NoctuleServer
from noctule.lsp_server.service import RepositoryService

if TYPE_CHECKING:
    from noctule.indexer.reports import Paused

METHOD = "noctule/resume"


def register(server: NoctuleServer) -> None:
    """Add the request."""

    async def resume(service: RepositoryService, params: Params) -> Paused:  # noqa: ARG001 - as every request is called
        def resume(repository: Repository) -> Paused:
            from noctule.indexer.reports import Paused  # no answer about code waits for it
            from noctule.indexer.runtime.pause import resume as resumed

            resumed(repository.folder)
            return Paused(str(repository.folder), False, None)

        answer = await server.beside(service, resume)
        server.sleep_again(service)
        return answer

    request.register(server, METHOD, resume)
