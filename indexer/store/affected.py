"""Which files of a view have to be resolved again after some of them changed, came or went. Resolves nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from noctule.indexer.parse.facts.model import AUGMENTS, IMPORT, Facts, bare_name
from noctule.indexer.parse.facts.packing import unpack
from noctule.indexer.resolve.difference import find_difference
from noctule.indexer.resolve.imports.jvm import add_accessors
from noctule.indexer.resolve.program import Program
from noctule.indexer.resolve.relations import Relations
from noctule.indexer.store.store import Store

MOST_CHANGED = 20
"""Of more files the differences are not looked for."""
MOST_NAMES = 200
MOST_MOVED = 100
"""Where more files came or went, all are resolved again."""
_FOR_FOLDER = frozenset("__init__ index init lib main mod package".split())
"""What a file is called that stands for its folder: it says what the paths below it mean."""
_FOR_ALL = frozenset({"global", AUGMENTS})
"""How an import is passed on that other files need not ask for."""
_BY_MODULE = frozenset("javascript python rust tsx typescript".split())
"""Languages in which a file is seen by who imports it."""
_BY_FILE = frozenset("bash c cpp javascript php python ruby rust tsx typescript".split())
"""Languages whose imports name files, and not what several files belong to."""


def find_affected(
    store: Store, program: Program, rows: Sequence[int], earlier: Mapping[int, int], before: Relations
) -> tuple[Relations, list[int]]:
    """Return the relations with definitions at their new places, and the files that are to be resolved again.

    `rows` are the blobs of all files, `earlier` those that the changed files had before. Those that use a changed file
    are resolved again unless its changed names are words of no other file.
    """
    if len(earlier) > MOST_CHANGED:
        return before, sorted({*earlier, *before.users_of(list(earlier))})
    again = set(earlier)
    for file, row in earlier.items():
        known, head = store.load_facts(row), program.heads[file]
        found = find_difference(unpack(known), program.of(file)) if known and head is not None else None
        others = {other for at, other in enumerate(rows) if at != file}
        if found is None or _is_spoken_elsewhere(store, found.names, others):
            again.update(before.users_of([file]))
            continue
        before, lost = before.move(file, found.definitions)
        again.update(lost)
    return before, sorted(again)


def _is_spoken_elsewhere(store: Store, names: frozenset[str], others: set[int]) -> bool:
    if len(names) > MOST_NAMES:
        return True
    return any(not others.isdisjoint(store.find_users(name)) for name in names)


def is_unseen(store: Store, paths: Sequence[str], rows: Sequence[int], moved: Mapping[str, int]) -> bool:
    """Tell whether no other file can see that some came, and only who used them that some went.

    `moved` are their paths with their blobs. They may be seen by who names them in an import, and, in languages whose
    files need none, by who speaks of what they define. So it is with most tests, and with a module that is just begun.
    """
    if len(moved) > MOST_MOVED or not _FOR_FOLDER.isdisjoint(map(_stem, moved)):
        return False
    facts = {path: unpack(packed) for path, row in moved.items() if (packed := store.load_facts(row))}
    words = {word for path, found in facts.items() for word in _import_words(path, found)}
    names = words.union(*(_outer_names(found) for found in facts.values() if found.language not in _BY_MODULE))
    if len(names) > MOST_NAMES or any(one.exported in _FOR_ALL for found in facts.values() for one in found.imports):
        return False
    others = {row for path, row in zip(paths, rows, strict=True) if path not in moved}
    if any(not others.isdisjoint(store.find_users(name)) for name in names):
        return False
    if any(row in others for _, row, _ in store.find_definitions(sorted(names - words))):
        return False
    words.update(map(_stem, moved))
    is_word = re.compile("|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in sorted(words))).search
    return not any(is_word(imports) for (imports,) in store.blobs(sorted(others), "imports").values())


def _outer_names(facts: Facts) -> frozenset[str]:
    """Return the names by which other files begin to speak of what a file defines."""
    names = {name for name, bound in facts.scopes[0].names.items() if any(b.tag != IMPORT for b in bound)}
    return add_accessors(bare_name(name.removeprefix("=")) for name in names | {name for _, name, _ in facts.members})


def _stem(path: str) -> str:
    name = path.rpartition("/")[2]
    return name.partition(".")[0] or name


def _import_words(path: str, facts: Facts) -> set[str]:
    """Return the words one of which an import holds that may mean a file."""
    folder, words = path.rpartition("/")[0], {_stem(path)}
    if facts.language not in _BY_FILE:
        words.add(folder.rpartition("/")[2])
    if facts.package:
        words.add(facts.package.replace("::", ".").replace("\\", ".").rpartition(".")[2])
    return words - {""}
