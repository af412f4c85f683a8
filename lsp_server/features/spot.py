"""`noctule/spot`: where a file, or a definition in it, stands as the files are."""

from __future__ import annotations

from pygls.exceptions import JsonRpcInvalidParams

from indexer.answers import Spot
from lsp_server.desk import Desk, Reading
from lsp_server.features import request
from lsp_server.features.request import Params
from lsp_server.server import NoctuleServer

METHOD = "noctule/spot"


def register(server: NoctuleServer) -> None:
    """Add the request."""

    async def spot(desk: Desk, params: Params) -> Spot:
        subject = params.text("subject")
        if subject is None:
            raise JsonRpcInvalidParams("subject is missing: name a path or path:symbol")

        def found(reading: Reading) -> Spot:
            from indexer.notes.book import spot_of  # with numpy, which the desk loads meanwhile

            return spot_of(subject, reading.ground, reading.root)

        return await server.ask(desk, found, urgent=True)

    request.register(server, METHOD, spot)
