"""A real server process with an editor at its other end: pytest-lsp's client, or bytes as a test gives them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from cattrs import Converter
from lsprotocol import types
from pygls.protocol import default_converter
from pygls.protocol.json_rpc import JsonRPCNotification, JsonRPCResponseMessage
from pytest_lsp import LanguageClient
from pytest_lsp.client import register_lsp_features

from tests.e2e.conftest import Noctule, _command
from tests.patience import PATIENCE_S

NEVER = {"NOCTULE_IDLE_AFTER_S": "3600"}
AT_ONCE = {
    "NOCTULE_IDLE_AFTER_S": "0.3",
    "NOCTULE_IDLE_MOST_CPU_BUSY": "1",
    "NOCTULE_IDLE_MOST_IO_PRESSURE": "1",
    "NOCTULE_IDLE_ON_BATTERY": "true",
    "NOCTULE_IDLE_LEAST_BATTERY": "0",
}
STATUS = "noctule/didChangeStatus"


class Editor:
    """An editor that has opened some folders."""

    def __init__(self, client: LanguageClient) -> None:
        self.client = client
        self.changes: list[dict[str, Any]] = []
        self.registered: list[types.Registration] = []
        self.lens_refreshes = 0
        self.capabilities: types.ServerCapabilities

    @property
    def pid(self) -> int:
        assert self.client._server is not None
        return self.client._server.pid

    async def ask(self, method: str, params: object = None) -> Any:
        return await asyncio.wait_for(self.client.protocol.send_request_async(method, params), PATIENCE_S)

    async def command(self, name: str, *arguments: object) -> Any:
        params = types.ExecuteCommandParams(name, arguments)
        return await asyncio.wait_for(self.client.workspace_execute_command_async(params), PATIENCE_S)

    async def hover(self, uri: str, line: int, column: int) -> str | None:
        at = types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(line, column))
        hover = await asyncio.wait_for(self.client.text_document_hover_async(at), PATIENCE_S)
        if hover is None:
            return None
        assert isinstance(hover.contents, types.MarkupContent)
        return hover.contents.value

    def open(self, uri: str, text: str, version: int = 1) -> None:
        item = types.TextDocumentItem(uri, "python", version, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))

    def change(self, uri: str, version: int, *changes: types.TextDocumentContentChangeEvent) -> None:
        document = types.VersionedTextDocumentIdentifier(version, uri)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(document, changes))

    def close(self, uri: str) -> None:
        self.client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri)))

    def choose(self, **preferences: object) -> None:
        self.client.workspace_did_change_configuration(types.DidChangeConfigurationParams({"noctule": preferences}))

    async def until(self, holds: Callable[[], object]) -> None:
        """Wait until something holds."""
        async with asyncio.timeout(PATIENCE_S):
            while not holds():
                await asyncio.sleep(0.02)

    async def told(self, event: str, **wanted: object) -> dict[str, Any]:
        """Wait until the server tells of an event."""

        def found() -> list[dict[str, Any]]:
            return [
                change
                for change in self.changes
                if change["event"] == event and all(change[name] == value for name, value in wanted.items())
            ]

        try:
            await self.until(found)
        except TimeoutError:
            raise AssertionError(
                [(change["event"], change["state"], change["text"]) for change in self.changes]
            ) from None
        return found()[-1]


@cache
def _converter() -> Converter:
    """Return what reads and writes the messages of all clients: to make its parts takes longer than a short session.

    What LSP does not know is handed on as the JSON it is: pygls makes named tuples of it, names and all.
    """
    converter = default_converter()
    converter.register_structure_hook(
        JsonRPCResponseMessage, lambda m, _: JsonRPCResponseMessage(m["id"], m["jsonrpc"], m.get("result"))
    )
    converter.register_structure_hook(  # lsprotocol takes an action with a command for a command
        types.CodeActionResponse,
        lambda m, _: JsonRPCResponseMessage(
            m["id"], m["jsonrpc"], [converter.structure(action, types.CodeAction) for action in m["result"] or ()]
        ),
    )
    converter.register_structure_hook(
        JsonRPCNotification, lambda m, _: JsonRPCNotification(m["method"], m["jsonrpc"], m.get("params"))
    )
    return converter


def capabilities(*encodings: types.PositionEncodingKind, **more: Any) -> types.ClientCapabilities:
    """Return what an editor of today can do."""
    workspace = {
        "workspace_folders": True,
        "configuration": True,
        "text_document_content": types.TextDocumentContentClientCapabilities(),
        "code_lens": types.CodeLensWorkspaceClientCapabilities(refresh_support=True),
        "did_change_configuration": types.DidChangeConfigurationClientCapabilities(dynamic_registration=True),
        "apply_edit": True,
    }
    given: dict[str, Any] = {
        "workspace": types.WorkspaceClientCapabilities(**(workspace | more.pop("workspace", {}))),
        "text_document": types.TextDocumentClientCapabilities(
            hover=types.HoverClientCapabilities(content_format=[types.MarkupKind.Markdown]),
            definition=types.DefinitionClientCapabilities(dynamic_registration=True),
            code_action=types.CodeActionClientCapabilities(
                code_action_literal_support=types.ClientCodeActionLiteralOptions(
                    types.ClientCodeActionKindOptions([types.CodeActionKind.QuickFix])
                )
            ),
            publish_diagnostics=types.PublishDiagnosticsClientCapabilities(related_information=True),
        ),
        "window": types.WindowClientCapabilities(
            work_done_progress=True, show_document=types.ShowDocumentClientCapabilities(support=True)
        ),
        "general": types.GeneralClientCapabilities(position_encodings=list(encodings) or None),
    }
    return types.ClientCapabilities(**(given | more))


@contextlib.asynccontextmanager
async def editing(
    noctule: Noctule,
    *folders: Path,
    env: Mapping[str, str] = NEVER,
    can: types.ClientCapabilities | None = None,
    options: Mapping[str, object] | None = None,
    settings: Mapping[str, object] | None = None,
    through: Sequence[str] = (),
) -> AsyncIterator[Editor]:
    """Start a server in an editor that has opened some folders, and end it as LSP asks for; `through` runs it."""
    client = LanguageClient(converter_factory=_converter)
    register_lsp_features(client)
    if settings is not None:
        client.set_configuration({"noctule": dict(settings)})
    editor = Editor(client)

    @client.feature(STATUS)
    def changed(params: Any) -> None:
        editor.changes.append(params)

    @client.feature(types.CLIENT_REGISTER_CAPABILITY)
    def registered(params: types.RegistrationParams) -> None:
        editor.registered += params.registrations

    @client.feature(types.WORKSPACE_CODE_LENS_REFRESH)
    def refreshed(params: None) -> None:
        editor.lens_refreshes += 1

    await client.start_io(*through, *command(), env=environment(noctule, env))
    try:
        params = types.InitializeParams(
            capabilities=can or capabilities(),
            workspace_folders=[types.WorkspaceFolder(folder.as_uri(), folder.name) for folder in folders],
            initialization_options=options,
        )
        result = await asyncio.wait_for(client.initialize_session(params), PATIENCE_S)
        editor.capabilities = result.capabilities
        yield editor
        await asyncio.wait_for(client.shutdown_session(), PATIENCE_S)
    finally:
        if client._server is not None and client._server.returncode is None:
            client._server.kill()
        await client.stop()


def command() -> list[str]:
    """Return the command that starts a server."""
    return [*_command()[0], "lsp"]


def environment(noctule: Noctule, env: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a server."""
    kept = {k: v for k, v in os.environ.items() if k not in ("NOCTULE_DEBUG", "PYTHONPATH")}
    return {**kept, **_command()[1], "NOCTULE_CACHE_DIR": str(noctule.cache), **env}


