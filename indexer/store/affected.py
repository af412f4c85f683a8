"""Which files of a view have to be resolved again after some of them changed, came or went. Resolves nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from noctule.indexer.parse.extract import LONGEST_NAME
from noctule.indexer.parse.facts.model import AUGMENTS, IMPORT, Facts
from noctule.indexer.parse.facts.packing import unpack
from noctule.indexer.resolve.difference import as_word, find_difference, is_spoken
from noctule.indexer.resolve.imports.jvm import add_accessors
from noctule.indexer.resolve.program import Program
from noctule.indexer.resolve.relations import Relations
from noctule.indexer.store.store import Store

MOST_CHANGED = 20
"""Of more files the differences are not looked for: all are resolved again."""
MOST_NAMES = 200
MOST_MOVED = 100
"""Where more files came or went, all are resolved again."""
_FOR_FOLDER = frozenset("__init__ index init lib main mod package".split())
"""What a file is called that stands for its folder: it says what the paths below it mean."""
_FOR_ALL = frozenset({"global", AUGMENTS})
"""How an import is passed on that other files need not ask for."""
_BY_MODULE = frozenset("javascript python rust tsx typescript".split())
"""Languages in which a file is seen by who imports it."""
_RUST_TARGETS = frozenset("benches bin examples tests".split())
"""Folders whose files Cargo finds by itself; others are named by a `mod`, which may give any path."""
_BY_FILE = frozenset("bash c cpp javascript php python ruby rust tsx typescript".split())
"""Languages whose imports name files, and not what several files belong to."""


def find_affected(
    store: Store, program: Program, rows: Sequence[int], earlier: Mapping[int, int], before: Relations
) -> tuple[Relations, list[int]]:
    """Return the relations with definitions at their new places, and the files that are to be resolved again.

    `rows` are the blobs of all files, `earlier` those that the changed files had before. Those that use a changed file
    are resolved again unless its changed names are words of no other file; and with them all that speak of a name that
    came or went.
    """
    if len(earlier) > MOST_CHANGED:
        return before, list(range(len(rows)))
    again = set(earlier)
    for file, row in earlier.items():
        known, head = store.load_facts(row), program.heads[file]
        old, new = unpack(known) if known else None, program.of(file) if head is not None else None
        found = find_difference(old, new) if old and new else None
        others = {other for at, other in enumerate(rows) if at != file}
        if found is not None and not _is_spoken_elsewhere(store, found.names, others):
            before, lost = before.move(file, found.definitions)
            again.update(lost)
            continue
        again.update(before.users_of([file]))
        differing = _all_names(new) ^ _all_names(old)
        if not _can_ask(differing):
            return before, list(range(len(rows)))
        speakers = {user for name in differing for user in store.find_users(name)}
        again.update(at for at, other in enumerate(rows) if other in speakers)
    return before, sorted(again)


def _is_spoken_elsewhere(store: Store, names: frozenset[str], others: set[int]) -> bool:
    return not _can_ask(names) or any(not others.isdisjoint(store.find_users(name)) for name in names)


def _can_ask(names: Iterable[str]) -> bool:
    """Tell whether the store knows who speaks of each of some names: it keeps no words of one letter."""
    names = list(names)
    return len(names) <= MOST_NAMES and all(1 < len(name) <= LONGEST_NAME and is_spoken(name) for name in names)


def is_unseen(
    store: Store, paths: Sequence[str], rows: Sequence[int], moved: Mapping[str, int], settings: Iterable[str]
) -> bool:
    """Tell whether no other file can see that some came, and only who used them that some went.

    `moved` are their paths with their blobs, `settings` the texts that say what imports mean. They may be seen by who
    names them in an import, and, in languages whose files need none, by who speaks of what they define. So it is with
    most tests, and with a module that is just begun.
    """
    if len(moved) > MOST_MOVED or not _FOR_FOLDER.isdisjoint(map(_stem, moved)):
        return False
    facts = {path: unpack(packed) for path, row in moved.items() if (packed := store.load_facts(row))}
    words = {word for path, found in facts.items() for word in _import_words(path, found)}
    if any(_may_be_anywhere(path, found.language) for path, found in facts.items()):
        return False
    seen = set[str]().union(*(_outer_names(path, found) for path, found in facts.items()))
    names = words | seen
    if not _can_ask(seen) or any(one.exported in _FOR_ALL for found in facts.values() for one in found.imports):
        return False
    others = {row for path, row in zip(paths, rows, strict=True) if path not in moved}
    if any(not others.isdisjoint(store.find_users(name)) for name in names):
        return False
    if any(row in others for _, row, _ in store.find_definitions(sorted(names - words))):
        return False
    words.update(map(_stem, moved), _own_folders(moved, [path for path in paths if path not in moved]))
    is_word = re.compile("|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in sorted(words))).search
    if any(map(is_word, settings)):
        return False
    return not any(is_word(imports) for (imports,) in store.blobs(sorted(others), "imports").values())


def _may_be_anywhere(path: str, language: str) -> bool:
    """Tell whether a file may be named by another path than its own."""
    return language == "rust" and path.rpartition("/")[0].rpartition("/")[2] not in _RUST_TARGETS


def _outer_names(path: str, facts: Facts) -> frozenset[str]:
    """Return the names by which other files begin to speak of what a file defines, without an import of it."""
    if facts.language in _BY_MODULE and not path.endswith(".d.ts"):
        return _member_names(facts)
    return add_accessors(map(as_word, _top_names(facts))) | _member_names(facts)


def _top_names(facts: Facts) -> set[str]:
    """Return the names that a file binds outside of functions and types, and not by an import."""
    return {name for name, bound in facts.scopes[0].names.items() if any(b.tag != IMPORT for b in bound)}


def _member_names(facts: Facts) -> frozenset[str]:
    """Return the names of members that types get from outside; where these are bases, of the types."""
    return add_accessors(as_word(name) or _last(owner) for owner, name, _ in facts.members)


def _last(owner: object) -> str:
    """Return the last name of a type as it is spelled where it gets a member."""
    while isinstance(owner, tuple):
        owner = owner[2] if owner[0] == "a" else owner[1] if len(owner) > 1 else ""
    return owner if isinstance(owner, str) else ""


def _all_names(facts: Facts | None) -> frozenset[str]:
    """Return all names by which other files may speak of what a file defines."""
    if facts is None:
        return frozenset()
    members = {name for class_ in facts.classes for name in class_.fields}
    members.update(name for class_ in facts.classes if class_.scope > 0 for name in facts.scopes[class_.scope].names)
    # Whoever uses a member without a word for it uses its class, and so the file.
    names = _top_names(facts).union(name for name in members if _can_ask([name]))
    return add_accessors(map(as_word, names)) | _member_names(facts)


def _own_folders(moved: Iterable[str], others: Iterable[str]) -> set[str]:
    """Return the names of folders that hold no other files of the same ending."""
    kept = {(folder, path.rpartition(".")[2]) for path in others for folder in _folders(path)}
    return {
        folder.rpartition("/")[2]
        for path in moved
        for folder in _folders(path)
        if (folder, path.rpartition(".")[2]) not in kept
    }


def _folders(path: str) -> list[str]:
    parts = path.split("/")[:-1]
    return ["/".join(parts[: n + 1]) for n in range(len(parts))]


def _stem(path: str) -> str:
    name = path.rpartition("/")[2]
    return name.lstrip(".").partition(".")[0] or name


def _import_words(path: str, facts: Facts) -> set[str]:
    """Return the words one of which an import holds that may mean a file."""
    folder, words = path.rpartition("/")[0], {_stem(path)}
    if facts.language not in _BY_FILE:
        words.add(folder.rpartition("/")[2])
    if facts.package:
        words.add(facts.package.replace("::", ".").replace("\\", ".").rpartition(".")[2])
    return words - {""}
