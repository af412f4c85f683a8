"""`workspace/textDocumentContent` (LSP 3.18): the whole note behind a `noctule:` address, as a Markdown document."""

from __future__ import annotations

from lsprotocol import types

from noctule.indexer.errors import NoctuleError
from noctule.indexer.results import Evidence
from noctule.lsp_server.features.hover import chance_of_file
from noctule.lsp_server.loaded_view import LoadedView
from noctule.lsp_server.lsp import markdown as page
from noctule.lsp_server.lsp.server import NoctuleServer, RefusedRequest
from noctule.lsp_server.lsp.uris import path_to_uri, uri_to_note
from noctule.lsp_server.service import RepositoryService


def register(server: NoctuleServer) -> None:
    """Add the method."""

    @server.feature(types.WORKSPACE_TEXT_DOCUMENT_CONTENT)
    async def content(params: types.TextDocumentContentParams) -> types.TextDocumentContentResult:
        return types.TextDocumentContentResult(await read_content(server, params.uri))


async def read_content(server: NoctuleServer, uri: str) -> str:
    """Return the document of a note. Refused."""
    named = uri_to_note(uri)
    service = server.folders.at(named[0]) if named is not None else None
    if named is None or service is None:
        raise RefusedRequest(f"{uri[:200]} is not a note of this workspace", "open its folder in the workspace first")
    return await document(server, service, named[1])


async def document(server: NoctuleServer, service: RepositoryService, subject: str) -> str:
    """Return the document of a subject's note. Refused."""

    def render(view: LoadedView) -> str:
        note = view.note(subject)
        chance = chance_of_file(view, note)

        def link(evidence: Evidence) -> str | None:
            if evidence.path is None or evidence.start_line is None:
                return None
            return f"{path_to_uri(view.root / evidence.path)}#L{evidence.start_line}"

        return page.document(note, view.root.name, view.evidence_age, chance, link)

    try:
        return await server.ask(service, render)
    except NoctuleError as error:
        raise RefusedRequest.of_error(error) from error
