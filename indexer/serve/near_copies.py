"""Definitions of a file that are written nearly like a likely one: who changes one often has to change the others.

Placed definitions in, pairs of them out. Of 339 functions that were nearly the same as a changed one of their file, 47%
were changed with it (commits of 49 repositories, docs/decisions/budget.md).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from noctule.indexer.search.excerpts import Excerpt
from noctule.indexer.serve.descriptions import Placed
from noctule.indexer.symbols import CALLABLE

SIMILAR = 0.7
"""Of all words and signs of two near copies, so many are common to both."""
LEAST_LONG = SIMILAR - 0.01
"""Where one has a smaller share of the words of the other, they cannot be near copies."""
SHARE = 0.45
"""How likely a near copy is changed where the other is."""
MOST_LIKE = 3
"""Near copies are looked for of so many definitions, and so many of each are named; the others are counted."""
LEAST_LIKELY = 0.15
MOST_LINES = 100
FEWEST_WORDS = 40
"""Shorter texts are alike by chance: getters and setters, for two."""
_WORDS = re.compile(r"\w+|[^\w\s]")
Copies = Mapping[int, Sequence[int]]
"""The near copies of some definitions, as positions, the likest first."""


def find_copies(placed: Sequence[Placed], chances: Sequence[float]) -> dict[int, list[int]]:
    """Return the near copies of the likeliest functions; `chances` are those of the placed definitions."""
    likely = [n for n, chance in enumerate(chances) if chance >= LEAST_LIKELY and _may_be_copied(placed[n])]
    likely.sort(key=lambda n: (-chances[n], n))
    words: dict[int, list[str]] = {}

    def read(n: int) -> list[str]:
        if n not in words:
            words[n] = _WORDS.findall("\n".join(placed[n].lines))
        return words[n]

    found: dict[int, list[int]] = {}
    for n in likely[:MOST_LIKE]:
        one = placed[n]
        if len(read(n)) < FEWEST_WORDS:
            continue
        counts = Counter(read(n))
        beside = [m for m, other in enumerate(placed) if other.file == one.file and _has_its_length(one, other)]
        shares = {m: _compare(counts, read(m)) for m in beside if m != n and _may_be_copied(placed[m])}
        alike = sorted((m for m, share in shares.items() if share >= SIMILAR), key=lambda m: (-shares[m], m))
        if alike:
            found[n] = alike
    return found


def raise_copies(chances: Sequence[float], copies: Copies, share: float = SHARE) -> list[float]:
    """Return how likely each definition is changed, at least as likely as near copies of a likely one are."""
    raised = list(chances)
    for n, alike in copies.items():
        for m in alike[:MOST_LIKE]:
            raised[m] = max(raised[m], share * chances[n])
    return raised


def name_copies(excerpts: Sequence[Excerpt], copies: Copies, what: str = "nearly the same code") -> list[Excerpt]:
    """Add to definitions which others are like them, with their lines and `what` they are."""
    named = list(excerpts)
    for n, alike in copies.items():
        places = [_write_place(excerpts[m]) for m in alike[:MOST_LIKE]]
        more = f", and at least {len(alike) - MOST_LIKE} more" if len(alike) > MOST_LIKE else ""
        where = f"{what}: {', '.join(places)}{more}"
        named[n] = named[n]._replace(alike="; ".join(filter(None, (named[n].alike, where))))
    return named


def _write_place(excerpt: Excerpt) -> str:
    return f"{excerpt.start_line}-{excerpt.start_line + len(excerpt.lines) - 1} {excerpt.symbol.rpartition('.')[2]}"


def _may_be_copied(one: Placed) -> bool:
    return one.definition.kind in CALLABLE and 0 < len(one.lines) <= MOST_LINES and not one.secret


def _has_its_length(one: Placed, other: Placed) -> bool:
    """Tell whether two definitions are about as long, and none stands in the other."""
    shorter, longer = sorted((len(one.span), len(other.span)))
    return not one.span.meets(other.span) and longer <= 2 * shorter


def _compare(counts: Counter[str], other: Sequence[str]) -> float:
    """Return the share of words that are common to both, each as often as it stands there; 0 where it must be small."""
    one = counts.total()
    if min(one, len(other)) < LEAST_LONG * max(one, len(other)):
        return 0.0
    there = Counter(other)
    common = sum([min(counts[word], there[word]) for word in counts.keys() & there.keys()])
    return common / (one + len(other) - common)
