"""`textDocument/documentLink` in the document of a note: each citation leads to the lines that it rests on."""

from __future__ import annotations

from collections.abc import Sequence

from lsprotocol import types

from noctule.lsp_server.features.text_document_content import read_content
from noctule.lsp_server.lsp.documents import units
from noctule.lsp_server.lsp.markdown import CitedLines, citations
from noctule.lsp_server.lsp.server import NoctuleServer, RefusedRequest
from noctule.lsp_server.lsp.uris import path_to_uri, uri_to_note


def register(server: NoctuleServer) -> None:
    """Add the method."""

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_LINK)
    async def links(params: types.DocumentLinkParams) -> list[types.DocumentLink] | None:
        named, encoding = uri_to_note(params.text_document.uri), server.protocol.encoding
        lines, cited = await read_citations(server, params.text_document.uri)
        if named is None or not cited:
            return None
        return [
            types.DocumentLink(
                range=types.Range(
                    types.Position(one.line, units(lines[one.line][: one.start], encoding)),
                    types.Position(one.line, units(lines[one.line][: one.stop], encoding)),
                ),
                target=f"{path_to_uri(named[0] / one.path)}#L{one.first},1",
            )
            for one in cited
        ]


async def read_citations(server: NoctuleServer, uri: str) -> tuple[Sequence[str], list[CitedLines]]:
    """Return the lines of a note's document, as the client shows it, and the citations in it that stay inside."""
    named = uri_to_note(uri)
    if named is None or server.folders.at(named[0]) is None:
        return (), []
    text = server.open_text(uri)
    try:
        content = text.content if text is not None else await read_content(server, uri)
    except RefusedRequest:
        return (), []
    lines = content.split("\n")
    return lines, [one for one in citations(lines) if not one.path.startswith("/") and ".." not in one.path.split("/")]
