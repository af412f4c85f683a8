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
    """
    narrow = {name: _narrow(array) for name, array in columns.items()}
    header = json.dumps([[name, a.dtype.str, len(a), narrow[name].dtype.str] for name, a in columns.items()]).encode()
    header += b" " * (-(len(header) + 4) % 8)
    parts = [len(header).to_bytes(4, "little"), header]
    for array in narrow.values():
        body = np.ascontiguousarray(array).tobytes()
        parts.append(body + b"\0" * (-len(body) % 8))
    return b"".join(parts)


def unpack(data: bytes) -> dict[str, Array]:
    """Return the arrays of `pack`, read-only; those that were not laid out narrower are views of `data`."""
    length = int.from_bytes(data[:4], "little")
    offset = 4 + length
    columns: dict[str, Array] = {}
    # What was packed before there were narrow types has none in its header.
    for name, dtype, n, *narrow in json.loads(data[4 : 4 + length]):
        body = np.frombuffer(data, np.dtype(narrow[0] if narrow else dtype), n, offset)
        offset += body.nbytes + (-body.nbytes % 8)
        columns[name] = body.astype(dtype, copy=False)
        columns[name].flags.writeable = False
    return columns


def _narrow(array: Array) -> Array:
    if array.dtype.kind not in "iu" or array.dtype.itemsize == 1 or not len(array):
        return array
    type_ = np.result_type(np.min_scalar_type(int(array.min())), np.min_scalar_type(int(array.max())))
    return array.astype(type_) if type_.itemsize < array.dtype.itemsize else array


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
