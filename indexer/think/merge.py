"""Several thoughts in, one note of bounded size out: who said the same, how many did, what fits. Pure and in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from noctule.indexer.model_notes.relevance import say_the_same
from noctule.indexer.model_notes.store import KINDS, VerifiedClaim
from noctule.indexer.tokens import count


def merge(thoughts: Sequence[Sequence[VerifiedClaim]]) -> list[VerifiedClaim]:
    """Return one claim for each thing that was said, with its votes, the weightiest first.

    A claim counts once for each thought that has it; its confidence is the mean over those.
    """
    groups: list[list[tuple[int, VerifiedClaim]]] = []
    for number, claims in enumerate(thoughts):
        for claim in claims:
            group = next((g for g in groups if any(say_the_same(claim, other) for _, other in g)), None)
            if group is None:
                groups.append([(number, claim)])
            else:
                group.append((number, claim))
    return sorted(map(_one, groups), key=_weight)


def fitting(claims: Sequence[VerifiedClaim], tokens: int) -> list[VerifiedClaim]:
    """Return the first claims that fit a number of tokens; a shorter one may take the place of one that does not."""
    kept: list[VerifiedClaim] = []
    for claim in claims:
        cost = count(claim.text)
        if cost <= tokens:
            kept.append(claim)
            tokens -= cost
    return kept


def _one(group: Sequence[tuple[int, VerifiedClaim]]) -> VerifiedClaim:
    """Return the surest of those who say the same, the shortest of these, for all of them."""
    best = {number: max(c.confidence for n, c in group if n == number) for number, _ in group}
    chosen = min((claim for _, claim in group), key=lambda c: (-c.confidence, len(c.text), c.text))
    return replace(chosen, votes=len(best), confidence=round(sum(best.values()) / len(best), 3))


def _weight(claim: VerifiedClaim) -> tuple[float, int, str]:
    return -claim.votes * claim.confidence, KINDS.index(claim.kind), claim.text
