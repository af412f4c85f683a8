"""The bytes of a file as a text: UTF-8 whatever they were, and a hash of each line. Reads no file."""

from __future__ import annotations

import codecs
import hashlib
from array import array

LINE_HASH = "Q"
"""The type code of arrays of line hashes."""


def as_utf8(source: bytes) -> bytes | None:
    """Return the bytes as UTF-8 (UTF-16 and a byte order mark are undone), or None where they are no text."""
    if source.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return source.decode("utf-16", "replace").encode()
    if b"\0" in source[:8000]:
        return None
    return source.removeprefix(codecs.BOM_UTF8)


def line_hashes(source: bytes) -> array[int]:
    """Hash each line of a live text, to hold against what was seen when it was learned: 64 bits, hard to forge."""
    blake2b = hashlib.blake2b
    lines = (as_utf8(source) or b"").split(b"\n")
    known = {line: blake2b(line, digest_size=8).digest() for line in set(lines)}  # a third of all lines are repeated
    hashes = array(LINE_HASH)
    hashes.frombytes(b"".join(map(known.__getitem__, lines)))
    return hashes


def blob_id(content: bytes, object_format: str) -> str:
    """Return the id that git gives to a content: `object_format` is sha1 or sha256."""
    hasher = hashlib.new(object_format, b"blob %d\0" % len(content), usedforsecurity=False)
    hasher.update(content)
    return hasher.hexdigest()
