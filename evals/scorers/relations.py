"""Claims about relations in, which of their lines an oracle bears out. Knows no way to find that out for itself.

"Used by", "Exercised by" and "Extended by" cite lines of the files that use the subject, a symbol or a file. An oracle
says on which lines a file does at a commit. Words decide nothing here: that a line names what a claim names does not
make it a use.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from typing import Protocol

from noctule.indexer.results import Claim

BEGINNINGS = {
    "users": "Used by",
    "tests": "Exercised by",
    "subtypes": "Extended or implemented by",
    "dependents": "Used by",
}
"""The claims that are relations, by kind; others of these kinds say that something is absent, or count words."""


class UseOracle(Protocol):
    """Knows uses at a commit."""

    def find_uses(self, commit: str, subject: str, path: str) -> Set[int] | None:
        """Return the lines (from one) on which a file uses `path:symbol`, or anything of `path`; None: not known."""


class Ignorance:
    """Knows nothing, so that words decide."""

    def find_uses(self, commit: str, subject: str, path: str) -> Set[int] | None:  # noqa: ARG002 - as the protocol has it
        """Return that it is not known."""
        return None


class FirstThatKnows:
    """Several oracles, the surest first."""

    def __init__(self, oracles: Iterable[UseOracle]) -> None:
        self._oracles = tuple(oracles)

    def find_uses(self, commit: str, subject: str, path: str) -> Set[int] | None:
        """Return what the first one says that knows."""
        found = (oracle.find_uses(commit, subject, path) for oracle in self._oracles)
        return next((lines for lines in found if lines is not None), None)


def is_relation(claim: Claim) -> bool:
    """Tell whether a claim says that files use a symbol or a file, and cites where."""
    if claim.kind == "tests" and claim.text.startswith("Tested by"):
        return "uses it" in claim.text
    beginning = BEGINNINGS.get(claim.kind)
    return beginning is not None and claim.text.startswith(beginning)


def judge_relation(oracle: UseOracle, claim: Claim, commit: str) -> bool | None:
    """Tell whether each cited line is a use of the subject at a commit; None where the oracle does not know of any."""
    if not is_relation(claim):
        return None
    verdicts: list[bool] = []
    for evidence in claim.evidence:
        if evidence.path is None or evidence.start_line is None:
            continue
        lines = oracle.find_uses(commit, claim.subject, evidence.path)
        if lines is not None:
            cited = range(evidence.start_line, (evidence.end_line or evidence.start_line) + 1)
            verdicts.append(any(line in lines for line in cited))
    return all(verdicts) if verdicts else None
