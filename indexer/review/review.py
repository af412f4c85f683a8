"""What a change forgot, whom it may break and which tests to run, as one answer."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from noctule.indexer.notes.phrases import count_phrase, share
from noctule.indexer.notes.view_facts import ViewFacts
from noctule.indexer.results import Freshness
from noctule.indexer.review.affected_tests import find_affected_tests
from noctule.indexer.review.callers import find_callers
from noctule.indexer.review.change import ChangeSet, EditedDefinition
from noctule.indexer.review.companions import MOST_CHANGED, Companion, PastChanges, Record
from noctule.indexer.review.earlier_uses import EarlierUses
from noctule.indexer.review.removed_files import find_uses_by_path
from noctule.indexer.review.results import Finding, Review, ReviewRecord

PRECISION = 0.8
"""A file is said to be forgotten where at least this share of such hints were right on past changes."""
MOST_FORGOTTEN = 5


def review_change(
    ground: ViewFacts,
    change: ChangeSet,
    past: tuple[PastChanges, Record] | None,
    precision: float | None,
    freshness: Freshness,
    find_earlier: Callable[[Sequence[EditedDefinition]], EarlierUses],
) -> Review:
    """Hold a change against the past and against the uses of what it edits, which `find_earlier` knows.

    `past` ends before the change, and says how hints did on it; with None, no forgotten files are looked for.
    """
    edited = change.definitions()
    earlier = find_earlier(edited)
    touched = frozenset(change.paths)
    forgotten, silent = _find_forgotten(ground, change, past, precision)
    uses = list(find_callers(ground, edited, touched, earlier))
    loads = find_uses_by_path(ground, change, {(use.path, use.line) for use in uses if use.line is not None})
    record = past[1] if past is not None else Record(None, 0.0, 0.0, 0.0, 0)
    return Review(
        base=change.base,
        head=change.head,
        files=change.paths,
        definitions=len(edited),
        findings=(*forgotten, *loads, *uses),
        tests=find_affected_tests(ground, change, edited, earlier),
        record=ReviewRecord(precision or 0.0, record.precision, record.recall, record.alarms, record.trials),
        withheld=silent,
        freshness=freshness,
        unread=change.unread,
    )


def _find_forgotten(
    ground: ViewFacts, change: ChangeSet, past: tuple[PastChanges, Record] | None, precision: float | None
) -> tuple[list[Finding], str | None]:
    """Return the files that the change probably lacks, and why there can be none."""
    if precision is None:
        return [], "not asked for"
    if past is None:
        return [], "nothing differs"
    changes, record = past
    if record.least is None:
        if not record.trials:
            return [], "none is named, since there is no past change to try such hints on"
        tried = count_phrase(record.trials, "past change")
        return [], f"none is named, since on {tried} fewer than {precision:.0%} of such hints were right"
    if len(change.paths) > MOST_CHANGED:
        return [], f"a change of more than {MOST_CHANGED} files says little about what it lacks"
    live = [path for file, path in enumerate(ground.index.paths) if ground.is_there(file)]
    likely = [
        found for found in changes.companions(change.paths, live, change.line_edits()) if found.score >= record.least
    ]
    return [_forgotten(one) for one in likely[:MOST_FORGOTTEN]], None


def _forgotten(found: Companion) -> Finding:
    message = f"changed in {share(found.both, found.of, found.rule, found.partner)}, and not in this change"
    chance = 1 / (1 + math.exp(-found.score))
    return Finding("forgotten", "warning", found.path, None, message, found.partner, chance, found.commits)
