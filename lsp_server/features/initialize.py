"""`initialize`, `initialized` and `shutdown`: what the workspace is; what can wait waits for the first answers."""

from __future__ import annotations

from threading import Thread

from lsprotocol import types

from noctule.lsp_server.features import configuration
from noctule.lsp_server.features.definition import dynamic
from noctule.lsp_server.lsp.server import NoctuleServer
from noctule.lsp_server.lsp.uris import NOTE_SCHEME, path_to_uri, uri_to_path


def register(server: NoctuleServer) -> None:
    """Add the methods."""

    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        if params.process_id:
            from noctule.indexer.runtime.parent_watch import exit_with_parent

            exit_with_parent(params.process_id)
        server.choose(params.initialization_options)
        for uri in _folders(params):
            path = uri_to_path(uri)
            if path is not None:
                server.folders.add(path)

    @server.feature(types.INITIALIZED)
    async def on_initialized(params: types.InitializedParams) -> None:  # noqa: ARG001 - as pygls calls it
        server.sleep_later()
        registrations = []
        workspace = server.client_capabilities.workspace
        told = workspace.did_change_configuration if workspace is not None else None
        if told is not None and told.dynamic_registration:
            registrations.append(types.Registration("configuration", types.WORKSPACE_DID_CHANGE_CONFIGURATION))
        if dynamic(server):
            options = types.DefinitionRegistrationOptions([types.TextDocumentFilterScheme(NOTE_SCHEME)])
            registrations.append(types.Registration("definition", types.TEXT_DOCUMENT_DEFINITION, options))
        if registrations:
            await server.client_register_capability_async(types.RegistrationParams(registrations))
        await configuration.pull(server)

    @server.feature(types.SHUTDOWN)
    def shutdown(params: None) -> None:  # noqa: ARG001 - as pygls calls it
        for service in server.folders:
            Thread(target=service.end_sleep, daemon=True).start()


def _folders(params: types.InitializeParams) -> list[str]:
    """Return the folders, whichever way this client names them."""
    if params.workspace_folders:
        return [folder.uri for folder in params.workspace_folders]
    if params.root_uri:
        return [params.root_uri]
    return [path_to_uri(params.root_path)] if params.root_path else []
