"""What is worth reading beside the likely edits: lines of the likeliest files, definitions in them, existing tests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from noctule.indexer.notes.edit_context import EditSite
from noctule.indexer.notes.existing_tests import TaskTerms, find_existing_tests
from noctule.indexer.notes.view_facts import ViewFacts
from noctule.indexer.parse.outline import innermost
from noctule.indexer.search import ranking
from noctule.indexer.search.reading import ExistingTest, FileReading, NamedSpan, choose_ranges, count_lines
from noctule.indexer.search.symbols import Definitions
from noctule.indexer.serve.ranked_task import RankedTask
from noctule.indexer.store.rows import DefinitionRow
from noctule.indexer.symbols import CALLABLE, TYPES, Span

MOST_READ = 10
"""A pack may say which lines are worth reading for this many files."""
MOST_LIKELY = 16
"""So many definitions of a file are handed on."""
RELATED_FILES = 3
"""In so many files, what is related to the likely edits counts."""
USED, USES, MEMBER, BESIDE = 1.3, 0.8, 0.4, 0.5
"""What counts for a definition, in the ranking's own measure: an edit uses it, it uses an edit, an edit uses its type,
and it stands in the type of one."""


def gather_reading(
    ground: ViewFacts,
    files: Sequence[int],
    located: Definitions,
    lines: Mapping[int, Sequence[str]],
    place: Callable[[int, DefinitionRow], Span | None],
    found: RankedTask,
    sites: Sequence[EditSite],
    worth: Mapping[str, float],
) -> tuple[dict[str, FileReading], list[ExistingTest]]:
    """Return what is worth reading of the likeliest files, and the tests that an edit of these sites concerns.

    `place` says where definitions stand; `worth` weighs the task's terms.
    """
    reading = find_reading(ground, files, located, lines, place, found.likely, sites)
    words = TaskTerms.read(worth, found.asked.terms.get("title", ()))
    return reading, find_existing_tests(ground, sites, words, found.scores)


def find_reading(
    ground: ViewFacts,
    files: Sequence[int],
    located: Definitions,
    lines: Mapping[int, Sequence[str]],
    place: Callable[[int, DefinitionRow], Span | None],
    probability: Sequence[float],
    sites: Sequence[EditSite],
) -> dict[str, FileReading]:
    """Return what is worth reading of the likeliest files, by path.

    `place` says where definitions stand; `sites` are the likeliest edits.
    """
    own = ranking.scores(located.names, located.values, ranking.SYMBOL_WEIGHTS)
    found: dict[str, FileReading] = {}
    for rank, file in enumerate(files[:MOST_READ]):
        if file not in lines:
            continue
        mine = np.flatnonzero(located.files == file)
        rows = located.rows[mine[0] : mine[-1] + 1] if len(mine) else ()  # those of a file stand together
        words = own[mine] - own[mine].max(initial=0.0)
        if ground.has_changed(file):
            spans = [place(file, row) for row in rows]
            there = [(odd, s, row) for odd, s, row in zip(words.tolist(), spans, rows, strict=True) if s]
        else:
            there = [
                (odd, Span(row.start, row.stop), row)
                for odd, row in zip(words.tolist(), rows, strict=True)
                if row.stop > row.start
            ]
        share = probability[file] / max(probability[files[0]], 1e-9)
        wanted = sorted((-np.exp(odd), span.start, span.stop) for odd, span, _ in there)
        head = min((row.start for row in ground.file_definitions(file)), default=0) if share == 1 else 0
        ranges = choose_ranges(
            count_lines(lines[file]), head, [(start, stop, -odd) for odd, start, stop in wanted], share
        )
        related = _weigh_relations(ground, file, sites) if rank < RELATED_FILES else {}
        likely = sorted((-odd - related.get(row.position, 0.0), span, row.qualname) for odd, span, row in there)
        found[ground.path(file)] = FileReading(
            ranges, tuple(NamedSpan(span, name) for _, span, name in likely[:MOST_LIKELY])
        )
    return found


def _weigh_relations(ground: ViewFacts, file: int, sites: Sequence[EditSite]) -> dict[int, float]:
    """Return what counts for definitions of a file, by their positions, beside the words of the task."""
    rows = ground.file_definitions(file)
    found: defaultdict[int, float] = defaultdict(float)
    total = sum(site.probability for site in sites)
    for site in sites:
        share = site.probability / max(total, 1e-9)
        span = site.definition
        used = {row for other, row in ground.known_uses.used_in(site.file, span.start, span.stop) if other == file}
        types = {at for at in used if at < len(rows) and rows[at].kind in TYPES}
        users = ground.uses(site.file, span.position).get(file, ())
        using = {inside.position for line in users if (inside := innermost(rows, line)) is not None}
        for row in rows:
            if site.file == file and row.position == span.position:
                continue
            found[row.position] += share * (
                USED * (row.position in used)
                + USES * (row.position in using)
                + MEMBER * (row.parent in types and row.kind in CALLABLE)
                + BESIDE * (site.file == file and row.parent == span.parent and row.parent >= 0)
            )
    return found
