"""`noctule/predict`: what the next change is likely to touch."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from noctule.indexer.results import Forecast
from noctule.lsp_server.features import request
from noctule.lsp_server.features.all_repositories import ask_all
from noctule.lsp_server.features.request import Params
from noctule.lsp_server.loaded_view import LoadedView
from noctule.lsp_server.lsp.server import NoctuleServer
from noctule.lsp_server.service import RepositoryService

if TYPE_CHECKING:
    from noctule.indexer.serve.workspace_results import WorkspaceForecast

METHOD = "noctule/predict"


def register(server: NoctuleServer) -> None:
    """Add the request."""

    def read(params: Params) -> tuple[tuple[str, ...], str, int]:
        return params.texts("given"), params.text("task") or "", params.number("k", 20, least=1)

    async def predict(service: RepositoryService, params: Params) -> Forecast:
        asked, aside = read(params), params.yes("aside")

        def forecast(view: LoadedView) -> Forecast:
            if aside:
                return view.repository.reader.predict(*asked)
            started = time.perf_counter()
            answer = view.repository.predict(*asked)
            view.note_served(answer, 1000 * (time.perf_counter() - started))
            return answer

        return await server.ask(service, forecast, aside=aside, looks=True)

    async def over_all(params: Params) -> WorkspaceForecast:
        asked = read(params)
        return await ask_all(server, lambda workspace: workspace.predict(*asked), aside=params.yes("aside"))

    request.register(server, METHOD, predict, over_all)
