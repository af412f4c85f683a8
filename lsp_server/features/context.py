"""`noctule/context`: what to read for a task, within a token budget."""

from __future__ import annotations

import time

from pygls.exceptions import JsonRpcInvalidParams

from indexer.answers import Pack
from indexer.defaults import BUDGET_TOKENS, RANKED_FILES
from lsp_server.desk import Desk, Reading
from lsp_server.features import request
from lsp_server.features.request import Params
from lsp_server.server import NoctuleServer

METHOD = "noctule/context"


def register(server: NoctuleServer) -> None:
    """Add the request."""

    async def context(desk: Desk, params: Params) -> Pack:
        task = params.text("task")
        if task is None:
            raise JsonRpcInvalidParams("task is missing: say what is to be done")
        asked = task.encode(errors="replace").decode()  # JSON can hold half of a character
        budget = params.number("budgetTokens", BUDGET_TOKENS)
        files = params.number("files", RANKED_FILES, least=1)

        def pack(reading: Reading) -> Pack:
            started = time.perf_counter()
            answer = reading.repository.context(asked, budget, files)
            reading.note_served(answer, 1000 * (time.perf_counter() - started))
            return answer

        return await server.ask(desk, pack)

    request.register(server, METHOD, context)
