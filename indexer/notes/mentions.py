"""Where else the source has a function's name, and neither calls it nor imports it: rows of tables, fields, options.

Names and texts in, lines out. They are named alike and nothing more. Where no more than eight files had the name of a
changed function, 21% of such lines changed with it, and 10% of those that call it (720 commits of twelve repositories).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from noctule.indexer.files.paths import count_common_folders
from noctule.indexer.notes.view_facts import ViewFacts
from noctule.indexer.search.blocks import COMMENTS
from noctule.indexer.store.rows import DefinitionRow
from noctule.indexer.symbols import CALLABLE, TYPES

SHORTEST = 5
"""A shorter name stands for much else."""
MOST_FILES = 8
"""A name that more files have says nothing."""
_OF_SEVERAL_WORDS = re.compile(r"[A-Za-z0-9]_[A-Za-z0-9]|[a-z][A-Z]")
"""A name of one word (`finish`) stands for much else where it is used; a field that is declared with it is told."""
_IMPORT = re.compile(r"(?:import|from|use|using|#include|require|export|package)\b")


def find_mentions(
    ground: ViewFacts, file: int, definition: DefinitionRow, known: Collection[int]
) -> Iterator[tuple[int, int]]:
    """Yield (file, line from zero) of those lines in other source files, near files first, one for each file.

    `known` are files of which it is known that they use the definition.
    """
    name = definition.name
    if len(name) < SHORTEST or definition.kind not in CALLABLE:
        return
    used = ground.naming(name)
    declared = ground.defining([name])[name]
    if len({*used, *(other for other, _ in declared)}) > MOST_FILES:
        return
    lines = {other: list(at) for other, at in used.items()} if _OF_SEVERAL_WORDS.search(name) else {}
    rows = ground.definitions({other for other, _ in declared})
    for other, position in declared:
        if rows[other][position].kind not in CALLABLE | TYPES:
            lines.setdefault(other, []).append(rows[other][position].start)
    path = ground.path(file)
    near = sorted(lines, key=lambda f: (-count_common_folders(path, ground.path(f)), ground.path(f)))
    for other in near:
        is_source = ground.role(other) == "source" and not ground.is_facade(other)
        if other == file or other in known or not is_source or ground.has_changed(other) or not ground.is_there(other):
            continue
        texts = ground.live_lines(other)
        row = next((n for n in sorted(lines[other]) if n < len(texts) and _is_row(texts[n], name)), None)
        if row is not None:
            yield other, row


def _is_row(line: str, name: str) -> bool:
    """Tell whether a line has a name as a name of its own: no call, no import, no comment and no text."""
    text = line.strip()
    if text.startswith(COMMENTS) or _IMPORT.match(text):
        return False
    quoted = re.escape(name)
    return (
        re.search(rf"(?<![\w\"'`])(?<!\w-){quoted}(?![\w\"'`]|-\w)", text) is not None
        and re.search(rf"\b{quoted}[!?]?\s*[(<]", text) is None
    )
