"""Arguments of a tool call in, checked values out; BadArgument says what to pass instead. Looks nothing up.

NoctuleError
└── BadArgument     a tool was called with what it does not take; nothing was looked up
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Mapping

from noctule.indexer.errors import NoctuleError
from noctule.lsp_server.mcp.tools import LARGEST, Tool

LONGEST_TASK = 200_000
LONGEST_NAME = 4_096
MOST_FILES = 200
_NUMBER = re.compile(r"\s*[0-9]{1,15}\s*")


class BadArgument(NoctuleError):
    """A tool was called with what it does not take; nothing was looked up."""


class Arguments:
    """The arguments of one call."""

    def __init__(self, tool: Tool, given: Mapping[str, object]) -> None:
        unknown = sorted(set(given) - set(tool.takes))
        if unknown:
            raise BadArgument(f"{tool.name} takes no argument {unknown[0][:80]!r}", f"it takes {', '.join(tool.takes)}")
        missing = [name for name in tool.required if name not in given]
        if missing:
            raise BadArgument(f"{tool.name} needs the argument {missing[0]!r}", "pass it")
        # Agents pass null for what they leave out.
        self._given = {name: value for name, value in given.items() if value is not None}

    def text(self, name: str, longest: int = LONGEST_NAME) -> str:
        """Return a text, empty where it was left out."""
        return _text(name, self._given.get(name, ""), longest)

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts; a single text is a list of one, or the list that it spells in JSON."""
        value = self._given.get(name, [])
        listed = _as_list(value) if isinstance(value, str) else value
        if not isinstance(listed, list):
            raise BadArgument(f"{name} must be a list", "pass paths relative to the repository root")
        if len(listed) > MOST_FILES:
            raise BadArgument(f"{name} holds {len(listed):,} paths", f"pass at most {MOST_FILES}")
        return tuple(_text(name, one, LONGEST_NAME) for one in listed)

    def number(self, name: str, default: int, least: int = 0, most: int = LARGEST) -> int:
        """Return a whole number, also from a text; a number above `most` becomes `most`."""
        value = self._given.get(name, default)
        if isinstance(value, str) and _NUMBER.fullmatch(value):
            value = int(value)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise BadArgument(f"{name} must be a whole number of at least {least}", f"leave it out for {default}")
        return min(value, most)


def _as_list(text: str) -> list[object]:
    """Return the list that a text spells, as some agents pass it, or a list of the text."""
    if text.lstrip().startswith("["):
        with contextlib.suppress(ValueError, RecursionError):
            spelled = json.loads(text)
            if isinstance(spelled, list):
                return spelled
    return [text]


def _text(name: str, value: object, longest: int) -> str:
    if not isinstance(value, str):
        raise BadArgument(f"{name} must be a text", "pass it as a string")
    if len(value) > longest:
        raise BadArgument(f"{name} has {len(value):,} characters", f"pass at most {longest:,}: what matters most")
    if "\0" in value:
        raise BadArgument(f"{name} holds a NUL character", "pass it without")
    return value
