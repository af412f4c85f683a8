"""`noctule/review`: what the change at hand forgot, whom it may break, and which tests to run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from noctule.lsp_server.features import request
from noctule.lsp_server.features.request import Params
from noctule.lsp_server.lsp.server import NoctuleServer
from noctule.lsp_server.service import RepositoryService

if TYPE_CHECKING:
    from noctule.indexer.review.results import Review

METHOD = "noctule/review"


def register(server: NoctuleServer) -> None:
    """Add the request. It runs beside the answers, since it reads git's objects and tries hints on past commits."""

    async def review(service: RepositoryService, params: Params) -> Review:
        precision = params.share("precision")
        return await server.beside(service, lambda repository: repository.review(precision=precision))

    request.register(server, METHOD, review)
