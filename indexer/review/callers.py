"""Who relies on what a change edits or removes, in files that it leaves alone: resolved uses, each on a live line."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Mapping, Sequence

from noctule.indexer.notes.view_facts import ViewFacts
from noctule.indexer.parse.outline import innermost
from noctule.indexer.review.change import EditedDefinition
from noctule.indexer.review.results import Finding
from noctule.indexer.store.rows import DefinitionRow

MOST_PLACES = 10
"""So many lines are named for each definition."""
MOST_NAMING_FILES = 20
"""A removed name that stands in more files is a common word."""
LEAST_NAME = 4


def find_callers(ground: ViewFacts, edited: Sequence[EditedDefinition], touched: frozenset[str]) -> Iterator[Finding]:
    """Yield the lines outside of the change that use a definition whose head it edits or that it removes."""
    added = {definition.name for definition in edited if definition.edit in {"added", "head", "body"}}
    for definition in edited:
        if definition.edit == "head":
            yield from _uses_of_head(ground, definition, touched)
        elif definition.edit == "removed" and definition.name not in added:
            yield from _uses_of_removed(ground, definition, touched)


def learned_row(ground: ViewFacts, definition: EditedDefinition) -> DefinitionRow | None:
    """Return what was learned of a definition, by its name and kind; None where it is new or not known."""
    file = ground.position.get(definition.path)
    rows = ground.file_definitions(file) if file is not None else []
    named = [row for row in rows if (row.qualname, row.kind) == (definition.qualname, definition.kind)]
    return named[0] if len(named) == 1 else None


def uses_outside(ground: ViewFacts, definition: EditedDefinition, touched: frozenset[str]) -> dict[int, array[int]]:
    """Return which untouched files use a definition for sure, and on which learned lines (from zero)."""
    row = learned_row(ground, definition)
    file = ground.position.get(definition.path)
    if row is None or file is None:
        return {}
    found = ground.uses(file, row.position)
    return {user: lines for user, lines in found.items() if ground.path(user) not in touched}


def _uses_of_head(ground: ViewFacts, definition: EditedDefinition, touched: frozenset[str]) -> Iterator[Finding]:
    uses = uses_outside(ground, definition, touched)
    places = list(_live_places(ground, definition.name, uses))
    for n, (user, line, inside) in enumerate(places[:MOST_PLACES]):
        left = len(places) - MOST_PLACES
        more = f" (and {left} more lines)" if n == MOST_PLACES - 1 and left > 0 else ""
        message = f"{inside} uses {definition.qualname}, whose signature this change edits{more}"
        yield Finding("caller", "note", ground.path(user), line + 1, message, _subject(definition))


def _uses_of_removed(ground: ViewFacts, definition: EditedDefinition, touched: frozenset[str]) -> Iterator[Finding]:
    """Yield the lines that still use what is gone: resolved ones, else those with a name that nobody defines now.

    What was indexed after the removal resolves nothing to it: there, a file that can mean the names of its file does.
    """
    uses = uses_outside(ground, definition, touched)
    sure = set(uses)
    own = ground.position.get(definition.path)
    if not uses:
        if len(definition.name) < LEAST_NAME or _is_defined(ground, definition):
            return
        language = ground.language(own) if own is not None else ""
        uses = {f: at for f, at in ground.naming(definition.name).items() if ground.path(f) not in touched}
        uses = {f: at for f, at in uses.items() if not language or ground.language(f) == language}
        sure = ground.reachable_users(own) if own is not None else set()
        if len(uses) > MOST_NAMING_FILES:
            return
    for user, line, inside in list(_live_places(ground, definition.name, uses))[:MOST_PLACES]:
        level, verb = ("warning", "uses") if user in sure else ("note", "names")
        message = f"{inside} still {verb} {definition.qualname}, which this change removes"
        yield Finding("removed", level, ground.path(user), line + 1, message, _subject(definition))


def _is_defined(ground: ViewFacts, definition: EditedDefinition) -> bool:
    """Tell whether another file still defines the name."""
    places = ground.defining([definition.name])[definition.name]
    return any(ground.path(file) != definition.path and ground.is_there(file) for file, _ in places)


def _live_places(ground: ViewFacts, name: str, uses: Mapping[int, array[int]]) -> Iterator[tuple[int, int, str]]:
    """Yield (file, line from zero, what it lies in) for uses whose line still holds the name; source before tests."""
    word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    for user in sorted(uses, key=lambda f: (ground.is_test(f), -len(uses[f]), ground.path(f))):
        if not ground.is_there(user) or ground.has_changed(user):
            continue
        lines = ground.live_lines(user)
        rows = ground.file_definitions(user)
        for line in uses[user]:
            if line < len(lines) and word.search(lines[line]):
                around = innermost(rows, line)
                yield user, line, around.qualname if around is not None else "this line"


def _subject(definition: EditedDefinition) -> str:
    return f"{definition.path}:{definition.qualname}"
