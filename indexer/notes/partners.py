"""Which of the files that changed together with another one are worth a word. Reads no text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from noctule.indexer.files.roles import MADE_ELSEWHERE

if TYPE_CHECKING:
    from noctule.indexer.notes.changes import Partner
    from noctule.indexer.notes.view_facts import ViewFacts

LEAST_TOGETHER = 4
LEAST_SHARE = 0.4
LEAST_FOCUSED = 3
LEAST_SHARE_OF_BUILD = 0.6
"""Lists of dependencies change for reasons of their own."""
LEAST_LIFT = 3.0
"""A partner must change this much more often with the file than it does anyway."""


def is_telling(
    ground: ViewFacts,
    partner: Partner,
    *,
    together: int = LEAST_TOGETHER,
    share: float = LEAST_SHARE,
    focused: int = LEAST_FOCUSED,
) -> bool:
    """Tell whether a subject and a file changing together, so often at least, is more than chance and habit."""
    return (
        partner.both >= together
        and partner.share >= share
        and partner.focused >= focused
        and partner.share >= LEAST_LIFT * ground.changes.usual(partner.file)
        and ground.is_there(partner.file)
        and ground.role(partner.file) not in MADE_ELSEWHERE
        and (partner.share >= LEAST_SHARE_OF_BUILD or ground.role(partner.file) != "build")
    )
