"""`noctule/spot`: where a file, or a definition in it, stands as the files are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pygls.exceptions import JsonRpcInvalidParams

from noctule.lsp_server.features import request
from noctule.lsp_server.features.request import Params
from noctule.lsp_server.loaded_view import LoadedView
from noctule.lsp_server.lsp.server import NoctuleServer
from noctule.lsp_server.service import RepositoryService

if TYPE_CHECKING:
    from noctule.indexer.reports import Spot

METHOD = "noctule/spot"


def register(server: NoctuleServer) -> None:
    """Add the request."""

    async def spot(service: RepositoryService, params: Params) -> Spot:
        subject = params.text("subject")
        if subject is None:
            raise JsonRpcInvalidParams("subject is missing: name a path or path:symbol")

        def locate(view: LoadedView) -> Spot:
            from noctule.indexer.notes.recipes import find_location  # with numpy, which the service loads meanwhile

            return find_location(subject, view.ground, view.root)

        return await server.ask(service, locate, urgent=True)

    request.register(server, METHOD, spot)
