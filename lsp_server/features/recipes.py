"""`noctule/recipes`: how changes are made here, as past ones were."""

from __future__ import annotations

from typing import TYPE_CHECKING

from noctule.lsp_server.features import request
from noctule.lsp_server.features.request import Params
from noctule.lsp_server.loaded_view import LoadedView
from noctule.lsp_server.lsp.server import NoctuleServer
from noctule.lsp_server.service import RepositoryService

if TYPE_CHECKING:
    from noctule.indexer.reports import RecipeBook

METHOD = "noctule/recipes"


def register(server: NoctuleServer) -> None:
    """Add the request."""

    async def recipes(service: RepositoryService, params: Params) -> RecipeBook:  # noqa: ARG001 - as every request is called
        def book(view: LoadedView) -> RecipeBook:
            from noctule.indexer.notes.recipes import servable_recipes  # with numpy, which the service loads meanwhile
            from noctule.indexer.reports import RecipeBook

            about = view.forecast
            return RecipeBook(about.revision, about.dirty, servable_recipes(view.ground), about.freshness)

        return await server.ask(service, book, aside=True)

    request.register(server, METHOD, recipes)
