"""`noctule/sleep`: how sleep stands, at a price that a status line can pay again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from noctule.indexer.serve.repository import Repository
from noctule.lsp_server.features import request
from noctule.lsp_server.features.request import Params
from noctule.lsp_server.lsp.server import NoctuleServer
from noctule.lsp_server.service import RepositoryService

if TYPE_CHECKING:
    from noctule.indexer.background.reports import SleepState

METHOD = "noctule/sleep"


def register(server: NoctuleServer) -> None:
    """Add the request."""

    async def sleep(service: RepositoryService, params: Params) -> SleepState:  # noqa: ARG001 - as every request is called
        return await server.beside(service, lambda repository: read_sleep_state(server, repository))

    request.register(server, METHOD, sleep)


def read_sleep_state(server: NoctuleServer, repository: Repository) -> SleepState:
    """Return how sleep stands. NoctuleError."""
    from noctule.indexer.background.planner import sleep_state  # no answer about code waits for it

    return sleep_state(repository, server.settings.limits)
