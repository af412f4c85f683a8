"""`noctule/context`: what to read for a task, within a token budget."""

from __future__ import annotations

import time

from pygls.exceptions import JsonRpcInvalidParams

from noctule.indexer.defaults import BUDGET_TOKENS, RANKED_FILES
from noctule.indexer.results import Pack
from noctule.lsp_server.features import request
from noctule.lsp_server.features.request import Params
from noctule.lsp_server.loaded_view import LoadedView
from noctule.lsp_server.lsp.server import NoctuleServer
from noctule.lsp_server.service import RepositoryService

METHOD = "noctule/context"


def register(server: NoctuleServer) -> None:
    """Add the request."""

    async def context(service: RepositoryService, params: Params) -> Pack:
        task = params.text("task")
        if task is None:
            raise JsonRpcInvalidParams("task is missing: describe what is to be done")
        asked = task.encode(errors="replace").decode()  # JSON can hold half of a character
        budget = params.number("budgetTokens", BUDGET_TOKENS)
        files = params.number("files", RANKED_FILES, least=1)

        def pack(view: LoadedView) -> Pack:
            started = time.perf_counter()
            answer = view.repository.context(asked, budget, files)
            view.note_served(answer, 1000 * (time.perf_counter() - started))
            return answer

        return await server.ask(service, pack, looks=True)

    request.register(server, METHOD, context)
