"""Functions that are named like another but for the way in which the same is done: asynchronous, or on the server.

Names and paths in, functions out. They are named alike and nothing more: no relation leads from one to the other. Of 23
that changed functions had in commits of 33 repositories, 14 were changed with them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from noctule.indexer.files.paths import count_common_folders
from noctule.indexer.notes.view_facts import Twin, ViewFacts
from noctule.indexer.store.rows import DefinitionRow
from noctule.indexer.symbols import CALLABLE

WAYS = ("async", "asyncio", "aio", "sync", "ssr", "blocking")
MOST_TWINS = 2
MOST_NAMESAKES = 60
"""A name that is defined more often says nothing."""
_OF_PATHS = frozenset({*WAYS, "impl"})
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def find_twins(ground: ViewFacts, file: int, definition: DefinitionRow) -> Sequence[Twin]:
    """Return the twins of a function in source code, those in near files first.

    What was learned tells them, no live text: those of functions that were asked for last are kept.
    """
    place = (file, definition.position)
    return ground.twins.get((place,), lambda _: {place: tuple(_search(ground, file, definition))})[place]


def _search(ground: ViewFacts, file: int, definition: DefinitionRow) -> Iterator[Twin]:
    mine = _spell(ground, file, definition)
    found: dict[tuple[int, str], tuple[int, int, DefinitionRow, str]] = {}  # of overloads the first
    for places in ground.defining(_spellings(definition.name)).values():
        if len(places) > MOST_NAMESAKES:
            continue
        known = ground.definitions({other for other, _ in places})
        for other, position in places:
            row = known[other][position]
            if row.kind not in CALLABLE or ground.role(other) != "source":
                continue
            apart = _tell_apart(mine, _spell(ground, other, row))
            if apart:
                distance = _distance(ground.path(file), ground.path(other))
                found.setdefault((other, row.qualname), (distance, other, row, apart))
    nearest = sorted(found.values(), key=lambda twin: (twin[0], ground.path(twin[1]), twin[2].position))
    yield from (twin[1:] for twin in nearest[:MOST_TWINS])


def _spell(ground: ViewFacts, file: int, definition: DefinitionRow) -> tuple[str, str, str]:
    """Return the path of a definition, the name of what is around it, and its own."""
    owner = ground.find_owner(file, definition)
    return ground.path(file), "" if owner is None else owner.name, definition.name


def _tell_apart(one: tuple[str, str, str], other: tuple[str, str, str]) -> str:
    """Return which ways tell two definitions apart, each given as path, owner and name; nothing for no twins."""
    names = [_ways_and_rest(f"{owner} {name}") for _, owner, name in (one, other)]
    if names[0][1] != names[1][1] or not names[0][1]:
        return ""
    apart = set(names[0][0]) ^ set(names[1][0])
    if one[1:] == other[1:]:
        paths = [[part.lower() for part in _PART.findall(path)] for path, _, _ in (one, other)]
        if paths[0] == paths[1] or _without_ways(paths[0]) != _without_ways(paths[1]):
            return ""
        apart = (set(paths[0]) ^ set(paths[1])) & set(WAYS)
    return "/".join(sorted(apart))


def _ways_and_rest(name: str) -> tuple[list[str], list[str]]:
    parts = [part.lower() for part in _PART.findall(name)]
    return [part for part in parts if part in WAYS], [part for part in parts if part not in WAYS]


def _without_ways(parts: list[str]) -> list[str]:
    return [part for part in parts if part not in _OF_PATHS]


def _spellings(name: str) -> list[str]:
    """Return a name, and it with a way before or after it, or without the way that it has."""
    found = [name]
    begins_large = name[:1].isupper()
    for way in WAYS:
        large = way.capitalize()
        found += [f"{way}_{name}", f"{name}_{way}", f"{way}{name[:1].upper()}{name[1:]}"]
        found += [f"{large}{name[:1].upper()}{name[1:]}", f"{name}{large}"]
        for bare in (
            name.removeprefix(f"{way}_"),
            name.removesuffix(f"_{way}"),
            name.removeprefix(large),
            name.removesuffix(large),
        ):
            found.append(bare)
        lowered = name.removeprefix(way)
        found += [lowered[:1].lower() + lowered[1:]] if not begins_large and lowered[:1].isupper() else []
    return list(dict.fromkeys(spelled for spelled in found if spelled))


def _distance(path: str, other: str) -> int:
    """Return how many folders and names two paths do not share at their beginning."""
    return path.count("/") + other.count("/") + 2 - 2 * count_common_folders(path, other)
