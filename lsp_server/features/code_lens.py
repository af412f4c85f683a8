"""`textDocument/codeLens`, off by default: one line above a file, and one above the few names that others use most."""

from __future__ import annotations

from lsprotocol import types

from noctule.indexer.errors import NoctuleError
from noctule.indexer.files.line_tracking import follow
from noctule.indexer.printable import printable_line
from noctule.indexer.results import Note
from noctule.indexer.symbols import Span
from noctule.lsp_server.features.show import COMMAND
from noctule.lsp_server.loaded_view import LoadedView
from noctule.lsp_server.lsp import markdown as page
from noctule.lsp_server.lsp.server import NoctuleServer
from noctule.lsp_server.lsp.uris import path_to_uri

MOST = 4
WIDELY = 3
"""A name that fewer files use has no lens."""


def register(server: NoctuleServer) -> None:
    """Add the method."""

    @server.feature(types.TEXT_DOCUMENT_CODE_LENS)
    async def lenses(params: types.CodeLensParams) -> list[types.CodeLens] | None:
        found = server.find_place(params.text_document.uri)
        if found is None or not server.preferences.codeLens:
            return None

        def make_lenses(view: LoadedView) -> list[types.CodeLens]:
            if found.path not in view.ground.position:
                return []
            note = view.note(found.path)
            chance = page.ChangeChance.of(view.forecast, found.path)
            titles = [(0, of_file(note, chance), found.path)]
            titles += [(line, title, subject) for line, title, subject in of_names(view, found.path)]
            return [_lens(view, line, title, subject) for line, title, subject in titles if title]

        try:
            return await server.ask(found.service, make_lenses)
        except NoctuleError:
            return None


def _lens(view: LoadedView, line: int, title: str, subject: str) -> types.CodeLens:
    argument = {"uri": path_to_uri(view.root), "subject": subject}
    at = types.Position(line, 0)
    return types.CodeLens(types.Range(at, at), types.Command(title, COMMAND, arguments=[argument]))


def of_file(note: Note, chance: page.ChangeChance | None) -> str:
    """Return the line above a file: who depends on it, what changes with it, how likely it is to change."""
    kinds = {claim.kind: claim.text for claim in reversed(note.claims)}
    said = [kinds[kind].rstrip(".") for kind in ("dependents", "changes with") if kind in kinds]
    if chance is not None and chance.probability is not None:
        said.append(f"{chance.probability:.0%} likely to change next")
    return printable_line(" · ".join(said))


def of_names(view: LoadedView, path: str) -> list[tuple[int, str, str]]:
    """Return (line, title, subject) for the names of a file that most others (no tests) use, where they stand."""
    ground = view.ground
    file = ground.position[path]
    found = []
    for definition in ground.file_definitions(file):
        if definition.parent < 0 and definition.kind not in ("variable", "constant", "field"):
            uses = ground.uses(file, definition.position)
            users = sum(f != file and not ground.is_test(f) for f in uses)
            if users >= WIDELY:
                found.append((users, definition))
    found.sort(key=lambda one: (-one[0], one[1].start))
    learned, live = ground.load_hashes([file])[file], ground.live_hashes(file)
    placed = []
    for users, definition in found[:MOST]:
        head = follow(Span(definition.start, definition.start + 1), learned, live) if live is not None else None
        if head is not None:
            subject = f"{path}:{definition.qualname}"
            placed.append((head.start, f"{definition.name}: used by {users:,} files", subject))
    return placed
