"""Nested tuples, lists and dictionaries of texts and small numbers to columns and back; equal values, equal columns.

The store packs such values with `marshal`, which writes other bytes in each run and must not be given what a stranger
wrote. Here they are laid out as tokens. Back from there, `marshal` reads a stream that is made of these tokens alone,
whose kinds, lengths and references were checked: so it is as fast, and can meet nothing but plain data.
"""

from __future__ import annotations

import marshal
from collections.abc import Mapping
from typing import Any

import numpy as np

from noctule.indexer.arrays import Array, pack_texts, unpack_texts

# The letters of marshal's version 2 (Python/marshal.c): these are followed by four bytes, a number or a length; and a
# dictionary is its keys and values up to an end.
_TUPLE, _LIST, _NUMBER, _TEXT = b"([ir"
_DICT, _END, _NONE, _TRUE, _FALSE = b"{0NTF"
_WITH_NUMBER = np.zeros(256, np.bool_)
_WITH_NUMBER[[_TUPLE, _LIST, _NUMBER, _TEXT]] = True
_KNOWN = _WITH_NUMBER.copy()
_KNOWN[[_DICT, _END, _NONE, _TRUE, _FALSE]] = True
_LARGEST = 1 << 31
_SINGLE = {None: _NONE, True: _TRUE, False: _FALSE}
_REFERRED = 0x80
"""The flag of an object that can be referred to by its number among these."""


class BadData(ValueError):
    """The columns are not what `to_columns` makes."""


def to_columns(value: object) -> dict[str, Array]:
    """Lay a value out as columns. TypeError where it is no plain value."""
    kinds, numbers = bytearray(), []
    texts: dict[str, int] = {}

    def put(one: Any) -> None:  # noqa: ANN401 - any plain value
        kind = type(one)
        if kind is str:
            kinds.append(_TEXT)
            numbers.append(texts.setdefault(one, len(texts)))
        elif kind is tuple or kind is list:
            kinds.append(_TUPLE if kind is tuple else _LIST)
            numbers.append(len(one))
            for part in one:
                put(part)
        elif kind is int and -_LARGEST <= one < _LARGEST:
            kinds.append(_NUMBER)
            numbers.append(one)
        elif one is None or kind is bool:
            kinds.append(_SINGLE[one])
        elif kind is dict:
            kinds.append(_DICT)
            for key, of in one.items():
                put(key)
                put(of)
            kinds.append(_END)
        else:
            raise TypeError(f"{kind.__name__} is no plain value")

    put(value)
    columns: dict[str, Array] = {"kinds": np.frombuffer(bytes(kinds), np.uint8), "numbers": np.array(numbers, np.int64)}
    columns |= {f"texts.{k}": v for k, v in pack_texts([t.encode("utf-8", "surrogatepass") for t in texts]).items()}
    return columns


def from_columns(columns: Mapping[str, Array]) -> Any:  # noqa: ANN401 - any plain value
    """Return the value that `to_columns` laid out. BadData."""
    try:
        return _from_columns(columns)
    except (KeyError, IndexError, ValueError, TypeError, EOFError, MemoryError) as error:
        raise error if isinstance(error, BadData) else BadData(str(error)) from error


def _from_columns(columns: Mapping[str, Array]) -> Any:  # noqa: ANN401 - any plain value
    kinds = columns["kinds"].astype(np.uint8, copy=False)
    numbers = columns["numbers"].astype(np.int64, copy=False)
    texts = unpack_texts(columns["texts.text"], columns["texts.ends"])
    has_number = _WITH_NUMBER[kinds]
    if not _KNOWN[kinds].all() or np.count_nonzero(has_number) != len(numbers):
        raise BadData("no plain values")
    of = kinds[has_number]
    most = np.full(len(of), _LARGEST, np.int64)
    most[of == _TEXT] = len(texts)
    most[(of == _TUPLE) | (of == _LIST)] = len(kinds)
    if (numbers >= most).any() or (numbers < np.where(of == _NUMBER, -_LARGEST, 0)).any():
        raise BadData("a part that is not there")
    starts = np.cumsum(np.where(has_number, 5, 1)) - np.where(has_number, 5, 1)
    stream = np.empty(int(starts[-1]) + (5 if has_number[-1] else 1) if len(kinds) else 0, np.uint8)
    stream[starts] = kinds
    raw = numbers.astype("<i4").view(np.uint8).reshape(-1, 4)
    for byte in range(4):
        stream[starts[has_number] + 1 + byte] = raw[:, byte]
    known = [b"%c%s%s" % (_REFERRED | ord("u"), len(text).to_bytes(4, "little"), text) for text in texts]
    whole = b"".join([b"(\2\0\0\0(", len(texts).to_bytes(4, "little"), *known, stream.tobytes()])
    return marshal.loads(whole)[1]
