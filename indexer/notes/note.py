"""A subject's name in, its claims out: picks who writes about it, and has the evidence checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from noctule.indexer.errors import UnknownSubject
from noctule.indexer.notes import directory, file, symbol
from noctule.indexer.notes import repository as whole
from noctule.indexer.notes.drafts import Draft, check_drafts
from noctule.indexer.notes.subject import Subject, find_subject
from noctule.indexer.notes.view_facts import ViewFacts
from noctule.indexer.results import Claim, Forecast


def find_claims(
    text: str, ground: ViewFacts, root: Path, forecast: Callable[[], Forecast]
) -> tuple[Subject, tuple[Claim, ...], Mapping[str, int]]:
    """Return what was meant, what is known about it, and how many claims of each kind are withheld. UnknownSubject.

    `forecast` is asked for the likely change points where they are wanted.
    """
    subject = find_subject(text, ground, root)
    if subject.symbol is not None and not ground.defines(subject.file, subject.symbol):
        raise UnknownSubject(
            f"{subject.symbol.qualname} is no longer in {ground.path(subject.file)}",
            "if it was renamed or moved, run `noctule sleep` to bring the index up to date",
        )
    claims, withheld = check_drafts(_drafts(subject, ground, forecast), subject.name, ground)
    return subject, claims, withheld


def _drafts(subject: Subject, ground: ViewFacts, forecast: Callable[[], Forecast]) -> list[Draft]:
    if subject.kind == "repository":
        return whole.drafts(ground, forecast())
    if subject.kind == "directory":
        return directory.drafts(ground, subject.name)
    if subject.symbol is None:
        return file.drafts(ground, subject.file)
    return symbol.drafts(ground, subject.file, subject.symbol)


def history_claims(path: str, ground: ViewFacts) -> tuple[Claim, ...]:
    """Return what past commits say of a file: what changes with it, and how often it was fixed. For its symbols too."""
    number = ground.position[path]
    drafts = [*file.co_change_drafts(ground, number, ground.changes.together([number])), *file.fixes(ground, number)]
    return check_drafts(drafts, path, ground)[0]
