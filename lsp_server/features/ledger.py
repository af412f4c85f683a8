"""`noctule/ledger`: what sleep cost and what serving gave back, as measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.repository import Repository
from lsp_server.desk import Desk
from lsp_server.features import request
from lsp_server.features.request import Params
from lsp_server.server import NoctuleServer

if TYPE_CHECKING:
    from indexer.sleep.answers import LedgerReport

METHOD = "noctule/ledger"


def register(server: NoctuleServer) -> None:
    """Add the request."""

    def report(repository: Repository) -> LedgerReport:
        from indexer.sleep.survey import ledger_of  # no answer about code waits for it

        return ledger_of(repository)

    async def ledger(desk: Desk, params: Params) -> LedgerReport:  # noqa: ARG001 - as every request is called
        return await server.beside(desk, report)

    request.register(server, METHOD, ledger)
