"""`noctule/predict`: what the next change is likely to touch."""

from __future__ import annotations

import time

from noctule.indexer.results import Forecast
from noctule.lsp_server.features import request
from noctule.lsp_server.features.request import Params
from noctule.lsp_server.loaded_view import LoadedView
from noctule.lsp_server.lsp.server import NoctuleServer
from noctule.lsp_server.service import RepositoryService

METHOD = "noctule/predict"


def register(server: NoctuleServer) -> None:
    """Add the request."""

    async def predict(service: RepositoryService, params: Params) -> Forecast:
        given, task, k = params.texts("given"), params.text("task") or "", params.number("k", 20, least=1)
        aside = params.yes("aside")

        def forecast(view: LoadedView) -> Forecast:
            if aside:
                return view.repository.reader.predict(given, task, k)
            started = time.perf_counter()
            answer = view.repository.predict(given, task, k)
            view.note_served(answer, 1000 * (time.perf_counter() - started))
            return answer

        return await server.ask(service, forecast, aside=aside, looks=True)

    request.register(server, METHOD, predict)
