"""`textDocument/definition` in the document of a note: the lines that a citation rests on. Nowhere else.

Where the client lets methods be registered for some documents alone, only those of notes are: the definitions of code
are for the server of its language to find.
"""

from __future__ import annotations

from lsprotocol import types

from noctule.lsp_server.features.document_link import read_citations
from noctule.lsp_server.lsp.documents import units
from noctule.lsp_server.lsp.server import NoctuleServer
from noctule.lsp_server.lsp.uris import path_to_uri, uri_to_note


def dynamic(server: NoctuleServer) -> bool:
    """Tell whether the method can be registered for notes alone."""
    document = server.client_capabilities.text_document
    definition = document.definition if document is not None else None
    return definition is not None and bool(definition.dynamic_registration)


def register(server: NoctuleServer) -> None:
    """Add the method."""

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    async def definition(params: types.DefinitionParams) -> types.Location | None:
        named, encoding = uri_to_note(params.text_document.uri), server.protocol.encoding
        lines, cited = await read_citations(server, params.text_document.uri)
        for one in cited:
            start, stop = (units(lines[one.line][:at], encoding) for at in (one.start, one.stop))
            if named is not None and one.line == params.position.line and start <= params.position.character <= stop:
                start_of, end_of = types.Position(one.first - 1, 0), types.Position(one.last, 0)
                return types.Location(path_to_uri(named[0] / one.path), types.Range(start_of, end_of))
        return None
