"""`noctule/sleepNow`: think ahead at once, until somebody works; a pause and the budget hold nonetheless."""

from __future__ import annotations

from typing import TYPE_CHECKING

from noctule.indexer.serve.repository import Repository
from noctule.lsp_server.features import request, sleep
from noctule.lsp_server.features.request import Params
from noctule.lsp_server.lsp.server import NoctuleServer, RefusedRequest
from noctule.lsp_server.service import RepositoryService

if TYPE_CHECKING:
    from noctule.indexer.background.reports import SleepState

METHOD = "noctule/sleepNow"


def register(server: NoctuleServer) -> None:
    """Add the request."""

    async def sleep_now(service: RepositoryService, params: Params) -> SleepState:  # noqa: ARG001 - as every request is called
        if not server.preferences.sleep:
            raise RefusedRequest("background indexing is switched off in this editor", "set noctule.sleep to true")
        server.sleep_again(service)

        def begin(repository: Repository) -> SleepState:
            from noctule.indexer.runtime import notify  # whichever process sleeps here is meant

            notify.send(repository.folder, "now")
            return sleep.read_sleep_state(server, repository)

        return await server.beside(service, begin)

    request.register(server, METHOD, sleep_now)
