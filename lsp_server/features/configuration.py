"""`workspace/didChangeConfiguration`: what an editor chooses, from the moment in which it is chosen."""

from __future__ import annotations

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from noctule.lsp_server.features import diagnostics
from noctule.lsp_server.lsp.preferences import SECTION
from noctule.lsp_server.lsp.server import NoctuleServer


def register(server: NoctuleServer) -> None:
    """Add the method."""

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def on_change(params: types.DidChangeConfigurationParams) -> None:
        if params.settings and SECTION in params.settings:
            take(server, params.settings)
        else:  # clients that are asked for their settings send none
            await pull(server)


async def pull(server: NoctuleServer) -> None:
    """Ask the client for its settings, where it can be asked."""
    workspace = server.client_capabilities.workspace
    if workspace is None or not workspace.configuration:
        return
    asked = types.ConfigurationParams([types.ConfigurationItem(section=SECTION)])
    try:
        answers = await server.workspace_configuration_async(asked)
    except JsonRpcException:
        return
    if answers and answers[0] is not None:
        take(server, answers[0])


def take(server: NoctuleServer, given: object) -> None:
    """Take settings, and have shown what they change."""
    before = server.preferences
    server.choose(given)
    server.follow_preferences()
    after = server.preferences
    if before.codeLens != after.codeLens:
        refresh_lenses(server)
    if before.diagnostics != after.diagnostics:
        for service in server.folders:
            diagnostics.look(server, service)


def refresh_lenses(server: NoctuleServer) -> None:
    """Have the client ask for code lenses again."""
    workspace = server.client_capabilities.workspace
    if workspace is not None and workspace.code_lens is not None and workspace.code_lens.refresh_support:
        server.workspace_code_lens_refresh(None)
