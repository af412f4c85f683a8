"""The outlines of a view's files as one part, for languages that need all files at once: reading one by one is slow."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence

import numpy as np

from noctule.indexer.arrays import pack, pack_texts, unpack, unpack_texts
from noctule.indexer.parse.facts.model import pack_outline
from noctule.indexer.resolve.program import Program

LANGUAGES = frozenset({"c", "cpp", "csharp", "elixir", "java", "kotlin", "ruby", "rust", "scala", "swift"})
"""Those that look at the outlines of all files."""


def read_outlines(part: bytes | None) -> dict[int, bytes]:
    """Return the packed outlines of a part, by the rows of their blobs."""
    if not part:
        return {}
    columns = unpack(zlib.decompress(part))
    return dict(zip(columns["rows"].tolist(), unpack_texts(columns["text"], columns["ends"]), strict=True))


def outlines_part(program: Program, rows: Sequence[int], known: Mapping[int, bytes]) -> dict[str, bytes]:
    """Lay out the outlines of a program's files; `known` are those that need not be made again, by row."""
    found = {
        row: known.get(row) or pack_outline(program.outline(file))
        for file, (row, head) in enumerate(zip(rows, program.heads, strict=True))
        if head is not None and head.language in LANGUAGES
    }
    if found.keys() == known.keys():
        return {}
    columns = {"rows": np.fromiter(found, np.int64, len(found)), **pack_texts(list(found.values()))}
    return {"outlines": zlib.compress(pack(columns), 1)}
