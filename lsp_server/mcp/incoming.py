"""A client's lines in, lines that the SDK reads out: it drops what it cannot read, and then nobody is answered.

Half a character, as a text has that was cut in the middle of an emoji, becomes a replacement character. Of a message
that cannot be mended the id is kept, so that it is answered with an error.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterable, AsyncIterator, Sequence
from typing import Any

import mcp_types as types

REFUSED = "noctule/unreadable"
"""The method that a message which cannot be read is said to have called; there is none of this name."""
_NAMED = r'"id"\s*:\s*(\d{1,15}|"[^"\\]{1,100}")'
_ID = re.compile(rf"^\s*\{{.{{0,200}}?{_NAMED}|{_NAMED}\s*\}}\s*$", re.DOTALL)


class ReadableLines:
    """The lines of a client, each in a form that the SDK reads: those that it has sent already, and the rest."""

    def __init__(self, sent: Sequence[str], lines: AsyncIterable[str]) -> None:
        self._sent = sent
        self._lines = lines

    async def __aiter__(self) -> AsyncIterator[str]:
        """Yield each line."""
        for line in self._sent:
            yield make_readable(line)
        async for line in self._lines:
            yield make_readable(line)


def make_readable(line: str) -> str:
    """Return a line as the SDK reads it; as it is where nothing can be done."""
    line = line.removeprefix("\ufeff")  # as some systems begin each text that they write
    if not line.strip() or _is_readable(line):
        return line
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        found = _ID.search(line)
        return _refusal(json.loads(found[1] or found[2])) if found else line
    mended = json.dumps(message, ensure_ascii=False).encode("utf-8", "replace").decode() + "\n"
    if _is_readable(mended):
        return mended
    own_id = message.get("id") if isinstance(message, dict) else None
    return _refusal(own_id) if isinstance(own_id, int | str) and not isinstance(own_id, bool) else line


def _is_readable(line: str) -> bool:
    try:
        types.jsonrpc_message_adapter.validate_json(line, by_name=False)
    except ValueError:
        return False
    return True


def _refusal(own_id: Any) -> str:  # noqa: ANN401 - a number or a text
    readable = own_id.encode("utf-8", "replace").decode() if isinstance(own_id, str) else own_id
    return json.dumps({"jsonrpc": "2.0", "id": readable, "method": REFUSED}) + "\n"
