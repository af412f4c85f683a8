"""Scopes and uses as columns and back: half as many bytes as row by row, and sooner read. Knows no other facts.

Lists of numbers are bytes behind the letter of their type, the narrowest for the values.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import accumulate, chain, islice, pairwise, repeat
from typing import Any, TypeVar

from noctule.indexer.parse.facts.model import Binding, Expr, Scope

T = TypeVar("T")
Columns = tuple[Any, ...]
_LETTERS = "BbHhi"
_SHARED = list(range(1 << 14))
"""Numbers of lines, each as one object: hundreds of thousands of bindings would have objects of their own."""


def scopes_to_columns(scopes: list[Scope]) -> Columns:
    """Lay scopes out with all that they bind."""
    bound = [bindings for scope in scopes for bindings in scope.names.values()]
    cells = list(zip(*chain.from_iterable(bound), strict=True)) or [()] * len(Binding._fields)
    tags, values, types, rows, ends, definitions, scoped = cells
    return (
        _pack([scope.parent for scope in scopes]),
        _pack([scope.class_ for scope in scopes]),
        _pack([scope.function for scope in scopes]),
        _pack([len(scope.names) for scope in scopes]),
        [name for scope in scopes for name in scope.names],
        _pack(list(map(len, bound))),
        _pack(tags),
        values,
        types,
        _pack(rows),
        _pack(ends),
        _pack(definitions),
        _pack(scoped),
    )


def scopes_of_columns(columns: Columns) -> list[Scope]:
    """Return the scopes that `scopes_to_columns` laid out."""
    parents, classes, functions, sizes, names, counts, tags, values, types, rows, ends, definitions, scoped = columns
    # The constructor of a named tuple is a function of Python, and there are hundreds of thousands of bindings.
    cells = zip(
        _unpack(tags),
        values,
        types,
        _lines(rows),
        _lines(ends),
        _unpack(definitions),
        map(bool, _unpack(scoped)),
        strict=True,
    )
    bindings = list(map(tuple.__new__, repeat(Binding), cells))
    bound = zip(names, _cut(bindings, _unpack(counts)), strict=True)
    tables = [dict(islice(bound, size)) for size in _unpack(sizes)]
    return list(map(Scope, _unpack(parents), _unpack(classes), _unpack(functions), tables))


def uses_to_columns(uses: dict[tuple[int, Expr, str], list[int]]) -> Columns:
    """Lay uses out with their lines."""
    keys = list(uses)
    return (
        _pack([key[0] for key in keys]),
        [key[1] for key in keys],
        [key[2] for key in keys],
        _pack(list(map(len, uses.values()))),
        _pack(list(chain.from_iterable(uses.values()))),
    )


def uses_of_columns(columns: Columns) -> dict[tuple[int, Expr, str], list[int]]:
    """Return the uses that `uses_to_columns` laid out."""
    scopes, receivers, names, counts, lines = columns
    rows = _cut(_unpack(lines).tolist(), _unpack(counts))
    return dict(zip(zip(_unpack(scopes), receivers, names, strict=True), rows, strict=True))


def _cut(values: list[T], counts: Iterable[int]) -> list[list[T]]:
    return [values[start:stop] for start, stop in pairwise(accumulate(counts, initial=0))]


def _pack(numbers: Sequence[int]) -> bytes:
    for letter in _LETTERS:
        with suppress(OverflowError):
            return letter.encode() + array(letter, numbers).tobytes()
    raise OverflowError("a number that no file has")


def _lines(packed: bytes) -> Iterable[int]:
    numbers = _unpack(packed)
    is_shared = numbers.typecode in "BH" and max(numbers, default=0) < len(_SHARED)  # else -1 may be among them
    return map(_SHARED.__getitem__, numbers) if is_shared else numbers


def _unpack(packed: bytes) -> array[int]:
    return array(chr(packed[0]), packed[1:])
