"""The texts of `arrays.pack_texts` as plain Python values, for callers that need no numpy."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

_FORMATS: dict[str, Any] = {
    "|u1": "B",
    "<u2": "H",
    "<u4": "I",
    "<u8": "Q",
    "|i1": "b",
    "<i2": "h",
    "<i4": "i",
    "<i8": "q",
    "<f4": "f",
    "<f8": "d",
}


def read_texts(data: bytes) -> list[bytes]:
    """Return the byte strings of a part that was packed from the columns `text` and `ends`, among others."""
    length = int.from_bytes(data[:4], "little")
    offset = 4 + length
    columns: dict[str, Sequence[Any]] = {}

    def take(dtype: str, count: int) -> memoryview:
        nonlocal offset
        size = count * int(dtype[2:])
        body = memoryview(data)[offset : offset + size].cast(_FORMATS[dtype])
        offset += size + (-size % 8)
        return body

    for name, dtype, count, *narrow in json.loads(data[4 : 4 + length]):
        column = take(narrow[0] if narrow else dtype, count)
        match narrow[1:]:
            case [int(wide)]:
                steps = column.tolist()
                for place, step in zip(take("<u4", wide), take("<i8", wide), strict=True):
                    steps[place] = step
                columns[name] = list(accumulate(steps))
            case [_, int(size)]:
                take(dtype, size)  # of numbers that no text is made of
            case _:
                columns[name] = column
    text, start, texts = bytes(columns["text"]), 0, []
    for end in columns["ends"]:
        texts.append(text[start:end])
        start = end
    return texts
