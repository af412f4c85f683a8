"""A name or sentence in, one line of text that acts on nothing and hides nothing out. No streams.

Control characters, overrides of direction and what no reader sees (tags, zero-width characters, fillers) are escaped;
so are line ends that only some readers know (U+2028, U+2029), which could seem to end a quotation.
"""

from __future__ import annotations

import re

from noctule.indexer.lazy_pattern import lazy_pattern

UNSEEN = (
    r"\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164"
    r"\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d159"
    r"\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"
)
STRAY = (
    r"(?<![^\w\s\ufe00-\ufe0f])[\ufe0e\ufe0f](?!\u20e3)"
    r"|(?<![\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])[\U000e0100-\U000e01ef]"
)
"""Selectors of a variant, which bytes can be hidden in, but for one behind a symbol or a Chinese character."""
_UNSAFE_IN_A_LINE = lazy_pattern(rf"[\x00-\x1f\x7f-\x9f{UNSEEN}\ud800-\udfff]|{STRAY}")
_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def escape(match: re.Match[str]) -> str:
    """Return what a character that is found is written as."""
    character = match[0]
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is not UTF-8, as os.fsdecode keeps it
        return f"\\x{code - 0xDC00:02x}"
    if code > 0xFFFF:
        return f"\\U{code:08x}"
    return _NAMED.get(character) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")


def printable_line(text: str) -> str:
    """Return `text` as one line with everything escaped that could act on a terminal: for paths and messages."""
    if text.isascii() and text.isprintable():
        return text
    return _UNSAFE_IN_A_LINE.sub(escape, text)
