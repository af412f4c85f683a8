"""`textDocument/publishDiagnostics`, off by default: hints at what usually changes with what is being changed.

Worked out when a file is saved, or more is known than before, never while somebody types.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING

from lsprotocol import types

from noctule.indexer.errors import NoctuleError
from noctule.indexer.printable import printable_line
from noctule.indexer.serve.repository import Repository
from noctule.lsp_server.loaded_view import LoadedView, Texts, overlaid
from noctule.lsp_server.lsp.server import NoctuleServer
from noctule.lsp_server.lsp.uris import path_to_uri, uri_to_path
from noctule.lsp_server.service import RepositoryService

if TYPE_CHECKING:
    from noctule.indexer.notes.missing import Missing

SOURCE = "noctule"
CODE = "co-change"


def register(server: NoctuleServer) -> None:
    """Look again after a save."""

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    async def on_save(params: types.DidSaveTextDocumentParams) -> None:
        found = server.find_place(params.text_document.uri)
        if found is not None:
            found.service.hear_activity()
            found.service.hear_change()
            await update(server, found.service)


def look(server: NoctuleServer, service: RepositoryService) -> None:
    """Have the hints of a work tree brought up to date, if they are wanted; else taken away."""
    asyncio.get_running_loop().create_task(update(server, service))


async def update(server: NoctuleServer, service: RepositoryService) -> None:
    """Publish the hints of a work tree."""
    hints: list[Missing] = []
    if server.preferences.diagnostics:
        try:
            texts = server.open_texts(service)
            changed, unwanted = await server.beside(service, lambda repository: _change(repository, texts))
            hints = await asyncio.wrap_future(service.ask(lambda view: _missing(view, changed)))
        except NoctuleError:
            return
        hints = [hint for hint in hints if (hint.changed, hint.path) not in unwanted]
    _publish(server, service, hints)


def _change(repository: Repository, texts: Texts) -> tuple[tuple[str, ...], frozenset[tuple[str, str]]]:
    """Return the files that differ from the latest commit, and the hints that are not wanted."""
    from noctule.indexer.forecast.likely_task import find_changed_files
    from noctule.lsp_server.dismissed import read_dismissed

    snapshot = repository.look()
    return find_changed_files(repository.place, overlaid(snapshot, texts)), read_dismissed(repository.folder)


def _missing(view: LoadedView, changed: Iterable[str]) -> list[Missing]:
    from noctule.indexer.notes.missing import missing  # with numpy, which the service loads meanwhile

    return missing(view.ground, changed)


def _publish(server: NoctuleServer, service: RepositoryService, hints: Iterable[Missing]) -> None:
    """Send what there is for each document; none for those that had hints before."""
    by_uri: dict[str, list[types.Diagnostic]] = {uri: [] for uri in server.hinted if _is_of(uri, service)}
    opened = {path: uri for uri in server.protocol.documents if (path := uri_to_path(uri)) is not None}
    for hint in hints:
        path = service.root / hint.changed
        by_uri.setdefault(opened.get(path, path_to_uri(path)), []).append(diagnostic(service, hint))
    for uri, diagnostics in by_uri.items():
        server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, diagnostics))
        (server.hinted.add if diagnostics else server.hinted.discard)(uri)


def _is_of(uri: str, service: RepositoryService) -> bool:
    path = uri_to_path(uri)
    return path is not None and path.is_relative_to(service.root)


def diagnostic(service: RepositoryService, hint: Missing) -> types.Diagnostic:
    """Return a hint at the head of the file that is being changed."""
    top = types.Range(types.Position(0, 0), types.Position(0, 0))
    place = types.Location(path_to_uri(service.root / hint.path), top)
    often = ", ".join(filter(None, (f"{hint.both} of the last {hint.of} commits to this file", hint.rule)))
    text = f"{printable_line(hint.path)} usually changes too ({often})"
    return types.Diagnostic(
        range=top,
        message=text,
        severity=types.DiagnosticSeverity.Hint,
        code=CODE,
        source=SOURCE,
        related_information=[types.DiagnosticRelatedInformation(place, "not changed yet")],
        data={"uri": path_to_uri(service.root), "changed": hint.changed, "path": hint.path},
    )
