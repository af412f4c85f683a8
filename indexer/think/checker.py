"""Sentences and their evidence in, those that the evidence carries out: the second reader, a cheaper model.

It sees a sentence and the lines that it rests on, and nothing else. Only "supported" counts; no verdict is none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from noctule.indexer.llm import prompts
from noctule.indexer.llm.request import Request
from noctule.indexer.model_notes.store import Proof, VerifiedClaim
from noctule.indexer.think.evidence import EvidenceSource
from noctule.indexer.think.quotes import DATA, add_fence, number_lines
from noctule.indexer.tokens import count

SUPPORTED = "supported"
VERDICTS = (SUPPORTED, "not supported", "cannot tell")
NOT_SUPPORTED = "checker: not supported"
CANNOT_TELL = "checker: cannot tell"
NO_ANSWER = "checker: no answer"
MOST_TOKENS = 12_000
"""Claims beyond so much evidence are not asked about, and so not kept."""
OUTPUT_A_CLAIM = 60

SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "verdicts": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "sentence": {"type": "integer"},
                    "verdict": {"type": "string", "enum": [*VERDICTS]},
                },
                "required": ["sentence", "verdict"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["verdicts"],
    "additionalProperties": False,
}


def make_request(claims: Sequence[VerifiedClaim], source: EvidenceSource, subject: str) -> Request:
    """Return what to ask about some claims, as many of the first as fit."""
    parts: list[str] = []
    spent = 0
    for number, claim in enumerate(claims, 1):
        part = _show_claim(number, claim, source)
        spent += count(part)
        if spent > MOST_TOKENS and parts:
            break
        parts.append(part)
    messages = (
        {"role": "system", "content": prompts.CHECK.text},
        {"role": "user", "content": "\n\n".join(parts)},
    )
    paths = sorted({proof.path for claim in claims[: len(parts)] for proof in claim.proofs if proof.path})
    return Request(
        "check",
        messages,
        schema=SCHEMA,
        most_output=200 + OUTPUT_A_CLAIM * len(parts),
        model="check",
        temperature=None,
        subject=subject,
        paths=tuple(paths),
    )


def parse_verdicts(text: str, claims: Sequence[VerifiedClaim]) -> list[str]:
    """Return for each claim an empty string where it is supported, else the reason to count."""
    told: dict[int, str] = {}
    try:
        answer = json.loads(text)
        given = answer.get("verdicts", ()) if isinstance(answer, Mapping) else ()
    except (ValueError, RecursionError):
        given = ()
    for one in given if isinstance(given, list) else ():
        if isinstance(one, Mapping) and isinstance(one.get("sentence"), int):
            verdict = str(one.get("verdict"))
            # Of two verdicts on one sentence the stricter one counts.
            if told.get(one["sentence"], SUPPORTED) == SUPPORTED:
                told[one["sentence"]] = verdict
    reasons = {SUPPORTED: "", "not supported": NOT_SUPPORTED, "cannot tell": CANNOT_TELL}
    return [reasons.get(told.get(number, ""), NO_ANSWER) for number in range(1, len(claims) + 1)]


def _show_claim(number: int, claim: VerifiedClaim, source: EvidenceSource) -> str:
    lines: list[str] = []
    for proof in claim.proofs:
        lines += _lines(proof, source)
    return "\n".join([f"Sentence {number}: {claim.text}", add_fence(f"Its lines. {DATA}", lines)])


def _lines(proof: Proof, source: EvidenceSource) -> list[str]:
    if proof.commit:
        told = source.commit(proof.commit)
        return [f"commit {proof.commit[:12]}:", *(told.lines if told is not None else ())]
    shown = source.lines(proof.path)[proof.start : proof.start + len(proof.lines)]
    around = [d.qualname for d in source.enclosing_definitions(proof.path, proof.start)]
    inside = f", inside of {around[-1]}" if around else ""
    return [f"{proof.path}{inside}:", *number_lines(shown, proof.start)]
