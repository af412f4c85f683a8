"""`workspace/didChangeWorkspaceFolders`: folders that come and go."""

from __future__ import annotations

from threading import Thread

from lsprotocol import types

from noctule.lsp_server.lsp.server import NoctuleServer
from noctule.lsp_server.lsp.uris import uri_to_path


def register(server: NoctuleServer) -> None:
    """Add the method."""

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def on_change(params: types.DidChangeWorkspaceFoldersParams) -> None:
        for folder in params.event.added:  # first: a repository that stays under another folder is not opened anew
            path = uri_to_path(folder.uri)
            if path is not None:
                server.folders.add(path)
        for folder in params.event.removed:
            path = uri_to_path(folder.uri)
            for service in server.folders.remove(path) if path is not None else ():
                Thread(target=service.close, name="close", daemon=True).start()
