"""Text from a repository in, text that acts on nothing and hides nothing out: of several lines too. No streams."""

from __future__ import annotations

from noctule.indexer.lazy_pattern import lazy_pattern
from noctule.indexer.printable import STRAY, UNSEEN, escape

_BLANKS = {ord("\n"): None, ord("\t"): None}
_UNSAFE = lazy_pattern(rf"[\x00-\x08\x0b-\x1f\x7f-\x9f{UNSEEN}\ud800-\udfff]|{STRAY}")


def printable(text: str) -> str:
    """Return `text` with everything escaped that could act on a terminal; line ends and tabs stay."""
    if text.isascii() and text.translate(_BLANKS).isprintable():
        return text  # as most are: the pattern takes longer to compile than all else here
    return _UNSAFE.sub(escape, text.replace("\r\n", "\n"))
