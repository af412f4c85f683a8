"""`noctule/pause`: stop working ahead of time, for a while or until it is resumed."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from noctule.indexer.serve.repository import Repository
from noctule.lsp_server.features import request
from noctule.lsp_server.features.request import Params
from noctule.lsp_server.lsp.server import NoctuleServer
from noctule.lsp_server.service import RepositoryService

if TYPE_CHECKING:
    from noctule.indexer.reports import Paused

METHOD = "noctule/pause"


def register(server: NoctuleServer) -> None:
    """Add the request."""

    async def pause(service: RepositoryService, params: Params) -> Paused:
        seconds = params.seconds("seconds")

        def stop(repository: Repository) -> Paused:
            from noctule.indexer.reports import Paused  # no answer about code waits for it
            from noctule.indexer.runtime.pause import pause as stopped

            until = None if seconds is None else float(math.ceil(time.time() + seconds))
            stopped(repository.folder, until)
            return Paused(str(repository.folder), True, until)

        return await server.beside(service, stop)

    request.register(server, METHOD, pause)
