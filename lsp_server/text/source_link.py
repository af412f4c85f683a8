"""Evidence in, how people cite it out: path and lines, or commits. Reads nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from noctule.indexer.results import Claim, Evidence

NO_NOTES = "No notes: history and references add nothing."
_SHOWN_COMMITS = 4


def format_place(evidence: Evidence) -> str:
    """Return evidence as people cite it: path and lines, or commits."""
    parts = []
    if evidence.path is not None:
        first, last = evidence.start_line, evidence.end_line
        lines = "" if first is None else f":{first}" if first == last else f":{first}-{last}"
        parts.append(f"{evidence.path}{lines}")
    if evidence.commits:
        shown = ", ".join(commit[:10] for commit in evidence.commits[:_SHOWN_COMMITS])
        more = len(evidence.commits) - _SHOWN_COMMITS
        parts.append(f"{shown}{f' and {more} more' if more > 0 else ''}")
    return " ".join(parts)


def format_citation(claim: Claim) -> str:
    """Return what a claim rests on, and who says so where that is a model; empty where there is nothing to cite."""
    places = [format_place(evidence) for evidence in claim.evidence]
    return "; ".join(dict.fromkeys([*places, *([f"by {claim.by}"] if claim.by else [])]))