class Line:
    """A server, and the bytes that go to it and come from it."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.process = process
        self.stdin, self.stdout = process.stdin, process.stdout

    def send(self, message: object) -> None:
        body = json.dumps(message).encode()
        self.raw(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    def raw(self, data: bytes) -> None:
        self.stdin.write(data)
        self.stdin.flush()

    def request(self, number: object, method: str, params: object = None) -> None:
        given = {} if params is None else {"params": params}
        self.send({"jsonrpc": "2.0", "id": number, "method": method, **given})

    def notify(self, method: str, params: object = None) -> None:
        given = {} if params is None else {"params": params}
        self.send({"jsonrpc": "2.0", "method": method, **given})

    def received(self) -> dict[str, Any]:
        """Return the next message."""
        length = 0
        while (line := self.stdout.readline()).strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        assert length, "the server has closed its end"
        message: dict[str, Any] = json.loads(self.stdout.read(length))
        return message

    def answer(self, number: object) -> dict[str, Any]:
        """Return the answer to a request; what the server asks for meanwhile it gets."""
        while True:
            message = self.received()
            if "method" in message and "id" in message:
                self.send({"jsonrpc": "2.0", "id": message["id"], "result": None})
            elif "method" not in message and message["id"] == number:
                return message

    def initialize(self, *folders: Path, process: int | None = None) -> dict[str, Any]:
        given = [{"uri": folder.as_uri(), "name": folder.name} for folder in folders]
        self.request(
            0, "initialize", {"processId": process, "rootUri": None, "capabilities": {}, "workspaceFolders": given}
        )
        answer = self.answer(0)
        self.notify("initialized", {})
        return answer

    def ended(self, code: int) -> bool:
        return self.process.wait(PATIENCE_S) == code


@contextlib.contextmanager
def on_the_line(noctule: Noctule, env: Mapping[str, str] = NEVER, **settings: Any) -> Iterator[Line]:
    """Start a server, and give a test the bytes."""
    with subprocess.Popen(
        command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment(noctule, env), **settings
    ) as process:
        try:
            yield Line(process)
        finally:
            process.kill()


def edit(start: Sequence[int], stop: Sequence[int], text: str) -> types.TextDocumentContentChangeEvent:
    """Return an edit between two places."""
    places = types.Range(types.Position(*start), types.Position(*stop))
    return types.TextDocumentContentChangePartial(range=places, text=text)
