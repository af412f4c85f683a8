"""Several thoughts in, one note of bounded size out: who said the same, how many did, what fits. Pure and in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from noctule.indexer.model_notes.store import KINDS, Proof, VerifiedClaim
from noctule.indexer.think.overlap import alike
from noctule.indexer.tokens import count

LEAST_ALIKE = 0.5
"""Two sentences of one kind on overlapping evidence say the same where they share this much of their terms."""


def merge(thoughts: Sequence[Sequence[VerifiedClaim]]) -> list[VerifiedClaim]:
    """Return one claim for each thing that was said, with its votes, the weightiest first.

    A claim counts once for each thought that has it; its confidence is the mean over those.
    """
    groups: list[list[tuple[int, VerifiedClaim]]] = []
    for number, claims in enumerate(thoughts):
        for claim in claims:
            group = next((g for g in groups if any(_same(claim, other) for _, other in g)), None)
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


def _same(one: VerifiedClaim, other: VerifiedClaim) -> bool:
    if one.text == other.text:
        return True
    touching = any(_overlap(a, b) for a in one.proofs for b in other.proofs)
    return one.kind == other.kind and touching and alike(one.text, other.text) >= LEAST_ALIKE


def _overlap(one: Proof, other: Proof) -> bool:
    if one.commit or other.commit:
        return one.commit == other.commit
    return (
        one.path == other.path
        and one.start < other.start + len(other.lines)
        and other.start < one.start + len(one.lines)
    )


def _one(group: Sequence[tuple[int, VerifiedClaim]]) -> VerifiedClaim:
    """Return the surest of those who say the same, the shortest of these, for all of them."""
    best = {number: max(c.confidence for n, c in group if n == number) for number, _ in group}
    chosen = min((claim for _, claim in group), key=lambda c: (-c.confidence, len(c.text), c.text))
    return replace(chosen, votes=len(best), confidence=round(sum(best.values()) / len(best), 3))


def _weight(claim: VerifiedClaim) -> tuple[float, int, str]:
    return -claim.votes * claim.confidence, KINDS.index(claim.kind), claim.text
