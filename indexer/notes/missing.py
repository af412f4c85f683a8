"""What changes so far in, what usually changes with it and has not yet out. Knows neither editor nor git."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from noctule.indexer.notes.partners import is_telling
from noctule.indexer.notes.view_facts import ViewFacts

LEAST_TOGETHER = 5
LEAST_SHARE = 0.5
"""A hint comes unasked: it has to be right more often than not."""
MOST = 3


@dataclass(frozen=True, slots=True)
class Missing:
    """A file that changed in `both` of the last `of` commits to another, which is being changed without it.

    `rule` says what those commits leave out, or is empty.
    """

    changed: str
    path: str
    both: int
    of: int
    commits: tuple[str, ...]
    rule: str = ""


def missing(ground: ViewFacts, changed: Iterable[str]) -> list[Missing]:
    """Return what is missing from a change, for each of its files at most `MOST`, the likeliest first."""
    files = [file for path in sorted(set(changed)) if (file := ground.position.get(path)) is not None]
    found = []
    for file in files:
        partners = [
            partner
            for partner in ground.changes.together([file])
            if partner.file not in files
            and is_telling(ground, partner, together=LEAST_TOGETHER, share=LEAST_SHARE, focused=0)
            and not ground.are_lost(partner.commits)
        ]
        for partner in partners[:MOST]:
            oids = ground.changes.oids(partner.commits)
            found.append(
                Missing(ground.path(file), ground.path(partner.file), partner.both, partner.of, oids, partner.rule)
            )
    return found
