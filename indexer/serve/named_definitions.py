"""What an answer makes of the definitions that a task names alone: how likely they are, and that they are listed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from noctule.indexer.arrays import Floats
from noctule.indexer.files.live_files import LineRange, LiveFiles
from noctule.indexer.files.secret_paths import may_hold_secrets
from noctule.indexer.notes.view_facts import ViewFacts
from noctule.indexer.results import RankedSymbol, Reason
from noctule.indexer.search.confidence import definition_probabilities
from noctule.indexer.search.excerpts import Excerpt
from noctule.indexer.search.index import Signals
from noctule.indexer.search.named_alone import NamedDefinition, find_named_alone
from noctule.indexer.search.query import TaskQuery
from noctule.indexer.search.quotations import CHANCE, Quotation
from noctule.indexer.search.symbols import Definitions, is_declared
from noctule.indexer.serve.descriptions import Placed
from noctule.indexer.store.rows import DefinitionRow
from noctule.indexer.symbols import CALLABLE, Span

IN_TITLE, IN_TEXT = 0.7, 0.35
"""How likely a function that the title, or the text, names alone is changed where its file is."""
NEAR = 3
"""Beyond so many files, a name leads nowhere."""
MOST_LISTED = 3
WHY = "the task names it"


def match_names(
    task: TaskQuery, signals: Signals, scores: Floats, ground: ViewFacts, live: LiveFiles
) -> tuple[NamedDefinition, ...]:
    """Return the definitions that a task names alone; `scores` are those of the files."""

    def is_declared_only(file: int, row: DefinitionRow) -> bool:
        text = None if live.has_changed(file) else live.lines([file]).get(file)
        return text is not None and is_declared(row, text)

    if not len(scores):
        return ()
    return find_named_alone(task, signals.places, ground.definitions, is_declared_only, int(np.argmax(scores)))


def find_outright(
    named: Sequence[NamedDefinition], said: Mapping[int, Quotation], found: Definitions, ranks: Mapping[int, int]
) -> list[int]:
    """Return the numbers of functions that the title names alone in the first files, then of those that are quoted."""
    wanted = {(n.file, n.definition.position) for n in named if n.in_title and ranks.get(n.file, NEAR + 1) <= NEAR}
    at = zip(found.files.tolist(), found.rows, strict=True) if wanted else ()
    titled = [n for n, (file, row) in enumerate(at) if (file, row.position) in wanted]
    quoted = [n for n, one in said.items() if one.shared == 1 and n not in titled]
    return [n for n in (*titled, *quoted) if found.rows[n].kind in CALLABLE]


def definition_chances(
    placed: Sequence[Placed], likely: Sequence[float], quoting: Mapping[int, Quotation]
) -> list[float]:
    """Return the probability that each definition is changed: higher for those that contain what the task quotes."""
    chances = definition_probabilities([p.score for p in placed], [p.file for p in placed], likely)
    return [
        max(chance, CHANCE / quoting[p.candidate].shared if p.candidate in quoting else 0.0)
        for chance, p in zip(chances, placed, strict=True)
    ]


def raise_chances(
    chances: Sequence[float], placed: Sequence[Placed], named: Sequence[NamedDefinition], likely: Sequence[float]
) -> list[float]:
    """Return how likely each definition is changed, at least as likely as such names are right; several share that.

    `likely` holds the probability of each file.
    """
    functions = {(one.file, one.definition.position): one for one in named if one.definition.kind in CALLABLE}
    beside = Counter(one.in_title for one in functions.values())
    found: list[float] = []
    for one, chance in zip(placed, chances, strict=True):
        meant = functions.get((one.file, one.definition.position))
        share = (IN_TITLE if meant.in_title else IN_TEXT) / beside[meant.in_title] if meant is not None else 0.0
        found.append(max(chance, share * likely[one.file]))
    return found


def list_titles(
    named: Sequence[NamedDefinition],
    symbols: Sequence[RankedSymbol],
    path_of: Callable[[int], str],
    place: Callable[[int, DefinitionRow], Span | None],
    live: LiveFiles,
) -> tuple[list[RankedSymbol], list[Excerpt]]:
    """Return the definitions of the title that are not among `symbols` as such, and all of the title for a pack."""
    known = {(symbol.path, symbol.symbol, symbol.start_line): symbol for symbol in symbols}
    added: list[RankedSymbol] = []
    listed: list[Excerpt] = []
    for one in [one for one in named if one.in_title][:MOST_LISTED]:
        path, row = path_of(one.file), one.definition
        lines = live.lines([one.file]).get(one.file)
        span = place(one.file, row) if lines is not None else None
        if lines is None or span is None:
            continue
        symbol = known.get((path, row.qualname, span.start + 1))
        if symbol is None:
            reasons = (Reason("named", WHY, 1.0),)
            rank = len(symbols) + len(added) + 1
            symbol = RankedSymbol(path, row.qualname, row.kind, span.start + 1, span.stop, rank, 0.0, reasons)
            added.append(symbol)
        if not may_hold_secrets(path):
            shown = LineRange(lines, span.start, span.stop)
            listed.append(
                Excerpt(path, 0, row.qualname, row.kind, span.start + 1, shown, symbol.probability, WHY, is_named=True)
            )
    return added, listed
