"""What a model writes, in; drafts and queries, out. Any JSON may come; nothing of it is believed here, or proven."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from noctule.indexer.files.redaction import holds_secret
from noctule.indexer.model_notes.store import KINDS, Citation, DraftClaim, StatedFact
from noctule.indexer.think import claim_policy as policy
from noctule.indexer.think.claim_text import VERBS
from noctule.indexer.think.tools import BadCall, describe_tool

MOST_CLAIMS = 16
MOST_QUERIES = 6
LONGEST_QUERY = 200
LARGEST_LINE = 10_000_000

_CITE = {
    "type": "object",
    "properties": {
        "path": {"type": "string"},
        "first": {"type": "integer"},
        "last": {"type": "integer"},
        "commit": {"type": "string", "description": "the id of a commit, in place of path and lines"},
    },
}
_RELATION = {
    "type": "object",
    "properties": {
        "subject": {"type": "string"},
        "verb": {"type": "string", "enum": [*VERBS]},
        "object": {"type": "string"},
        "negated": {"type": "boolean"},
    },
    "required": ["subject", "verb", "object"],
}
_CLAIM = {
    "type": "object",
    "properties": {
        "kind": {"type": "string", "enum": [*KINDS]},
        "text": {"type": "string"},
        "cites": {"type": "array", "items": _CITE},
        "confidence": {"type": "number"},
        "names": {"type": "array", "items": {"type": "string"}, "description": "the names that it rests on"},
        "numbers": {"type": "array", "items": {"type": "string"}, "description": "the numbers that it rests on"},
        "relations": {"type": "array", "items": _RELATION},
        "replaces": {
            "type": "array",
            "items": {"type": "integer"},
            "description": "numbers of standing claims that this one takes the place of",
        },
    },
    "required": ["kind", "text", "cites", "confidence"],
}
WRITING = (
    describe_tool(
        "rethink",
        "Write the whole note anew; it replaces what was written before.",
        claims={"type": "array", "items": _CLAIM, "maxItems": MOST_CLAIMS},
    ),
    describe_tool(
        "patch",
        "Change the note: add claims, take out others by their number in the note, and name standing claims that are "
        "wrong, which are then checked once more.",
        claims={"type": "array", "items": _CLAIM, "maxItems": MOST_CLAIMS},
        remove={"type": "array", "items": {"type": "integer"}},
        wrong={"type": "array", "items": {"type": "integer"}},
    ),
    describe_tool("finish", "End: the note stays as it is."),
)
QUERIES: Mapping[str, Any] = {
    "type": "object",
    "properties": {"queries": {"type": "array", "items": {"type": "string"}}},
    "required": ["queries"],
    "additionalProperties": False,
}


def parse_claims(arguments: Mapping[str, Any]) -> list[DraftClaim]:
    """Return the claims of a `rethink` or `patch`. BadCall where it is none; a claim that is none is left out."""
    claims = arguments.get("claims")
    if not isinstance(claims, list):
        raise BadCall("claims has to be a list of claims, each with kind, text, cites and confidence")
    return [draft for claim in claims[:MOST_CLAIMS] if (draft := _parse_draft(claim)) is not None]


def _parse_draft(claim: object) -> DraftClaim | None:
    if not isinstance(claim, Mapping) or not isinstance(claim.get("text"), str):
        return None
    cites = claim.get("cites")
    confidence = claim.get("confidence")
    return DraftClaim(
        claim["text"].strip(),
        str(claim.get("kind", "")),
        tuple(c for one in (cites if isinstance(cites, list) else []) if (c := _parse_citation(one)) is not None),
        float(confidence) if isinstance(confidence, int | float) and not isinstance(confidence, bool) else 0.0,
        parse_numbers(claim.get("replaces")),
        _texts(claim.get("names")),
        _texts(claim.get("numbers")),
        tuple(fact for one in _items(claim.get("relations")) if (fact := _parse_relation(one)) is not None),
    )


def _items(value: object) -> Sequence[object]:
    return value[:MOST_CLAIMS] if isinstance(value, list) else ()


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(one).strip(" `") for one in _items(value) if isinstance(one, str | int | float))


def _parse_relation(value: object) -> StatedFact | None:
    """Return a relation that names two things and a verb that can be checked; None for any other."""
    if not isinstance(value, Mapping) or value.get("verb") not in VERBS:
        return None
    subject, verb, thing = (str(value.get(name, "")).strip(" `") for name in ("subject", "verb", "object"))
    return StatedFact(subject, verb, thing, value.get("negated") is True) if subject and thing else None


def parse_numbers(value: object) -> tuple[int, ...]:
    """Return the whole numbers of a list; whatever else stands there is left out."""
    given = value if isinstance(value, list) else []
    return tuple(one for one in given if isinstance(one, int) and not isinstance(one, bool))[:MOST_CLAIMS]


def _parse_citation(cite: object) -> Citation | None:
    """Return a place as it is meant; what cannot be one is kept as a place that is nowhere, so that it is refused."""
    if isinstance(cite, list) and len(cite) == 3:
        cite = dict(zip(("path", "first", "last"), cite, strict=True))
    if not isinstance(cite, Mapping):
        return None
    commit, path = cite.get("commit"), cite.get("path")
    if isinstance(commit, str) and commit and not path:
        return Citation("", commit=commit)
    first, last = cite.get("first"), cite.get("last", cite.get("first"))
    if not isinstance(path, str) or not isinstance(first, int) or not isinstance(last, int):
        return Citation(str(path)[:200])
    return Citation(path.removeprefix("./"), max(-1, min(first, LARGEST_LINE) - 1), max(-1, min(last, LARGEST_LINE)))


def parse_queries(answer: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the expected queries of an answer, those that may be kept: one line each, no link, no order, no secret."""
    given = answer.get("queries")
    found: list[str] = []
    for query in given if isinstance(given, list) else []:
        text = " ".join(query.split()) if isinstance(query, str) else ""
        fine = text and len(text) <= LONGEST_QUERY and not holds_secret(text) and not policy.leads_away(text)
        if fine and text.lower() not in {q.lower() for q in found}:
            found.append(text)
    return tuple(found[:MOST_QUERIES])
