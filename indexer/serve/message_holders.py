"""Functions that say a message which the task quotes, and the short ones of their file that call them or are called.

Whoever reads a message looks for the line that says it: what stands there is changed more often than not where its file
is changed, and otherwise often its only caller, or what it asks (docs/decisions/budget.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from noctule.indexer.search.quotations import Quotation
from noctule.indexer.serve.descriptions import Placed
from noctule.indexer.symbols import CALLABLE

HELD = 0.55
"""How likely the function around a message is changed where its file is."""
NEAR = 0.3
"""How likely one of the short functions around it is; all of them share that."""
OTHERS = 0.7
"""What is left of the chance of the others in that file."""
SHORT = 25
"""Only functions with at most so many lines are raised for being near."""
CONSTRUCTORS = frozenset({"__init__", "__construct", "constructor", "initialize", "new"})
_CALL = re.compile(r"\b(\w+)\s*\(")


def raise_holders(
    chances: Sequence[float], placed: Sequence[Placed], quoting: Mapping[int, Quotation], likely: Sequence[float]
) -> list[float]:
    """Return how likely each definition is changed, where some of them say what the task quotes.

    `quoting` are the definitions with a quotation, by their numbers among those that were judged; `likely` holds the
    probability of each file.
    """
    raised = list(chances)
    said = {n: quoting[one.candidate] for n, one in enumerate(placed) if one.candidate in quoting}
    holders = {n: q for n, q in said.items() if " " in q.text and placed[n].definition.kind in CALLABLE}
    if not holders:
        return raised
    files = {placed[n].file for n in holders}
    for n, one in enumerate(placed):
        if one.file in files and n not in said:
            raised[n] *= OTHERS
    for n, quotation in holders.items():
        chance = HELD * likely[placed[n].file] / quotation.shared**0.5
        raised[n] = max(raised[n], chance)
        near = [m for m in _find_neighbours(n, placed) if m not in holders]
        for m in near:
            raised[m] = max(raised[m], NEAR * likely[placed[n].file] / (quotation.shared * len(near)))
    return raised


def _find_neighbours(n: int, placed: Sequence[Placed]) -> Iterator[int]:
    """Yield the short functions of the same file that call one, or that it calls."""
    holder = placed[n]
    called = set(_CALL.findall("\n".join(holder.lines))) - {holder.definition.name}
    owner, _, name = holder.definition.qualname.rpartition(".")
    is_constructor = name in CONSTRUCTORS or name == owner.rpartition(".")[2]
    names = {owner.rpartition(".")[2]} if is_constructor else {name}
    for m, other in enumerate(placed):
        is_short = 0 < len(other.lines) <= SHORT and other.definition.kind in CALLABLE and not other.secret
        if m == n or other.file != holder.file or other.span.meets(holder.span) or not is_short:
            continue
        calls = set(_CALL.findall("\n".join(other.lines)))
        makes_one = is_constructor and "cls" in calls and other.definition.qualname.startswith(f"{owner}.")
        if other.definition.name in called or names & calls or makes_one:
            yield m
