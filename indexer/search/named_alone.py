"""Which definitions a task names that have no namesake in the source. Names and places in, definitions out.

Whoever names one in a title means it: of 38 functions that titles of commits named so, 25 were changed, and where a
file that holds one ranked first, it was changed in 100 of 105 cases. docs/decisions/ranking.md has the table.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from noctule.indexer.search.query import TaskQuery
from noctule.indexer.store.rows import DefinitionRow
from noctule.indexer.symbols import CALLABLE

MOST_PLACES = 8
"""A name that is defined so often is looked at for its class or for declarations; one that is more common is not."""
MOST = 12
"""So many definitions are named."""
_SEPARATORS = re.compile(r"\.|::|#")

Definitions = Callable[[Iterable[int]], Mapping[int, Sequence[DefinitionRow]]]
"""What each of some files defines."""


class NamedDefinition(NamedTuple):
    """A definition that the task means by its name, and whether the title has it."""

    file: int
    definition: DefinitionRow
    in_title: bool


def find_named_alone(
    task: TaskQuery,
    places: Mapping[str, Sequence[tuple[int, int]]],
    definitions: Definitions,
    is_declared: Callable[[int, DefinitionRow], bool],
    first: int,
) -> tuple[NamedDefinition, ...]:
    """Return the definitions that names of the task can only mean, those of the title first.

    `places` says in which files, and at which positions there, source code defines each name; a name that only the text
    has counts where the `first` file, the likeliest, defines it, and no more than one other. Of a name that is defined
    several times, the class before it tells which is meant, and what is only declared is not; overloads are one. Of
    fields and methods that are called by a plain word, only those of the first file are meant, and with their class.
    """
    found: dict[tuple[int, str], NamedDefinition] = {}
    owners = _owners(task)
    for name in sorted(places, key=lambda n: (n not in task.titled, n)):
        there = places[name]
        in_title = name in task.titled
        if not 0 < len(there) <= (MOST_PLACES if in_title else 2) or len(found) == MOST:
            continue
        if not in_title and first not in (file for file, _ in there):
            continue
        rows = definitions({file for file, _ in there})
        meant = [(file, rows[file][position]) for file, position in there if position < len(rows[file])]
        if name in owners and len(meant) > 1:
            meant = [m for m in meant if m[1].qualname.split(".")[-2:-1] in owners[name]] or meant
        if len({(file, row.qualname) for file, row in meant}) > 1:
            meant = [(file, row) for file, row in meant if not is_declared(file, row)]
        if len({(file, row.qualname) for file, row in meant}) == 1:
            file, row = max(meant, key=lambda m: m[1].stop - m[1].start)
            if file != first and name not in owners and _is_common(name, row):
                continue
            found.setdefault((file, row.qualname), NamedDefinition(file, row, in_title))
    return tuple(found.values())


def _is_common(name: str, row: DefinitionRow) -> bool:
    """Tell whether a name is a plain word, and no function by itself: what a member is called is said of much else."""
    return name.isalpha() and name.islower() and ("." in row.qualname or row.kind not in CALLABLE)


def _owners(task: TaskQuery) -> dict[str, list[list[str]]]:
    """Return what stands before each name in qualified names."""
    found: dict[str, list[list[str]]] = {}
    for dotted in task.dotted:
        parts = _SEPARATORS.split(dotted)
        for owner, name in pairwise(parts):
            found.setdefault(name, []).append([owner])
    return found
