"""Which types inherit from a type: those that name it in their heads, where a use of it was found."""

from __future__ import annotations

import re
from collections.abc import Sequence

from noctule.indexer.notes.learned_texts import INHERITING
from noctule.indexer.notes.view_facts import Subtype, ViewFacts
from noctule.indexer.store.rows import DefinitionRow

MOST_READ = 80
"""Files whose definitions are looked into."""
HEAD_LINES = 6
"""The head of a definition is looked for in so many lines: decorators and templates may stand before its name."""
_BASES_IN_PARENTHESES = frozenset({"python"})
_ARGUMENTS = re.compile(r"<[^<>]*>|\[[^\[\]]*\]")
_PARAMETERS = re.compile(r"\([^()]*(?:\)|$)")
"""A head may end within them, since only its beginning is kept."""


def find_subtypes(ground: ViewFacts, file: int, owner: DefinitionRow) -> Sequence[Subtype]:
    """Return the types that inherit from a type, tests last; those of types that were asked for last are kept."""
    place = (file, owner.position)
    return ground.subtypes.get((place,), lambda _: {place: _search(ground, file, owner)})[place]


def _search(ground: ViewFacts, file: int, owner: DefinitionRow) -> list[Subtype]:
    name = owner.name
    uses = ground.uses(file, owner.position)
    looked = sorted(uses, key=lambda f: (ground.is_test(f), ground.path(f)))[:MOST_READ]
    found = []
    for user, rows in ground.types(looked).items():
        language = ground.language(user)
        if language in ("rust", "go") and owner.kind not in ("trait", "interface"):
            continue  # what a struct's head names there is what it is made of
        for row in rows:
            if name not in row.signature:
                continue  # nearly all of them: said here, since a call for each is slow
            if (user, row.position) == (file, owner.position) or not inherits(row, name, language):
                continue
            line = next((n for n in uses[user] if row.start <= n < min(row.start + HEAD_LINES, row.stop)), -1)
            if line >= 0:
                found.append((user, row, line))
    found.sort(key=lambda f: (ground.is_test(f[0]), ground.path(f[0]), f[1].position))
    return found


def inherits(row: DefinitionRow, name: str, language: str) -> bool:
    """Tell whether the head of a type names another one among its bases, not as an argument or a parameter."""
    if row.kind not in INHERITING:
        return False
    head = row.signature.partition(row.name)[2]
    if name not in head:
        return False
    patterns = (_ARGUMENTS,) if language in _BASES_IN_PARENTHESES else (_ARGUMENTS, _PARAMETERS)
    for pattern in patterns:
        shorter = pattern.sub("", head)
        while shorter != head:
            head, shorter = shorter, pattern.sub("", shorter)
    return re.search(rf"\b{re.escape(name)}\b", head) is not None
