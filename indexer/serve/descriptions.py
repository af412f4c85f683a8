"""What an answer says of the files and definitions that were ranked: places, reasons, and lines for a pack."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from noctule.indexer.files.redaction import redact
from noctule.indexer.notes.edit_context import EditSite, describe_edit
from noctule.indexer.notes.view_facts import ViewFacts
from noctule.indexer.results import Claim, RankedFile, RankedSpan, RankedSymbol, Reason
from noctule.indexer.search import ranking
from noctule.indexer.search.excerpts import Excerpt
from noctule.indexer.search.named_places import TELLING
from noctule.indexer.search.quotations import Quotation
from noctule.indexer.search.symbols import Definitions
from noctule.indexer.serve.ranked_task import RankedTask
from noctule.indexer.serve.reasons import OF_FILES, OF_SYMBOLS, explain
from noctule.indexer.store.rows import DefinitionRow
from noctule.indexer.symbols import TYPES, Span

SPANS_A_FILE = 5
MOST_SITES, LEAST_SITE = 3, 0.07
"""A pack says what an edit has to respect for at most this many definitions, each at least this likely to change."""
QUOTED = 10.0
"""Weight of the reason "it contains what the task quotes": more than that of all others."""
LONGEST_QUOTED = 60
EXPECTED = "a note about it expected a task like this"
_NAMED: Mapping[str, str] = MappingProxyType({"named": "the task names it"})
_NOTHING: Mapping[str, str] = MappingProxyType({})
FIRST_FILES = 2
MOST_NAMED_SITES = 3
"""And for this many others that the task names."""


class Placed(NamedTuple):
    """A definition with its score and the lines where it stands now."""

    path: str
    file: int
    rank: int
    """That of its file, from one."""
    definition: DefinitionRow
    span: Span
    score: float
    candidate: int
    """Its number among the definitions that were judged."""
    lines: Sequence[str]
    """Empty for those that are too many to be described."""
    secret: bool


def describe_files(
    named: Mapping[int, Sequence[str]],
    paths: Sequence[str],
    found: RankedTask,
    placed: Sequence[Placed],
    vote_weight: float,
) -> tuple[RankedFile, ...]:
    """Describe files, best first, with the reasons for their ranks, and with the best of the definitions placed there.

    `named` holds the names of the task that each of them defines; `paths` are those of all files of the view.
    """
    files, signals = list(named), found.signals
    inside: dict[int, list[Placed]] = {file: [] for file in files}
    for one in placed:
        if one.file in inside and len(inside[one.file]) < SPANS_A_FILE:
            inside[one.file].append(one)
    better, beside = [], []
    for file, mine in inside.items():
        exact = {"symbol": f"{mine[0].definition.qualname} matches best"} if mine else {}
        if named[file]:
            exact["defines"] = "defines " + ", ".join(named[file][:3])
        better.append(exact)
        vote, quoted = vote_weight * found.votes.get(file, 0.0), found.quoted.get(file)
        expected = [Reason("expected", EXPECTED, vote)] if vote else []
        beside.append([*expected, *([Reason("quotes", _quotation_reason(quoted[0]), QUOTED)] if quoted else [])])
    reasons = explain(signals.names, signals.values[:, files], ranking.FILE_WEIGHTS, OF_FILES, better, beside)
    return tuple(
        RankedFile(
            path=paths[file],
            rank=rank,
            score=float(found.scores[file]),
            probability=found.likely[file],
            reasons=why,
            spans=tuple(map(_describe_span, inside[file])),
        )
        for rank, (file, why) in enumerate(zip(files, reasons, strict=True), 1)
    )


def _describe_span(one: Placed) -> RankedSpan:
    return RankedSpan(one.span.start + 1, one.span.stop, one.definition.qualname, one.definition.kind)


def describe_symbols(
    placed: Sequence[Placed],
    chances: Sequence[float],
    found: Definitions,
    quoting: Mapping[int, Quotation],
    least_explained: float,
) -> tuple[RankedSymbol, ...]:
    """Describe definitions with their probabilities and the reasons for their ranks.

    `quoting` are the definitions that contain what the task quotes, by their numbers among those that were judged.
    No reasons are given for what is less likely than `least_explained`.
    """
    explained = [n for n, chance in enumerate(chances[: len(placed)]) if chance >= least_explained]
    candidates = [placed[n].candidate for n in explained]
    # What the task names counts through other signals too, and these have the words else.
    is_named = (found.values[found.names.index("named"), candidates] >= 1).tolist()
    better = [_NAMED if named else _name_owner(found, at) for at, named in zip(candidates, is_named, strict=True)]
    quotes = [quoting.get(candidate) for candidate in candidates]
    beside = [[Reason("quotes", _quotation_reason(one), QUOTED)] if one is not None else () for one in quotes]
    values = found.values[:, candidates]
    told = explain(found.names, values, ranking.SYMBOL_WEIGHTS, OF_SYMBOLS, better, beside)
    reasons = dict(zip(explained, told, strict=True))
    return tuple(
        [
            RankedSymbol(
                path=one.path,
                symbol=one.definition.qualname,
                kind=one.definition.kind,
                start_line=one.span.start + 1,
                end_line=one.span.stop,
                rank=n + 1,
                score=one.score,
                reasons=reasons.get(n, ()),
                probability=chance,
            )
            for n, (one, chance) in enumerate(zip(placed, chances, strict=False))
        ]
    )


def _name_owner(found: Definitions, candidate: int) -> Mapping[str, str]:
    """Say of what the task names that stands before a definition's name: a type of its file, or a part of its name."""
    if found.values[found.names.index("owner named"), candidate] <= 0:
        return _NOTHING
    whole = found.rows[candidate].qualname.rpartition(".")[0]
    same_file = np.flatnonzero(found.files == found.files[candidate]).tolist()
    kinds = (found.rows[at].kind for at in same_file if found.rows[at].qualname == whole)
    kind = next((kind for kind in kinds if kind in TYPES), None)
    part = whole.rpartition(".")[2]
    return {"named": f"the task names its {kind}" if kind else f"the task names {part}, a part of its name"}


