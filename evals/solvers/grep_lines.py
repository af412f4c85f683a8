"""A name in, the lines that hold it as a whole word out, as `grep -nw` finds them. Reads no file and no meaning."""

from __future__ import annotations

from collections.abc import Mapping


def search(name: str, texts: Mapping[str, str]) -> dict[str, list[int]]:
    """Return for each text that holds a name the lines that do, counted from one."""
    found = {path: find_lines(name, text) for path, text in texts.items() if name in text}
    return {path: lines for path, lines in found.items() if lines}


def find_lines(name: str, text: str) -> list[int]:
    """Return the lines of a text that hold a name as a whole word, counted from one."""
    lines: list[int] = []
    line, counted = 1, 0
    at = text.find(name)
    while at >= 0:
        end = at + len(name)
        if _split(text[at - 1 : at]) and _split(text[end : end + 1]):
            line += text.count("\n", counted, at)
            counted = at
            lines.append(line)
            end = text.find("\n", end)  # a line counts once
            if end < 0:
                break
            at = text.find(name, end)
        else:
            at = text.find(name, at + 1)
    return lines


def _split(neighbour: str) -> bool:
    return not (neighbour.isalnum() or neighbour == "_")
