"""A client's lines in, lines that the SDK reads out: it drops what it cannot read, and then nobody is answered.

Half a character, as a text has that was cut in the middle of an emoji, becomes a replacement character. Arguments that
are spelled as a text become what the text spells, and each message of a batch a line of its own. Of a message that
cannot be mended the id is kept, so that it is answered with an error.
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
_SPELLED = re.compile(r'"(?:params|arguments)"\s*:\s*"')
_ID = re.compile(rf"^\s*\{{.{{0,200}}?{_NAMED}|{_NAMED}\s*\}}\s*$", re.DOTALL)


class ReadableLines:
    """The lines of a client, each in a form that the SDK reads: those that it has sent already, and the rest."""

    def __init__(self, sent: Sequence[str], lines: AsyncIterable[str]) -> None:
        self._sent = sent
        self._lines = lines

    async def __aiter__(self) -> AsyncIterator[str]:
        """Yield each line."""
        for line in self._sent:
            for one in split_batch(line):
                yield make_readable(one)
        async for line in self._lines:
            for one in split_batch(line):
                yield make_readable(one)


def split_batch(line: str) -> list[str]:
    """Return the messages of a batch, as the revision 2025-03-26 allows them, or the line itself."""
    if not line.removeprefix("\ufeff").lstrip().startswith("["):
        return [line]
    try:
        messages = json.loads(line.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return [line]
    is_batch = bool(messages) and all(isinstance(message, dict) for message in messages)
    return [json.dumps(message) + "\n" for message in messages] if is_batch else [line]


def make_readable(line: str) -> str:
    """Return a line as the SDK reads it; as it is where nothing can be done."""
    line = line.removeprefix("\ufeff")  # as some systems begin each text that they write
    is_spelled = _SPELLED.search(line) is not None
    if not line.strip() or (not is_spelled and _is_readable(line)):
        return line
    try:
        message = json.loads(line)
        if is_spelled:
            message = _read_spelled(message)
    except (ValueError, RecursionError):
        found = _ID.search(line)
        return _refusal(json.loads(found[1] or found[2])) if found else line
    mended = json.dumps(message, ensure_ascii=False).encode("utf-8", "replace").decode() + "\n"
    if _is_readable(mended):
        return mended
    own_id = message.get("id") if isinstance(message, dict) else None
    return _refusal(own_id) if isinstance(own_id, int | str) and not isinstance(own_id, bool) else line


def _read_spelled(message: Any) -> Any:  # noqa: ANN401 - whatever a client sends
    """Return a message with the parameters and arguments that a text in their place spells."""
    if not isinstance(message, dict):
        return message
    params = _as_object(message.get("params"))
    if isinstance(params, dict) and isinstance(params.get("arguments"), str):
        params = {**params, "arguments": _as_object(params["arguments"])}
    return {**message, "params": params} if "params" in message else message


def _as_object(value: Any) -> Any:  # noqa: ANN401 - as above
    """Return the object that a text spells, or what was given. RecursionError."""
    if not (isinstance(value, str) and value.lstrip().startswith("{")):
        return value
    try:
        spelled = json.loads(value)
    except ValueError:
        return value
    return spelled if isinstance(spelled, dict) else value


def _is_readable(line: str) -> bool:
    try:
        types.jsonrpc_message_adapter.validate_json(line, by_name=False)
    except ValueError:
        return False
    return True


def _refusal(own_id: Any) -> str:  # noqa: ANN401 - a number or a text
    readable = own_id.encode("utf-8", "replace").decode() if isinstance(own_id, str) else own_id
    return json.dumps({"jsonrpc": "2.0", "id": readable, "method": REFUSED}) + "\n"
