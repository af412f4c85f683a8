"""Regular expressions that are compiled when they are first used. Knows no text.

To compile one takes up to 10 ms, and most commands and tasks need few of them.
"""

from __future__ import annotations

import re
from typing import AnyStr, cast


def lazy_pattern(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Return a pattern that is used like a compiled one, except that a match's `re` is another object."""
    return cast("re.Pattern[AnyStr]", _Lazy(text, flags))


class _Lazy:
    """Takes over what it is asked for from the compiled pattern, so that it is asked through Python once."""

    def __init__(self, text: str | bytes, flags: int) -> None:
        self._text = text
        self._flags = flags

    def __getattr__(self, name: str) -> object:
        found = getattr(re.compile(self._text, self._flags), name)
        setattr(self, name, found)
        return cast("object", found)
