"""`noctule/queue`: what is thought about next, with value, cost and reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.repository import Repository
from lsp_server.desk import Desk
from lsp_server.features import request
from lsp_server.features.request import Params
from lsp_server.server import NoctuleServer

if TYPE_CHECKING:
    from indexer.sleep.answers import QueueReport

METHOD = "noctule/queue"


def register(server: NoctuleServer) -> None:
    """Add the request."""

    def report(repository: Repository) -> QueueReport:
        from indexer.sleep.steps import ABLE  # no answer about code waits for these
        from indexer.sleep.survey import queue_of

        return queue_of(repository, server.settings.limits, ABLE, server.user.choice)

    async def queue(desk: Desk, params: Params) -> QueueReport:  # noqa: ARG001 - as every request is called
        return await server.beside(desk, report)

    request.register(server, METHOD, queue)
