"""The texts of `arrays.pack_texts` as Python's own values: whoever needs no more of a view need not wait for numpy."""

from __future__ import annotations

import json
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
}


def read_texts(data: bytes) -> list[bytes]:
    """Return the byte strings of a part that was packed from the columns `text` and `ends`, among others."""
    length = int.from_bytes(data[:4], "little")
    offset = 4 + length
    columns: dict[str, memoryview] = {}
    for name, dtype, count, *narrow in json.loads(data[4 : 4 + length]):
        format_ = _FORMATS[narrow[0] if narrow else dtype]
        size = count * int((narrow[0] if narrow else dtype)[2:])
        columns[name] = memoryview(data)[offset : offset + size].cast(format_)
        offset += size + (-size % 8)
    text, start, texts = columns["text"].tobytes(), 0, []
    for end in columns["ends"].tolist():
        texts.append(text[start:end])
        start = end
    return texts
