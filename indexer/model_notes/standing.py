"""What a model's claim rests on in, the same as it stands in the live files out. Asks no model.

Lines are held by hashes of 64 bits. Those that an earlier version held by checksums of 32 bits are followed too: what
was paid for is served on.
"""

from __future__ import annotations

import zlib
from array import array

from noctule.indexer.files.line_tracking import find, hash_span
from noctule.indexer.files.text import LINE_HASH
from noctule.indexer.model_notes.store import Proof, VerifiedClaim
from noctule.indexer.notes.view_facts import ViewFacts
from noctule.indexer.results import Evidence
from noctule.indexer.symbols import Span


def standing(proven: VerifiedClaim, ground: ViewFacts) -> tuple[Evidence, ...] | None:
    """Return the evidence of a claim where it stands now; None where any of it is gone, or there never was any."""
    found = [_commit(proof, ground) if proof.commit else _lines(proof, ground) for proof in proven.proofs]
    held = tuple(evidence for evidence in found if evidence is not None)
    return held if held and len(held) == len(found) else None


def _commit(proof: Proof, ground: ViewFacts) -> Evidence | None:
    return Evidence(None, None, None, None, (proof.commit,)) if ground.has_commit(proof.commit) else None


def _lines(proof: Proof, ground: ViewFacts) -> Evidence | None:
    now = find_span(proof, ground)
    if now is None:
        return None
    moved = proof.start + 1 if now.start != proof.start else None
    return Evidence(proof.path, now.start + 1, now.stop, hash_span(array(LINE_HASH, proof.lines)), (), moved)


def find_span(proof: Proof, ground: ViewFacts) -> Span | None:
    """Return where the lines of a proof stand in the live files; None where any of them is gone."""
    file = ground.position.get(proof.path)
    if file is None or not proof.lines or not ground.is_there(file):
        return None
    if max(proof.lines) < 1 << 32:  # written when lines were held by checksums
        live: array[int] | None = array(LINE_HASH, (zlib.crc32(line.encode()) for line in ground.live_lines(file)))
    else:
        live = ground.live_hashes(file) if ground.has_changed(file) else ground.load_hashes([file])[file]
    return None if live is None else find(array(LINE_HASH, proof.lines), proof.start, live)
