"""What earlier notes say of a subject and still stands: shown to whoever writes the next note, who may keep, replace or
doubt each. Nothing that was paid for disappears while its evidence stands.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from noctule.indexer.model_notes.relevance import StoredClaim, say_the_same
from noctule.indexer.model_notes.store import ModelNote, VerifiedClaim
from noctule.indexer.think.evidence import EvidenceSource
from noctule.indexer.think.quotes import add_fence, limit_tokens

MOST_SHOWN = 24
SHOWN_TOKENS = 900


def find(notes: Iterable[ModelNote], subject: str, source: EvidenceSource) -> list[VerifiedClaim]:
    """Return the claims of a subject's notes that stand, those of newer notes first, each once."""
    found: list[VerifiedClaim] = []
    retracted: defaultdict[str, set[str]] = defaultdict(set)
    for note in sorted(notes, key=lambda note: -note.at):
        for claim in note.claims:
            is_about = note.subject == subject or subject in StoredClaim(claim, note).paths
            if not is_about or claim.text in retracted[note.subject] or not source.may_say(claim.text):
                continue
            proofs = [proof for one in claim.proofs if (proof := source.found(one)) is not None]
            if len(proofs) == len(claim.proofs) and not any(say_the_same(claim, other) for other in found):
                found.append(replace(claim, proofs=tuple(proofs)))
        retracted[note.subject].update(note.retracted)
    return found[:MOST_SHOWN]


def show(claims: Sequence[VerifiedClaim]) -> list[str]:
    """Return the paragraph that tells a model of them; nothing where there are none."""
    if not claims:
        return []
    lines = [f"{number}: {claim.text}" for number, claim in enumerate(claims, 1)]
    head = (
        "Standing claims of earlier notes, by their number. They stay without being written again. A claim of yours "
        "may take the place of some (`replaces`); `patch` names those that are wrong:"
    )
    return [add_fence(head, limit_tokens(lines, SHOWN_TOKENS))]


def find_doubted(claims: Sequence[VerifiedClaim], wrong: Collection[frozenset[int]]) -> list[VerifiedClaim]:
    """Return the claims that at least half of some thoughts found wrong: the second reader looks at them again."""
    return [
        claim for number, claim in enumerate(claims, 1) if 2 * sum(number in found for found in wrong) >= len(wrong) > 0
    ]
