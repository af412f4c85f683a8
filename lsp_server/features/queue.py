"""`noctule/queue`: what is thought about next, with value, cost and reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from noctule.indexer.serve.repository import Repository
from noctule.lsp_server.features import request
from noctule.lsp_server.features.request import Params
from noctule.lsp_server.lsp.server import NoctuleServer
from noctule.lsp_server.service import RepositoryService

if TYPE_CHECKING:
    from noctule.indexer.background.reports import QueueReport

METHOD = "noctule/queue"


def register(server: NoctuleServer) -> None:
    """Add the request."""

    def report(repository: Repository) -> QueueReport:
        from noctule.indexer.background.planner import queue_report
        from noctule.indexer.background.runners import ABLE  # no answer about code waits for these

        return queue_report(repository, server.settings.limits, ABLE, server.user.choice)

    async def queue(service: RepositoryService, params: Params) -> QueueReport:  # noqa: ARG001 - as every request is called
        return await server.beside(service, report)

    request.register(server, METHOD, queue)
