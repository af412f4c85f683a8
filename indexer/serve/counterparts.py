"""Definitions of a file that do the opposite of a likely one, as `write` does of `read`: they often change together.

Placed definitions in, pairs of them out, by their names alone. Of 244 functions that had one beside them and changed,
168 changed with it (1,800 commits of nine repositories, docs/decisions/budget.md).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

from noctule.indexer.serve.descriptions import Placed
from noctule.indexer.serve.near_copies import LEAST_LIKELY, MOST_LIKE, Copies
from noctule.indexer.symbols import CALLABLE

SHARE = 0.6
"""How likely a counterpart is changed where the other is."""
_PAIRS = """
    acquire release, add remove, after before, attach detach, begin end, close open, compress decompress,
    connect disconnect, decode encode, decrypt encrypt, deserialize serialize, disable enable, dump load, dumps loads,
    eq hash, equals hash, escape unescape, free alloc, get set, getstate setstate, insert delete, lock unlock,
    marshal unmarshal, max min, pack unpack, pop push, quote unquote, read write, register unregister, save load,
    signed unsigned, start stop, subscribe unsubscribe
"""
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SPELLED = {"hashcode": "hash"}


def _read_pairs() -> Mapping[str, frozenset[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for pair in _PAIRS.split(","):
        one, other = pair.split()
        found[one].add(other)
        found[other].add(one)
    return {name: frozenset(others) for name, others in found.items()}


_OPPOSITES = _read_pairs()


def find_counterparts(placed: Sequence[Placed], chances: Sequence[float], copies: Copies) -> dict[int, list[int]]:
    """Return the counterparts of the likeliest functions; `copies` are named as such already."""
    likely = [n for n, chance in enumerate(chances) if chance >= LEAST_LIKELY and _may_have(placed[n])]
    likely.sort(key=lambda n: (-chances[n], n))
    found: dict[int, list[int]] = {}
    for n in likely[:MOST_LIKE]:
        owner, parts = _split(placed[n])
        if not any(part in _OPPOSITES for part in parts):
            continue
        beside = [
            m
            for m, other in enumerate(placed)
            if other.file == placed[n].file
            and _may_have(other)
            and m not in copies.get(n, ())[:MOST_LIKE]
            and _are_opposite((owner, parts), _split(other))
        ]
        if beside:
            found[n] = beside[:1]
    return found


def _may_have(one: Placed) -> bool:
    return one.definition.kind in CALLABLE and len(one.lines) > 0 and not one.secret


def _split(one: Placed) -> tuple[str, list[str]]:
    """Return what a definition stands in, and the words of its name."""
    owner, _, name = one.definition.qualname.rpartition(".")
    spelled = _SPELLED.get(name.lower(), name)
    return owner, [part.lower() for part in _PART.findall(spelled)]


def _are_opposite(one: tuple[str, list[str]], other: tuple[str, list[str]]) -> bool:
    """Tell whether two names in the same type differ in one word, and that is the opposite of the other's."""
    (owner, parts), (other_owner, other_parts) = one, other
    apart = [(a, b) for a, b in zip(parts, other_parts, strict=False) if a != b]
    is_beside = owner == other_owner and len(parts) == len(other_parts)
    return is_beside and len(apart) == 1 and apart[0][1] in _OPPOSITES.get(apart[0][0], ())
