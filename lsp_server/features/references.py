"""`noctule/references`: takes what language servers of the client say of uses, and asks for the next definition."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from noctule.lsp_server.features import request
from noctule.lsp_server.features.request import Params
from noctule.lsp_server.loaded_view import LoadedView
from noctule.lsp_server.lsp.server import NoctuleServer
from noctule.lsp_server.lsp.uris import uri_to_path
from noctule.lsp_server.service import RepositoryService

if TYPE_CHECKING:
    from noctule.indexer.reports import ReferenceQuestion
    from noctule.indexer.serve.repository import Repository

METHOD = "noctule/references"


def register(server: NoctuleServer) -> None:
    """Add the request."""

    def find_next(repository: Repository) -> tuple[str, ...]:
        from noctule.indexer.background.planner import queue_report
        from noctule.indexer.background.runners import ABLE

        report = queue_report(repository, server.settings.limits, ABLE, server.user.choice)
        return tuple(job.subject for job in report.next)

    async def references(service: RepositoryService, params: Params) -> ReferenceQuestion:
        subject, uses = params.text("subject"), params.texts("uses")
        queued = await server.beside(service, find_next)

        def answer(view: LoadedView) -> ReferenceQuestion:
            from noctule.indexer.reports import ReferenceQuestion  # no answer about code waits for it
            from noctule.indexer.serve.editor_references import find_references

            ground = view.ground
            known = find_references(ground)
            if subject:
                paths = (uri_to_path(uri) for uri in uses)
                known.keep(subject, {os.path.relpath(path, view.root) for path in paths if path is not None})
            wanted = [*queued, *(point.path for point in view.forecast.change_points)]
            files = dict.fromkeys(ground.position.get(path.partition(":")[0], -1) for path in wanted)
            return known.find_question(file for file in files if file >= 0) or ReferenceQuestion()

        return await server.ask(service, answer, aside=params.yes("aside"))

    request.register(server, METHOD, references)
