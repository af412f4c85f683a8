"""Whether one method can stand in for another of its name in a related type: an overload cannot."""

from __future__ import annotations

import re
from collections.abc import Iterable

from noctule.indexer.notes.subtypes import HEAD_LINES
from noctule.indexer.notes.view_facts import ViewFacts
from noctule.indexer.store.rows import DefinitionRow
from noctule.indexer.symbols import CALLABLE

OVERLOADING = frozenset({"cpp", "csharp", "java", "kotlin", "scala", "swift"})
"""Languages in which methods of one name differ by their parameters."""
LONGEST_HEAD = 20
"""Parameters are looked for in so many lines from the name on."""
_OPENING, _CLOSING = "([{<", ")]}>"


def may_override(ground: ViewFacts, here: tuple[int, DefinitionRow], there: tuple[int, DefinitionRow]) -> bool:
    """Tell whether two methods of one name can be the same method of two types, by their kinds and their parameters."""
    file, row = there
    if row.kind not in CALLABLE:
        return False
    if ground.language(file) not in OVERLOADING:
        return True
    counts = [_count(ground, *one) for one in (here, there)]
    return None in counts or counts[0] == counts[1]


def find_name_line(ground: ViewFacts, file: int, row: DefinitionRow) -> int:
    """Return the line in which a definition has its name."""
    word = re.compile(rf"\b{re.escape(row.name)}\b")
    lines = () if ground.has_changed(file) else ground.live_lines(file)[row.start : row.start + HEAD_LINES]
    return row.start + next((n for n, line in enumerate(lines) if word.search(line)), 0)


def _count(ground: ViewFacts, file: int, row: DefinitionRow) -> int | None:
    if ground.has_changed(file):
        return None
    start = find_name_line(ground, file, row)
    return count_parameters(row.name, ground.live_lines(file)[start : min(row.stop, start + LONGEST_HEAD)])


def count_parameters(name: str, lines: Iterable[str]) -> int | None:
    """Return how many parameters stand in parentheses behind a name; None where they are not there in whole."""
    head = re.search(rf"\b{re.escape(name)}\b[^(={{;]*\(", "\n".join(lines))
    if head is None:
        return None
    text = head.string[head.end() :]
    depth, commas, is_empty = 0, 0, True
    for at, character in enumerate(text):
        if character in _OPENING:
            depth += 1
        elif character in _CLOSING and text[max(at - 1, 0)] not in "-=":  # an arrow closes nothing
            depth -= 1
            if depth < 0:
                return 0 if is_empty else commas + 1
        elif character == "," and not depth:
            commas += 1
        is_empty = is_empty and character.isspace()
    return None
