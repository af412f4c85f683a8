"""What is worth reading beside the likely edits: lines of the likeliest files, definitions in them, existing tests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from noctule.indexer.arrays import Doubles, Ints
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
    related = _weigh_relations(ground, [file for file in files[:RELATED_FILES] if file in lines], sites)
    found: dict[str, FileReading] = {}
    for file in files[:MOST_READ]:
        if file not in lines:
            continue
        mine = np.flatnonzero(located.files == file)
        rows = located.rows[mine[0] : mine[-1] + 1] if len(mine) else ()  # those of a file stand together
        words = (own[mine] - own[mine].max(initial=0.0)).astype(np.float64)
        spans = [place(file, row) for row in rows] if ground.has_changed(file) else rows
        starts = np.array([span.start if span else 0 for span in spans], np.int64)
        stops = np.array([span.stop if span else 0 for span in spans], np.int64)
        there = np.flatnonzero(stops > starts)
        starts, stops, words = starts[there], stops[there], words[there]
        share = probability[file] / max(probability[files[0]], 1e-9)
        head = min((row.start for row in ground.file_definitions(file)), default=0) if share == 1 else 0
        chances = np.exp(words)
        order = np.lexsort((stops, starts, -chances))
        wanted = zip(*(column[order].tolist() for column in (starts, stops, chances)), strict=True)
        ranges = choose_ranges(count_lines(lines[file]), head, list(wanted), share)
        beside = related.get(file, {})
        odds = -words - np.array([beside.get(rows[at].position, 0.0) for at in there.tolist()]) if beside else -words
        found[ground.path(file)] = FileReading(
            ranges, tuple(_name_likeliest(odds, starts, stops, [rows[at].qualname for at in there.tolist()]))
        )
    return found


def _name_likeliest(odds: Doubles, starts: Ints, stops: Ints, names: Sequence[str]) -> Iterator[NamedSpan]:
    """Yield the definitions of a file with the lowest odds, the lowest first, as many as are handed on."""
    at = np.arange(len(odds))
    if len(odds) > MOST_LIKELY:
        at = np.flatnonzero(odds <= np.partition(odds, MOST_LIKELY - 1)[MOST_LIKELY - 1])  # with all that are equal
    columns = (odds[at].tolist(), starts[at].tolist(), stops[at].tolist(), [names[n] for n in at.tolist()])
    for _, start, stop, name in sorted(zip(*columns, strict=True))[:MOST_LIKELY]:
        yield NamedSpan(Span(start, stop), name)


def _weigh_relations(ground: ViewFacts, files: Sequence[int], sites: Sequence[EditSite]) -> dict[int, dict[int, float]]:
    """Return what counts for definitions of each of some files, by their positions, beside the words of the task."""
    found: dict[int, defaultdict[int, float]] = {file: defaultdict(float) for file in files}
    total = sum(site.probability for site in sites)
    for site in sites if files else ():
        share = site.probability / max(total, 1e-9)
        span = site.definition
        used_by_file: defaultdict[int, set[int]] = defaultdict(set)
        for other, row in ground.known_uses.used_in(site.file, span.start, span.stop):
            used_by_file[other].add(row)
        uses = ground.uses(site.file, span.position)
        for file in files:
            rows, used = ground.file_definitions(file), used_by_file[file]
            types = {at for at in used if at < len(rows) and rows[at].kind in TYPES}
            using = {inside.position for line in uses.get(file, ()) if (inside := innermost(rows, line)) is not None}
            members = {row.position for row in rows if row.parent in types and row.kind in CALLABLE} if types else set()
            is_own = site.file == file and span.parent >= 0
            beside = {row.position for row in rows if row.parent == span.parent} if is_own else set()
            for at in (used | using | members | beside) - ({span.position} if site.file == file else set()):
                if 0 <= at < len(rows):
                    found[file][at] += share * (
                        USED * (at in used) + USES * (at in using) + MEMBER * (at in members) + BESIDE * (at in beside)
                    )
    return {file: dict(weights) for file, weights in found.items()}
