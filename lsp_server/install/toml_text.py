"""TOML as text: a table of ours at the end, between markers. No files."""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any

from noctule.lsp_server.install.entry import END_MARK, MARK, BrokenConfig, Step, Want

_BLOCK = re.compile(
    rf"(?:^\r?\n)?^# {re.escape(MARK)}\r?\n(?:.*\n)*?# {re.escape(END_MARK)}[ \t]*(?:\r?\n|\Z)", re.MULTILINE
)


def parse(text: str) -> dict[str, Any]:
    """Return what a text says, also behind a byte order mark. Broken."""
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        raise BrokenConfig(str(error)) from error
    except RecursionError as error:
        raise BrokenConfig("too many levels") from error


def insert(text: str, want: Want) -> list[Step]:
    """Return the table to put at the end of a text. Broken."""
    newline = "\r\n" if "\r\n" in text else "\n"
    assert isinstance(want.value, dict)
    rows = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in want.value.items()]
    lines = [f"# {MARK}", f"[{'.'.join(want.keys)}]", *rows, f"# {END_MARK}", ""]
    gap = "" if not text else newline if text.endswith("\n") else 2 * newline
    added = gap + newline.join(lines)
    try:
        parse(text + added)
    except BrokenConfig as error:
        why = f"{want.keys[0]} is an inline table, to which no table can be added; add {want.where} by hand"
        raise BrokenConfig(why) from error
    return [(len(text), added)]


def remove(text: str) -> str:
    """Return a text without what stands between the markers."""
    return _BLOCK.sub("", text, count=1)
