"""`textDocument/codeAction` on a hint of ours: open the other file, or do not mention it again."""

from __future__ import annotations

from pathlib import Path

from lsprotocol import types

from noctule.lsp_server.features import dismiss as silence
from noctule.lsp_server.features import show
from noctule.lsp_server.features.diagnostics import CODE, SOURCE
from noctule.lsp_server.lsp.server import NoctuleServer
from noctule.lsp_server.lsp.uris import path_to_uri, uri_to_path


def register(server: NoctuleServer) -> None:
    """Add the method."""

    options = types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix])

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, options)
    def actions(params: types.CodeActionParams) -> list[types.CodeAction | types.Command] | None:
        document = server.client_capabilities.text_document
        action = document.code_action if document is not None else None
        literal = action is not None and action.code_action_literal_support is not None
        found: list[types.CodeAction | types.Command] = []
        for diagnostic in params.context.diagnostics:
            if diagnostic.source == SOURCE and diagnostic.code == CODE and isinstance(diagnostic.data, dict):
                commands = _commands(diagnostic.data)
                found += [_action(command, diagnostic) for command in commands] if literal else commands
        return found or None


def _commands(data: dict[str, object]) -> list[types.Command]:
    root, changed, path = (str(data.get(name, "")) for name in ("uri", "changed", "path"))
    top = uri_to_path(root)
    if top is None:
        return []
    other = {"uri": path_to_uri(top / path)}
    hint = {"uri": root, "changed": changed, "path": path}
    return [
        types.Command(f"Open {path}", show.COMMAND, arguments=[other]),
        types.Command(f"Stop suggesting {path} for {Path(changed).name}", silence.COMMAND, arguments=[hint]),
    ]


def _action(command: types.Command, diagnostic: types.Diagnostic) -> types.CodeAction:
    kind = types.CodeActionKind.QuickFix
    return types.CodeAction(command.title, kind=kind, diagnostics=[diagnostic], command=command)
