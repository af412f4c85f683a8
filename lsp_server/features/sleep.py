"""`noctule/sleep`: how sleep stands, at a price that a status line can pay again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.repository import Repository
from lsp_server.desk import Desk
from lsp_server.features import request
from lsp_server.features.request import Params
from lsp_server.server import NoctuleServer

if TYPE_CHECKING:
    from indexer.sleep.answers import SleepState

METHOD = "noctule/sleep"


def register(server: NoctuleServer) -> None:
    """Add the request."""

    async def sleep(desk: Desk, params: Params) -> SleepState:  # noqa: ARG001 - as every request is called
        return await server.beside(desk, lambda repository: state_of(server, repository))

    request.register(server, METHOD, sleep)


def state_of(server: NoctuleServer, repository: Repository) -> SleepState:
    """Return how sleep stands. NoctuleError."""
    from indexer.sleep.survey import sleep_of  # no answer about code waits for it

    return sleep_of(repository, server.settings.limits)
