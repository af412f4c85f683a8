"""`noctule/recipes`: how changes are made here, as past ones were."""

from __future__ import annotations

from noctule.indexer.results import RecipeBook
from noctule.lsp_server.features import request
from noctule.lsp_server.features.request import Params
from noctule.lsp_server.lsp.server import NoctuleServer
from noctule.lsp_server.service import Desk, Reading

METHOD = "noctule/recipes"


def register(server: NoctuleServer) -> None:
    """Add the request."""

    async def recipes(desk: Desk, params: Params) -> RecipeBook:  # noqa: ARG001 - as every request is called
        def book(reading: Reading) -> RecipeBook:
            from noctule.indexer.notes.recipes import recipes_in  # with numpy, which the desk loads meanwhile

            about = reading.forecast
            return RecipeBook(about.revision, about.dirty, recipes_in(reading.ground), about.freshness)

        return await server.ask(desk, book, aside=True)

    request.register(server, METHOD, recipes)
