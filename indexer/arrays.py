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


def unique(values: Array) -> Array:
    """Return the distinct values of one dimension in ascending order, as `numpy.unique` does after importing more."""
    ordered = np.sort(values)
    return ordered[np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))] if len(ordered) else ordered


def pack(columns: Mapping[str, Array]) -> bytes:
    """Lay the arrays out one after the other behind a header of names, types and lengths (one dimension each)."""
    header = json.dumps([[name, a.dtype.str, len(a)] for name, a in columns.items()]).encode()
    header += b" " * (-(len(header) + 4) % 8)
    parts = [len(header).to_bytes(4, "little"), header]
    for array in columns.values():
        body = np.ascontiguousarray(array).tobytes()
        parts.append(body + b"\0" * (-len(body) % 8))
    return b"".join(parts)


def unpack(data: bytes) -> dict[str, Array]:
    """Return the arrays of `pack`, read-only views of `data`."""
    length = int.from_bytes(data[:4], "little")
    offset = 4 + length
    columns: dict[str, Array] = {}
    for name, dtype, n in json.loads(data[4 : 4 + length]):
        columns[name] = np.frombuffer(data, np.dtype(dtype), n, offset)
        offset += columns[name].nbytes + (-columns[name].nbytes % 8)
    return columns


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
