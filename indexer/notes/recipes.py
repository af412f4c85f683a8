"""All recipes of a repository, and where a subject stands: what a reader leafs through. Ranks nothing."""

from __future__ import annotations

from pathlib import Path

from noctule.indexer.errors import UnknownSubject
from noctule.indexer.files.line_tracking import follow
from noctule.indexer.notes.drafts import Draft, check_drafts
from noctule.indexer.notes.subject import parse_subject
from noctule.indexer.notes.view_facts import ViewFacts
from noctule.indexer.reports import FoundRecipe, Spot
from noctule.indexer.symbols import Span


def servable_recipes(ground: ViewFacts) -> tuple[FoundRecipe, ...]:
    """Return the recipes that can be served, the most telling first."""
    found = []
    for recipe in ground.recipes:
        claims, _ = check_drafts([Draft("recipe", recipe.text, (), recipe.commits)], recipe.folder, ground)
        for claim in claims:
            commits = tuple(commit for evidence in claim.evidence for commit in evidence.commits)
            found.append(FoundRecipe(claim.text, recipe.folder, recipe.touched, commits))
    return tuple(found)


def find_location(subject: str, ground: ViewFacts, root: Path) -> Spot:
    """Return where a file, or a definition in it, stands as the files are. UnknownSubject."""
    meant = parse_subject(subject, ground, root)
    if meant.file < 0:
        raise UnknownSubject(f"{subject or 'the repository'} is not a file", "name a file or file:symbol")
    path, symbol = ground.path(meant.file), meant.symbol
    if symbol is None:
        return Spot(path, None, None, None, None)
    span = Span(symbol.start, symbol.stop)
    now: Span | None = span
    if ground.has_changed(meant.file):
        live = ground.live_hashes(meant.file)
        now = None if live is None else follow(span, ground.load_hashes([meant.file])[meant.file], live)
        if now is None and live is not None:  # its body has changed: where it begins is worth as much
            now = follow(Span(span.start, span.start + 1), ground.load_hashes([meant.file])[meant.file], live)
    lines = (None, None) if now is None else (now.start + 1, now.stop)
    return Spot(path, symbol.qualname, symbol.kind, *lines)
