"""`textDocument/hover`: the note of the symbol or file that a word means, in a few lines.

Where nothing is known, or it is not clear what is meant, nothing is said: another server of the language answers.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

from lsprotocol import types

from noctule.indexer.errors import NoctuleError
from noctule.indexer.results import Note
from noctule.lsp_server.loaded_view import LoadedView
from noctule.lsp_server.lsp import markdown as page
from noctule.lsp_server.lsp.documents import characters
from noctule.lsp_server.lsp.server import NoctuleServer
from noctule.lsp_server.lsp.uris import note_uri


def register(server: NoctuleServer) -> None:
    """Add the method."""

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def hover(params: types.HoverParams) -> types.Hover | None:
        found = server.find_place(params.text_document.uri)
        if found is None or not server.preferences.hover:
            return None
        text, at = server.open_text(params.text_document.uri), params.position
        markdown = _wants_markdown(server)

        def render(view: LoadedView) -> str:
            from noctule.indexer.notes.at_position import find_subject  # with numpy, which the service loads meanwhile

            started = time.perf_counter()
            line = text.line(at.line) if text is not None else view.line(found.path, at.line)
            column = characters(line, at.character, server.protocol.encoding)
            number = text.file_line(at.line) if text is not None else at.line
            subject = find_subject(view.ground, found.path, number, line, column)
            if subject is None:
                return ""
            note = note_for_hover(view, subject)
            more = note_link(server, view, subject)
            chance = chance_of_file(view, note)
            learned_s = time.time() - (note.freshness.learned_at or time.time())
            shown = page.hover(note, view.evidence_age, chance, markdown=markdown, more=more, learned_s=learned_s)
            view.note_served(note, 1000 * (time.perf_counter() - started))
            return shown

        try:
            content = await server.ask(found.service, render, urgent=True)
        except NoctuleError:
            return None
        kind = types.MarkupKind.Markdown if markdown else types.MarkupKind.PlainText
        return types.Hover(types.MarkupContent(kind, content)) if content else None


def note_for_hover(view: LoadedView, subject: str) -> Note:
    """Return the note of a subject, of a symbol with what goes for its whole file."""
    note = view.note(subject)
    if note.subject_kind != "symbol":
        return note
    from noctule.indexer.notes.note import history_claims  # with numpy, which the service loads meanwhile

    path = find_path(view, note)
    name = path.rpartition("/")[2]
    # What is known of files alone goes for their symbols too.
    told = (replace(c, text=c.text.replace(" to this file", f" to {name}")) for c in history_claims(path, view.ground))
    return replace(note, claims=(*note.claims, *told))


def chance_of_file(view: LoadedView, note: Note) -> page.ChangeChance | None:
    """Return how likely the file of a note is to change; None where forecasts are withheld, or it has no file."""
    if note.subject_kind not in ("file", "symbol"):
        return None
    return page.ChangeChance.of(view.forecast, find_path(view, note), is_symbol=note.subject_kind == "symbol")


def find_path(view: LoadedView, note: Note) -> str:
    """Return the file of a file's or a symbol's note. The name of either may hold a colon, as symbols of C++ do."""
    subject = note.subject
    if note.subject_kind != "symbol":
        return subject
    return next((path for path in _prefixes(subject) if path in view.ground.position), subject.partition(":")[0])


def _prefixes(subject: str) -> Iterator[str]:
    while subject:
        subject = subject.rpartition(":")[0]
        yield subject


def note_link(server: NoctuleServer, view: LoadedView, subject: str) -> str | None:
    """Return the address of the whole note, as the client can open it; None where it cannot."""
    links = server.preferences.links
    workspace = server.client_capabilities.workspace
    if links == "auto":
        opens = workspace is not None and workspace.text_document_content is not None
        links = "uri" if opens else "none"
    match links:
        case "uri":
            return note_uri(view.root, subject)
        case "command":
            from json import dumps
            from urllib.parse import quote

            return f"command:noctule.showNote?{quote(dumps([{'root': str(view.root), 'subject': subject}]))}"
    return None


def _wants_markdown(server: NoctuleServer) -> bool:
    document = server.client_capabilities.text_document
    formats = document.hover.content_format if document is not None and document.hover is not None else None
    return bool(formats) and formats is not None and formats[0] == types.MarkupKind.Markdown
