"""`noctule/sleepNow`: think ahead at once, until somebody works; a pause and the budget hold nonetheless."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.repository import Repository
from lsp_server.desk import Desk
from lsp_server.features import request, sleep
from lsp_server.features.request import Params
from lsp_server.server import NoctuleServer, Refused

if TYPE_CHECKING:
    from indexer.sleep.answers import SleepState

METHOD = "noctule/sleepNow"


def register(server: NoctuleServer) -> None:
    """Add the request."""

    async def sleep_now(desk: Desk, params: Params) -> SleepState:  # noqa: ARG001 - as every request is called
        if not server.preferences.sleep:
            raise Refused("this editor has switched sleep off", "set noctule.sleep to true")
        server.sleep_again(desk)

        def begin(repository: Repository) -> SleepState:
            from indexer.sleep.bell import ring  # whichever process sleeps here is meant

            ring(repository.folder, "now")
            return sleep.state_of(server, repository)

        return await server.beside(desk, begin)

    request.register(server, METHOD, sleep_now)
