"""Named numpy arrays in, one byte string out, and back without copying. Knows nothing of what the arrays mean."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

# The element type says what an array is for; that numpy widens it in arithmetic is no business of a reader's.
Array = npt.NDArray[Any]
Ints = npt.NDArray[Any]
Floats = npt.NDArray[Any]
Doubles = npt.NDArray[np.float64]


def unique(values: Array) -> Array:
    """Return the distinct values of one dimension in ascending order, as `numpy.unique` does after importing more."""
    ordered = np.sort(values)
    return ordered[np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))] if len(ordered) else ordered


def pack(columns: Mapping[str, Array]) -> bytes:
    """Lay the arrays out one after the other behind a header (one dimension each).

    The header holds names, types and lengths, and the types that they are laid out in: the narrowest for the values.
    With one number more, the steps from each value to the next are laid out, and so many that are too wide for their
    type follow with their places. With two, the values are numbers of a table that follows, and the second is its size.
    """
    heads: list[list[object]] = []
    bodies: list[bytes] = []
    for name, array in columns.items():
        layout, arrays = _encode(array)
        heads.append([name, array.dtype.str, len(array), arrays[0].dtype.str, *layout])
        bodies += [body + b"\0" * (-len(body) % 8) for body in (np.ascontiguousarray(a).tobytes() for a in arrays)]
    header = json.dumps(heads).encode()
    header += b" " * (-(len(header) + 4) % 8)
    return b"".join([len(header).to_bytes(4, "little"), header, *bodies])


def unpack(data: bytes) -> dict[str, Array]:
    """Return the arrays of `pack`, read-only; those that were not laid out narrower are views of `data`.

    ValueError, IndexError where it is not what `pack` returned.
    """
    length = int.from_bytes(data[:4], "little")
    offset = 4 + length
    columns: dict[str, Array] = {}

    def take(dtype: object, n: int) -> Array:
        nonlocal offset
        body = np.frombuffer(data, np.dtype(dtype), n, offset)  # type: ignore[call-overload] # it comes from JSON
        offset += body.nbytes + (-body.nbytes % 8)
        return body

    # What was packed before there were narrow types has none in its header.
    for name, dtype, n, *narrow in json.loads(data[4 : 4 + length]):
        column = take(narrow[0] if narrow else dtype, n)
        match narrow[1:]:
            case [int(wide)]:
                column = column.astype(dtype)  # what is too wide for it wraps around, and back again in the sums
                places = take(np.uint32, wide)
                column[places] = take(np.int64, wide).astype(dtype)
                np.cumsum(column, dtype=column.dtype, out=column)
            case [_, int(size)]:
                column = take(dtype, size)[column]
        columns[name] = column.astype(dtype, copy=False)
        columns[name].flags.writeable = False
    return columns


FEWEST_IN_STEPS = 64
"""Shorter columns are laid out as they are."""
_SOME = 2_000
"""So many values of a column are looked at first."""
_WIDE = 12
"""The bytes of a step that is too wide for its type."""


def _encode(array: Array) -> tuple[list[int], list[Array]]:
    """Return the end of a column's entry in the header, and the arrays that are laid out for it."""
    if array.dtype.kind == "f" and len(array) >= FEWEST_IN_STEPS:
        bits = array.view(f"u{array.dtype.itemsize}")
        if len(unique(bits[:_SOME])) <= 1 << 8:  # else there is no need to sort them all
            values, numbers = np.unique(bits, return_inverse=True)
            if len(values) <= 1 << 8:
                return [0, len(values)], [numbers.astype(np.uint8), values.view(array.dtype)]
    if array.dtype.kind not in "iu" or array.dtype.itemsize == 1 or not len(array):
        return [], [array]
    type_ = np.result_type(np.min_scalar_type(int(array.min())), np.min_scalar_type(int(array.max())))
    plain = array.astype(type_) if type_.itemsize < array.dtype.itemsize else array
    if len(array) < FEWEST_IN_STEPS or plain.itemsize == 1 or int(array.max()) >= 1 << 63:
        return [], [plain]
    steps = np.diff(array.astype(np.int64), prepend=0)
    size, best = plain.nbytes, None
    for kind in (np.int8, np.int16):
        wide = np.flatnonzero((steps < np.iinfo(kind).min) | (steps > np.iinfo(kind).max))
        if len(steps) * np.dtype(kind).itemsize + len(wide) * _WIDE < size * 5 // 8:
            size, best = len(steps) * np.dtype(kind).itemsize + len(wide) * _WIDE, (kind, wide)
    if best is None:
        return [], [plain]
    kind, wide = best
    values = steps[wide]
    steps[wide] = 0
    return [len(wide)], [steps.astype(kind), wide.astype(np.uint32), values]


def pack_texts(texts: list[bytes]) -> dict[str, Array]:
    """Return a list of byte strings as two columns, `text` and `ends`."""
    ends = np.cumsum([len(t) for t in texts], dtype=np.int64)
    return {"text": np.frombuffer(b"".join(texts), np.uint8), "ends": ends}


def unpack_texts(text: Array, ends: Array) -> list[bytes]:
    """Return the byte strings of `pack_texts`."""
    body, start, texts = text.tobytes(), 0, []
    for end in ends.tolist():
        texts.append(body[start:end])
        start = end
    return texts
