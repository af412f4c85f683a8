"""Chooses what a pack shows of long definitions: what they hold in the lines that a task is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from noctule.indexer.notes.view_facts import ViewFacts
from noctule.indexer.search.blocks import Run
from noctule.indexer.search.condense import LongDefinition, weigh_terms
from noctule.indexer.search.excerpts import Excerpt
from noctule.indexer.search.query import TaskQuery
from noctule.indexer.serve.descriptions import Placed
from noctule.indexer.symbols import CALLABLE

IN_TITLE = 3
SHORTEST = 4
"""Characters of a name that a title may mean by itself."""


class Condenser:
    """Chooses the lines to show of the excerpts of one pack; what was worked out for one serves at each length."""

    def __init__(
        self, task: TaskQuery, rarity: Mapping[str, float], ground: ViewFacts, placed: Sequence[Placed]
    ) -> None:
        self._worth = weigh_terms(task, rarity)
        self._titled = {_spell(name) for name, place in task.names.items() if place == IN_TITLE}
        self._ground = ground
        self._files = {one.path: one.file for one in placed}
        self._known: dict[tuple[str, int], LongDefinition] = {}

    def __call__(self, excerpt: Excerpt, most: int) -> Sequence[Run]:
        """Return the runs of lines to show."""
        key = (excerpt.path, excerpt.start_line)
        if key not in self._known:
            named = list(self._find_named(excerpt)) if excerpt.kind in CALLABLE else []
            self._known[key] = LongDefinition(excerpt.lines[:], self._worth, excerpt.quoted, named)
        return self._known[key].choose(most)

    def _find_named(self, excerpt: Excerpt) -> Iterator[Run]:
        """Yield where functions that the title names stand in another one; `applyPatches_` is `apply_patches` too."""
        file = self._files.get(excerpt.path)
        if file is None or self._ground.has_changed(file):
            return
        first, count = excerpt.start_line - 1, len(excerpt.lines)
        for row in self._ground.file_definitions(file):
            start, stop = row.start - first, row.stop - first
            if 0 < start < stop <= count and row.kind in CALLABLE and _spell(row.name) in self._titled:
                yield start, stop


def _spell(name: str) -> str:
    spelled = name.replace("_", "").lower()
    return spelled if len(spelled) >= SHORTEST else name
