"""`noctule/context`: what to read for a task, within a token budget."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pygls.exceptions import JsonRpcInvalidParams

from noctule.indexer.defaults import BUDGET_TOKENS, RANKED_FILES
from noctule.indexer.errors import NotIndexed
from noctule.indexer.results import Pack
from noctule.lsp_server.features import request
from noctule.lsp_server.features.all_repositories import ask_all
from noctule.lsp_server.features.request import Params
from noctule.lsp_server.loaded_view import LoadedView, Unknown
from noctule.lsp_server.lsp.server import NoctuleServer
from noctule.lsp_server.service import RepositoryService

if TYPE_CHECKING:
    from noctule.indexer.serve.repository import Repository
    from noctule.indexer.serve.workspace_results import WorkspacePack

METHOD = "noctule/context"


def register(server: NoctuleServer) -> None:
    """Add the request."""

    def read(params: Params) -> tuple[str, int, int]:
        task = params.text("task")
        if task is None:
            raise JsonRpcInvalidParams("task is missing: describe what is to be done")
        asked = task.encode(errors="replace").decode()  # JSON can hold half of a character
        return asked, params.number("budgetTokens", BUDGET_TOKENS), params.number("files", RANKED_FILES, least=1)

    async def context(service: RepositoryService, params: Params) -> Pack:
        asked = read(params)

        def pack(view: LoadedView) -> Pack:
            started = time.perf_counter()
            answer = view.repository.context(*asked)
            view.note_served(answer, 1000 * (time.perf_counter() - started))
            return answer

        def look_first(repository: Repository) -> Pack | None:
            is_looked = not repository.knows_all() and repository.look_first(asked[0])
            return repository.context(*asked) if is_looked else None

        try:
            answer = await server.ask(service, pack, looks=True)
        except (Unknown, NotIndexed):
            looked = await server.beside(service, look_first)
            if looked is None:
                raise
            return looked
        if answer.freshness.history is not None:
            return answer
        return await server.beside(service, look_first) or answer  # the first parts may not hold what the task is about

    async def over_all(params: Params) -> WorkspacePack:
        asked = read(params)
        return await ask_all(server, lambda workspace: workspace.context(*asked))

    request.register(server, METHOD, context, over_all)
