"""Which files of a view have to be resolved again after a few of them changed. Resolves nothing."""

from __future__ import annotations

from collections.abc import Sequence

from noctule.indexer.parse.facts.packing import unpack
from noctule.indexer.resolve.difference import find_difference
from noctule.indexer.resolve.program import Program
from noctule.indexer.resolve.relations import Relations
from noctule.indexer.store.store import Store

MOST_CHANGED = 20
"""Of more files the differences are not looked for."""
MOST_NAMES = 200


def find_affected(
    store: Store, program: Program, rows: Sequence[int], earlier: dict[int, int], before: Relations
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
