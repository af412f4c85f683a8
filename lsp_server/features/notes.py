"""`noctule/notes`: what is known about a path, `path:symbol`, directory or the repository, or where a cursor stands."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from pygls.exceptions import JsonRpcInvalidParams

from noctule.indexer.errors import UnknownSubject
from noctule.indexer.results import Note
from noctule.lsp_server.features import request
from noctule.lsp_server.features.all_repositories import ask_all
from noctule.lsp_server.features.request import Params
from noctule.lsp_server.loaded_view import LoadedView
from noctule.lsp_server.lsp.documents import DocumentPosition, characters
from noctule.lsp_server.lsp.server import NoctuleServer, RefusedRequest
from noctule.lsp_server.service import RepositoryService

if TYPE_CHECKING:
    from noctule.indexer.serve.workspace_results import WorkspaceNotes

METHOD = "noctule/notes"


def register(server: NoctuleServer) -> None:
    """Add the request."""

    async def notes(service: RepositoryService, params: Params) -> Note:
        subject, at = params.text("subject"), _place(params.values.get("position"))
        uri = params.text("uri")
        found = server.find_place(uri) if uri is not None else None
        text = server.open_text(uri) if uri is not None else None
        path = found.path if found is not None and found.path != "." else ""
        enclosing, aside = params.yes("enclosing"), params.yes("aside")

        def note(view: LoadedView) -> Note:
            from noctule.indexer.notes.at_position import (  # with numpy, which the service loads meanwhile
                around,
                find_subject,
            )

            started = time.perf_counter()
            meant = path if subject is None else subject
            if subject is None and at is not None:
                line = text.line(at.line) if text is not None else view.line(path, at.line)
                column = characters(line, at.column, server.protocol.encoding)
                number = text.file_line(at.line) if text is not None else at.line
                pointed = find_subject(view.ground, path, number, line, column)
                if pointed is None and enclosing:
                    pointed = around(view.ground, path, number)
                if pointed is None:
                    raise UnknownSubject("no symbol is known at this position", "name a subject instead")
                meant = pointed
            if aside:
                return view.repository.reader.notes(meant)
            answer = view.note(meant)
            view.note_served(answer, 1000 * (time.perf_counter() - started))
            return answer

        return await server.ask(service, note, aside=aside, looks=True)

    async def over_all(params: Params) -> WorkspaceNotes:
        subject = params.text("subject")
        if subject is None:
            raise RefusedRequest("the workspace has several repositories", "give a subject, or the uri of a document")
        return await ask_all(server, lambda workspace: workspace.notes(subject), aside=params.yes("aside"))

    request.register(server, METHOD, notes, over_all)


def _place(given: Any) -> DocumentPosition | None:  # noqa: ANN401 - what JSON can hold
    if given is None:
        return None
    line, column = (given.get("line"), given.get("character")) if isinstance(given, dict) else (None, None)
    if type(line) is not int or type(column) is not int:
        raise JsonRpcInvalidParams("position must be an object with line and character")
    return DocumentPosition(line, column)
