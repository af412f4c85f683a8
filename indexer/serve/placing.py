"""Where a definition that was learned stands in its live file. Ranks nothing."""

from __future__ import annotations

from noctule.indexer.files.line_tracking import follow
from noctule.indexer.files.live_files import LiveFiles
from noctule.indexer.files.text import line_hashes
from noctule.indexer.notes.view_facts import ViewFacts
from noctule.indexer.store.rows import DefinitionRow
from noctule.indexer.symbols import Span


def find_span(file: int, definition: DefinitionRow, ground: ViewFacts, live: LiveFiles) -> Span | None:
    """Return where a definition stands now, or None where its text has changed."""
    span = Span(definition.start, definition.stop)
    if not live.has_changed(file):
        return span
    now = live.contents([file])[file]
    if now is None:
        return None
    learned = ground.load_hashes([file])[file]
    there, outline = line_hashes(now), ground.outline(file)
    if outline is None:
        return follow(span, learned, there)
    wanted = learned[span.start : span.stop]
    found = [
        Span(d.start, d.stop)
        for d in outline.definitions
        if (d.qualname, d.kind) == (definition.qualname, definition.kind) and there[d.start : d.stop] == wanted
    ]
    return min(found, key=lambda place: abs(place.start - span.start), default=None)
