"""Why a sentence is not a claim."""

from __future__ import annotations

from dataclasses import dataclass

from noctule.indexer.think import claim_policy as policy

WRONG_KIND = "no such kind of claim"
NO_EVIDENCE = "no evidence"
NOT_THERE = "evidence is not there"
TOO_WIDE = "evidence is too wide"
NOTHING_TOLD = "evidence says nothing"
NAMES = "names what is not there"
NUMBER = "wrong number"
QUOTES = "quotes what is not there"
REVERSED = "wrong way round"
NOT_SO = "does not hold there"
ELSEWHERE = "evidence is elsewhere"
VAGUE = "nothing to hold on to"
RESTATES = "restates the code"
REASONS = (
    *(policy.NOT_ONE, policy.MARKUP, policy.LINK, policy.SECRET, policy.INSTRUCTION, policy.UNSUPPORTED),
    *(WRONG_KIND, NO_EVIDENCE, NOT_THERE, TOO_WIDE, NOTHING_TOLD, NAMES, NUMBER, QUOTES, REVERSED, NOT_SO, ELSEWHERE),
    *(VAGUE, RESTATES),
)


@dataclass(frozen=True, slots=True)
class RefusedClaim:
    """Why a sentence is not a claim: one of `REASONS`, and what in it is meant, for whoever wrote it."""

    reason: str
    detail: str = ""
