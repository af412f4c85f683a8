"""`noctule/ledger`: what sleep cost and what serving gave back, as measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from noctule.indexer.serve.repository import Repository
from noctule.lsp_server.features import request
from noctule.lsp_server.features.request import Params
from noctule.lsp_server.lsp.server import NoctuleServer
from noctule.lsp_server.service import RepositoryService

if TYPE_CHECKING:
    from noctule.indexer.background.reports import LedgerReport

METHOD = "noctule/ledger"


def register(server: NoctuleServer) -> None:
    """Add the request."""

    def report(repository: Repository) -> LedgerReport:
        from noctule.indexer.background.planner import ledger_report  # no answer about code waits for it

        return ledger_report(repository)

    async def ledger(service: RepositoryService, params: Params) -> LedgerReport:  # noqa: ARG001 - as every request is called
        return await server.beside(service, report)

    request.register(server, METHOD, ledger)
