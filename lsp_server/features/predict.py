"""`noctule/predict`: what the next change is likely to touch."""

from __future__ import annotations

import time

from noctule.indexer.results import Forecast
from noctule.lsp_server.features import request
from noctule.lsp_server.features.request import Params
from noctule.lsp_server.lsp.server import NoctuleServer
from noctule.lsp_server.service import Desk, Reading

METHOD = "noctule/predict"


def register(server: NoctuleServer) -> None:
    """Add the request."""

    async def predict(desk: Desk, params: Params) -> Forecast:
        given, task, k = params.texts("given"), params.text("task") or "", params.number("k", 20, least=1)
        aside = params.yes("aside")

        def forecast(reading: Reading) -> Forecast:
            if aside:
                return reading.repository.reader.predict(given, task, k)
            started = time.perf_counter()
            answer = reading.repository.predict(given, task, k)
            reading.note_served(answer, 1000 * (time.perf_counter() - started))
            return answer

        return await server.ask(desk, forecast, aside=aside)

    request.register(server, METHOD, predict)
