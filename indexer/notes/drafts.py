"""Drafts in, claims out: the one place where evidence is held against the live files before anything is said.

Lines that have moved are followed. A draft of which any line has changed is not served, only counted; nor is one that
counts or names something that no longer stands under its name, or that rests on commits which the branch that is
looked at does not have, or that quotes what looks like a secret.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from noctule.indexer.files.line_tracking import follow, hash_span
from noctule.indexer.files.redaction import holds_secret
from noctule.indexer.notes.view_facts import ViewFacts
from noctule.indexer.results import Claim, Evidence
from noctule.indexer.symbols import Span


class LearnedLines(NamedTuple):
    """Lines of a file (by its position in the view) as they were learned."""

    file: int
    span: Span

    @classmethod
    def line(cls, file: int, line: int) -> LearnedLines:
        """One line, counted from zero."""
        return cls(file, Span(line, line + 1))


class Draft(NamedTuple):
    """A sentence, and what it rests on, not yet checked: lines, commits, or files that are there under their names."""

    kind: str
    text: str
    places: tuple[LearnedLines, ...] = ()
    commits: tuple[int, ...] = ()
    names: tuple[int, ...] = ()
    doubtful: bool = False


def check_drafts(drafts: Sequence[Draft], subject: str, ground: ViewFacts) -> tuple[tuple[Claim, ...], dict[str, int]]:
    """Return the claims whose lines still stand, and how many drafts of each kind are withheld."""
    files = sorted({place.file for draft in drafts for place in draft.places})
    learned = ground.load_hashes(files)
    live = {f: ground.live_hashes(f) if ground.has_changed(f) else learned[f] for f in files}
    claims: list[Claim] = []
    withheld: Counter[str] = Counter()
    for draft in drafts:
        evidence = [_standing_evidence(place, ground, learned[place.file], live[place.file]) for place in draft.places]
        standing = tuple(e for e in evidence if e is not None)
        gone = (
            not all(map(ground.is_there, draft.names))
            or ground.are_lost(draft.commits)
            or _names_gone(draft.text, ground)
        )
        if draft.doubtful or gone or len(standing) < len(evidence) or holds_secret(draft.text):
            withheld[draft.kind] += 1
            continue
        standing += tuple(Evidence(ground.path(f), None, None, None) for f in draft.names)
        if draft.commits:
            standing += (Evidence(None, None, None, None, ground.changes.oids(draft.commits)),)
        claims.append(Claim(draft.text, subject, draft.kind, standing))
    return tuple(claims), dict(withheld)


def _names_gone(text: str, ground: ViewFacts) -> bool:
    """Tell whether a sentence names a file or folder that is no longer there."""
    return any(
        re.search(rf"(?<![\w./-]){re.escape(path)}(?![\w/-])", text) for path in ground.gone_paths if path in text
    )


def _standing_evidence(
    place: LearnedLines, ground: ViewFacts, learned: array[int], live: array[int] | None
) -> Evidence | None:
    """Return the lines as evidence, where they stand now; None where they have changed."""
    if live is None:
        return None
    now = follow(place.span, learned, live)
    if now is None or not ground.is_same_place(place.file, place.span.start, now.start):
        return None
    moved = place.span.start + 1 if now != place.span else None
    return Evidence(ground.path(place.file), now.start + 1, now.stop, hash_span(live[now.start : now.stop]), (), moved)
