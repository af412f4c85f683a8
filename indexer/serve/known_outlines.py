"""The outlines of the blobs that answers are about: what no task changes about their definitions. Reads no file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from noctule.indexer.files.live_files import LazyLines, LiveFiles
from noctule.indexer.lru import WeightedLru
from noctule.indexer.notes.view_facts import ViewFacts
from noctule.indexer.search import symbols
from noctule.indexer.search.index import Index
from noctule.indexer.search.symbols import Outline

MOST_OUTLINED = 40_000
"""So many definitions of earlier answers are kept; they take about 30 MB."""


class KnownOutlines:
    """Outlines by the row of each blob; those of earlier answers are kept, up to a bound."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._known: WeightedLru[int, Outline] = WeightedLru(MOST_OUTLINED, lambda outline: len(outline.rows) + 3)

    def find(
        self, files: Sequence[int], lines: Mapping[int, LazyLines], ground: ViewFacts, live: LiveFiles
    ) -> dict[int, Outline]:
        """Return the outlines of the files' blobs; the lines of those that are not known are read for it."""
        blobs = {self._row(file): int(self._index.blob[file]) for file in files}
        known = self._known.known(blobs)
        unread = [file for file in files if self._row(file) not in known]
        read = [(file, lines.get(file)) for file in unread]
        texts = {self._row(file): text for file, text in read if not live.has_changed(file)}
        defined = {self._row(file): rows for file, rows in ground.definitions(unread).items()}
        fresh = {r: symbols.outline(self._index, blobs[r], rows, texts.get(r)) for r, rows in defined.items()}
        self._known.keep({row: outlined for row, outlined in fresh.items() if row in texts})
        return known | fresh

    def _row(self, file: int) -> int:
        return int(self._index.rows[self._index.blob[file]])
