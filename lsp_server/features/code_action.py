"""`textDocument/codeAction` on a hint of ours: open the other file, or do not mention it again."""

from __future__ import annotations

from pathlib import Path

from lsprotocol import types

from lsp_server.features import show, silence
from lsp_server.features.diagnostics import CODE, SOURCE
from lsp_server.lsp.uris import path_of, uri_of
from lsp_server.server import NoctuleServer


def register(server: NoctuleServer) -> None:
    """Add the method."""

    options = types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix])

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, options)
    def actions(params: types.CodeActionParams) -> list[types.CodeAction] | None:
        found = []
        for diagnostic in params.context.diagnostics:
            if diagnostic.source == SOURCE and diagnostic.code == CODE and isinstance(diagnostic.data, dict):
                found += _actions(diagnostic, diagnostic.data)
        return found or None


def _actions(diagnostic: types.Diagnostic, data: dict[str, object]) -> list[types.CodeAction]:
    root, changed, path = (str(data.get(name, "")) for name in ("uri", "changed", "path"))
    top = path_of(root)
    if top is None:
        return []
    other = {"uri": uri_of(top / path)}
    hint = {"uri": root, "changed": changed, "path": path}
    kind = types.CodeActionKind.QuickFix
    opened = types.Command(f"Open {path}", show.COMMAND, arguments=[other])
    silenced = types.Command(f"Do not mention {path} for {Path(changed).name} again", silence.COMMAND, arguments=[hint])
    return [
        types.CodeAction(command.title, kind=kind, diagnostics=[diagnostic], command=command)
        for command in (opened, silenced)
    ]
