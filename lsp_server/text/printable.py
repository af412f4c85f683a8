"""Text from a repository in, text that acts on nothing out: no control character or override survives. No streams."""

from __future__ import annotations

import re

_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_UNSAFE_IN_A_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is not UTF-8, as os.fsdecode keeps it
        return f"\\x{code - 0xDC00:02x}"
    return _NAMED.get(character) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")


def printable(text: str) -> str:
    """Return `text` with everything escaped that could act on a terminal; line ends and tabs stay."""
    return _UNSAFE.sub(_escape, text.replace("\r\n", "\n"))


def printable_line(text: str) -> str:
    """Return `text` as one line with everything escaped that could act on a terminal: for paths and messages."""
    return _UNSAFE_IN_A_LINE.sub(_escape, text)
