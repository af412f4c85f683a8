"""LSP as pygls speaks it, with an answer to every request: refused where it cannot be read, or comes too early or late.

Documents are held here rather than in pygls's workspace, whose lines also end at form feeds and at U+2028.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, cast

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.protocol import LanguageServerProtocol
from pygls.protocol.json_rpc import JsonRPCNotification, JsonRPCRequestMessage
from pygls.protocol.language_server import lsp_method

from noctule.lsp_server.lsp.documents import DocumentPosition, DocumentText, Edit, Encoding
from noctule.lsp_server.lsp.transport import INVALID_REQUEST, Outbox, frame, refusal
from noctule.lsp_server.lsp.uris import NOTE_SCHEME

if TYPE_CHECKING:
    from cattrs import Converter
    from pygls.lsp.server import LanguageServer

NOT_INITIALIZED = -32002
OURS = "noctule/"
Documents = Mapping[str, DocumentText]

SEEN: ContextVar[Documents] = ContextVar("seen")
"""The open documents as they were when the message that is being handled came, whatever was typed since."""


class Protocol(LanguageServerProtocol):
    """The protocol.

    `ended` is called with the exit code that the client's way to leave asks for, `typed` with the URI of each document
    that was changed or closed.
    """

    def __init__(self, server: LanguageServer, converter: Converter) -> None:
        super().__init__(server, converter)
        self.documents: Documents = {}
        self.encoding: Encoding = "utf-16"
        """What the client counts columns in."""
        self._lost: set[str] = set()
        self.initialized = False
        self.ended: Callable[[int], None] = lambda _code: None
        self.typed: Callable[[str], None] = lambda _uri: None
        self.outbox: Outbox | None = None

    # Messages

    def take(self, data: dict[str, object]) -> None:
        """Handle one message. A request that cannot be read or is out of turn is refused; nothing else is answered."""
        method, number = data.get("method"), data.get("id")
        is_request = "id" in data and isinstance(method, str)
        if is_request and not isinstance(number, str | int):
            self._refuse(None, INVALID_REQUEST, "the id is neither a number nor a text")
            return
        if is_request and (refused := self._out_of_turn(str(method))):
            self._refuse(number, *refused)
            return
        if not is_request and isinstance(method, str) and not self.initialized and method != types.EXIT:
            return
        try:
            message = self._read(data)
        except JsonRpcException as error:
            if is_request:
                self._refuse(number, error.code, f"the parameters of {method} cannot be read")
            return
        if not hasattr(message, "jsonrpc"):
            if is_request:
                self._refuse(number, INVALID_REQUEST, "the message is not JSON-RPC 2.0")
            return
        SEEN.set(self.documents)
        self.handle_message(message)

    def _read(self, data: dict[str, object]) -> Any:  # noqa: ANN401 - a message of any method
        """Return a message as pygls holds it; what is ours keeps its parameters as they came. JsonRpcException."""
        method = data.get("method")
        if not isinstance(method, str):
            return self.structure_message(data)
        if not method.startswith(OURS):
            return self.structure_message({"params": None, **data})
        version, params = str(data.get("jsonrpc")), data.get("params")
        if "id" in data:
            return JsonRPCRequestMessage(cast("str | int", data["id"]), method, version, params)
        return JsonRPCNotification(method, version, params)

    def _out_of_turn(self, method: str) -> tuple[int, str] | None:
        if self._shutdown:
            return INVALID_REQUEST, "the server is shutting down"
        if method == types.INITIALIZE:
            return (INVALID_REQUEST, "the server is initialized already") if self.initialized else None
        return None if self.initialized else (NOT_INITIALIZED, "the server is not initialized yet")

    def _refuse(self, number: object, code: int, why: str) -> None:
        if self.outbox is not None:
            self.outbox.write(frame(refusal(number, code, why)))

    # Coming and going

    @lsp_method(types.INITIALIZE)
    def lsp_initialize(self, params: types.InitializeParams) -> Generator[Any, Any, types.InitializeResult]:
        """Answer with what there is; the notes are served as documents too where the client asks for such."""
        self.initialized = True
        result = yield from super().lsp_initialize(params)
        chosen = self.workspace.position_encoding
        self.encoding = cast("Encoding", str(getattr(chosen, "value", chosen)))
        result.capabilities.experimental = {"noctule": {"user": True}}
        if result.capabilities.workspace is not None:
            result.capabilities.workspace.text_document_content = types.TextDocumentContentOptions(
                schemes=[NOTE_SCHEME]
            )
        document = self.client_capabilities.text_document
        if document is not None and document.definition is not None and document.definition.dynamic_registration:
            result.capabilities.definition_provider = None  # it is registered for the documents of notes alone
        return result

    @lsp_method(types.EXIT)
    def lsp_exit(self, *_: object) -> Generator[Any, Any, None]:
        """End: with 0 after `shutdown`, with 1 without."""
        self.ended(0 if self._shutdown else 1)
        yield from ()

    # Documents

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        """Take a document as it is shown."""
        document = params.text_document
        self._show(document.uri, DocumentText(document.text, document.version, self.encoding))

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        """Apply edits in the order in which they come.

        Where a version is not later than the one before, what the editor shows is not known any more: its file counts
        until the whole text comes again.
        """
        uri, version = params.text_document.uri, params.text_document.version
        edits = [_edit(change) for change in params.content_changes]
        whole = bool(edits) and edits[0].start is None
        before = self.documents.get(uri)
        if before is None and not (whole and uri in self._lost):
            return
        if before is not None and version <= before.version and not whole:
            self._lost.add(uri)
            self._forget(uri)
            return
        self._lost.discard(uri)
        self._show(uri, (before or DocumentText("", version, self.encoding)).apply_edits(edits, version))

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        """Forget a document: its file counts again."""
        self._lost.discard(params.text_document.uri)
        self._forget(params.text_document.uri)

    def _forget(self, uri: str) -> None:
        self.documents = {name: text for name, text in self.documents.items() if name != uri}
        self.typed(uri)

    def _show(self, uri: str, text: DocumentText) -> None:
        self.documents = {**self.documents, uri: text}
        self.typed(uri)


def _edit(change: types.TextDocumentContentChangeEvent) -> Edit:
    if isinstance(change, types.TextDocumentContentChangePartial):
        start, end = change.range.start, change.range.end
        return Edit(
            change.text, DocumentPosition(start.line, start.character), DocumentPosition(end.line, end.character)
        )
    return Edit(change.text)