def _quotation_reason(quoted: Quotation) -> str:
    text = redact([quoted.text])[0].strip("\"'")
    text = text if len(text) <= LONGEST_QUOTED else text[: LONGEST_QUOTED - 1] + "…"
    return f'line {quoted.line + 1} says "{text}"'


def excerpt(placed: Placed, symbol: RankedSymbol, quoted: Mapping[int, Sequence[Quotation]]) -> Excerpt:
    """Return the lines of a definition for a pack; `quoted` holds the task's quotations in each file."""
    return Excerpt(
        placed.path,
        placed.rank,
        placed.definition.qualname,
        placed.definition.kind,
        placed.span.start + 1,
        placed.lines,
        symbol.probability,
        next((r.detail for r in symbol.reasons if r.kind in TELLING), ""),
        frozenset(one.line - placed.span.start for one in quoted.get(placed.file, ())),
    )


def likely_sites(ground: ViewFacts, placed: Sequence[Placed], chances: Sequence[float]) -> list[EditSite]:
    """Return the definitions that the task's change touches most likely: no tests, where there is anything else."""
    likeliest = sorted(zip(chances, placed, strict=True), key=lambda pair: -pair[0])
    sites = [EditSite(p.file, p.definition, chance) for chance, p in likeliest if not ground.is_test(p.file)]
    return (sites or [EditSite(p.file, p.definition, chance) for chance, p in likeliest])[:MOST_SITES]


def claims_about(
    ground: ViewFacts,
    placed: Sequence[Placed],
    chances: Sequence[float],
    ranked: Sequence[int],
    names: Collection[str],
    likely: Sequence[float],
) -> tuple[Claim, ...]:
    """Return what edits of the likeliest definitions have to respect; `names` are those that the task mentions.

    `likely` holds the probability of each file, `ranked` the first of them.
    """
    likeliest = sorted(zip(chances, placed, strict=True), key=lambda pair: -pair[0])
    sites = [site for site in likely_sites(ground, placed, chances) if site.probability >= LEAST_SITE]
    named = [
        EditSite(p.file, p.definition, max(chance, LEAST_SITE))
        for chance, p in likeliest[MOST_SITES:]
        if p.definition.name in names and p.file in ranked[:FIRST_FILES]
    ]
    return tuple(describe_edit(ground, [*sites, *named[:MOST_NAMED_SITES]], {file: likely[file] for file in ranked}))
