"""The findings of a review for people: those of one subject together, of many uses the first ones. Prints nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from noctule.lsp_server.text.numbers import count

if TYPE_CHECKING:
    from noctule.indexer.review.results import Finding

NOTHING_FOUND = "No file that was forgotten and no use of what was edited or removed was found."
"""Said where both were looked for; there may be others."""
MOST_SHOWN = 10
"""So many uses of one definition are shown; whoever wants them all reads them with a program."""


class FindingGroup(NamedTuple):
    """The findings of one subject that are shown, and what is said of the others; empty where there are none."""

    shown: Sequence[Finding]
    more: str


def group_findings(findings: Sequence[Finding]) -> Iterator[FindingGroup]:
    """Yield findings of one kind by their subjects, in the order of the first of each; files are all shown."""
    by_subject: dict[str, list[Finding]] = {}
    for finding in findings:
        by_subject.setdefault(finding.subject if finding.line is not None else "", []).append(finding)
    for subject, found in by_subject.items():
        left = len(found) - MOST_SHOWN if subject else 0
        name = subject.rpartition(":")[2]
        more = f"and {count(left, 'more use')} of {name}" if left > 0 else ""
        yield FindingGroup(found[:MOST_SHOWN] if more else found, more)
