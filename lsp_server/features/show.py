"""`noctule/show`: the command behind a code lens or an action; opens the whole note in the editor, or shows it."""

from __future__ import annotations

from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from noctule.lsp_server.features.text_document_content import document
from noctule.lsp_server.lsp.server import NoctuleServer, RefusedRequest
from noctule.lsp_server.lsp.uris import note_uri, uri_to_path

COMMAND = "noctule/show"


def register(server: NoctuleServer) -> None:
    """Add the command; its argument is an object with `uri`, and with `subject` where a note is meant."""

    @server.command(COMMAND)
    async def show(*arguments: Any) -> str | None:  # noqa: ANN401 - what JSON can hold
        given = arguments[0] if arguments else None
        if not isinstance(given, dict) or not isinstance(given.get("uri"), str):
            raise JsonRpcInvalidParams("give an object with uri, and with subject to show a note")
        subject = given.get("subject")
        service = server.find_service(given["uri"])
        if subject is None:
            if uri_to_path(given["uri"]) is None or not await _show(server, given["uri"]):
                raise RefusedRequest("this editor cannot open documents for a server")
            return None
        if not isinstance(subject, str):
            raise JsonRpcInvalidParams("subject must be a text")
        workspace = server.client_capabilities.workspace
        opens = workspace is not None and workspace.text_document_content is not None
        if opens and await _show(server, note_uri(service.root, subject)):
            return None
        content = await document(server, service, subject)
        server.window_show_message(types.ShowMessageParams(types.MessageType.Info, content))
        return content


async def _show(server: NoctuleServer, uri: str) -> bool:
    window = server.client_capabilities.window
    if window is None or window.show_document is None or not window.show_document.support:
        return False
    answer = await server.window_show_document_async(types.ShowDocumentParams(uri=uri, take_focus=True))
    return answer.success
