"""Text from a repository in, text that acts on nothing and hides nothing out: of several lines too. No streams."""

from __future__ import annotations

import re

from noctule.indexer.printable import STRAY, UNSEEN, escape

_UNSAFE = re.compile(rf"[\x00-\x08\x0b-\x1f\x7f-\x9f{UNSEEN}\ud800-\udfff]|{STRAY}")


def printable(text: str) -> str:
    """Return `text` with everything escaped that could act on a terminal; line ends and tabs stay."""
    return _UNSAFE.sub(escape, text.replace("\r\n", "\n"))
