"""A unified diff in, the lines of each old file that it touches out. Text only: no git, no files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from noctule.evals.errors import BadPatch

_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_GIT = re.compile(r'diff --git (?:"?a/(?P<old>.+?)"?) (?:"?b/(?P<new>.+?)"?)$')
_ESCAPE = re.compile(rb'\\([0-7]{3}|[\\"abfnrtv])')
_ESCAPED = {b"a": 7, b"b": 8, b"f": 12, b"n": 10, b"r": 13, b"t": 9, b"v": 11, b"\\": 92, b'"': 34}


@dataclass(frozen=True, slots=True)
class FilePatch:
    """What a patch does to one file; lines are those of the old file, counted from one.

    `old_path` is None for a created file, `new_path` for a deleted one. `removed` are the lines that go or are
    replaced; `inserted_after` the lines behind which text is added while nothing goes (0: before the first).
    """

    old_path: str | None
    new_path: str | None
    removed: tuple[int, ...] = ()
    inserted_after: tuple[int, ...] = ()

    @property
    def touched(self) -> tuple[int, ...]:
        """The old lines that one has to see to make the change: those that go, and the line before an insertion."""
        return tuple(sorted({*self.removed, *(max(line, 1) for line in self.inserted_after)}))


def read(text: str) -> tuple[FilePatch, ...]:
    """Take a patch apart. BadPatch where it is none, or breaks off."""
    patches: list[FilePatch] = []
    lines = _Lines(text)
    while (line := lines.peek()) is not None:
        if line.startswith("diff --git "):
            patches.append(_git_file(lines))
        elif line.startswith("--- ") and (lines.peek(1) or "").startswith("+++ "):
            patches.append(_file(lines, None, None))
        else:
            lines.take()
    if not patches and text.strip():
        raise BadPatch("the patch names no file", "give a unified diff, as `git diff` writes it")
    return tuple(patches)


class _Lines:
    """The lines of a patch with a place among them; only line feeds end a line, since source may hold other breaks."""

    def __init__(self, text: str) -> None:
        self._lines = text.removesuffix("\n").split("\n") if text else []
        self._at = 0

    def peek(self, ahead: int = 0) -> str | None:
        at = self._at + ahead
        return self._lines[at].removesuffix("\r") if at < len(self._lines) else None

    def take(self) -> str:
        line = self.peek()
        assert line is not None
        self._at += 1
        return line


def _git_file(lines: _Lines) -> FilePatch:
    header = _GIT.match(lines.take())
    if header is None:
        raise BadPatch("a `diff --git` line of the patch names no two paths")
    old: str | None = _unquote(header["old"])
    new: str | None = _unquote(header["new"])
    while (line := lines.peek()) is not None and not line.startswith("diff --git "):
        if line.startswith("--- ") and (lines.peek(1) or "").startswith("+++ "):
            return _file(lines, old, new)
        if line.startswith("new file mode"):
            old = None
        elif line.startswith("deleted file mode"):
            new = None
        elif line.startswith("rename from "):
            old = _unquote(line[len("rename from ") :].strip('"'))
        elif line.startswith("rename to "):
            new = _unquote(line[len("rename to ") :].strip('"'))
        lines.take()
    return FilePatch(old, new)


def _file(lines: _Lines, old: str | None, new: str | None) -> FilePatch:
    said_old, said_new = _path(lines.take()[4:], "a/"), _path(lines.take()[4:], "b/")
    old, new = said_old and (old or said_old), said_new and (new or said_new)
    removed: list[int] = []
    inserted: list[int] = []
    while (line := lines.peek()) is not None and (hunk := _HUNK.match(line)):
        lines.take()
        gone, added = _hunk(lines, hunk)
        removed += gone
        inserted += added
    return FilePatch(old, new, tuple(removed), tuple(inserted))


def _hunk(lines: _Lines, hunk: re.Match[str]) -> tuple[list[int], list[int]]:
    """Return (old lines that go, old lines behind which text is only added)."""
    start, old_count, new_count = int(hunk[1]), int(hunk[2] or 1), int(hunk[4] or 1)
    at = start if old_count else start + 1  # a hunk without old lines names the line before it
    removed: list[int] = []
    inserted: list[int] = []
    for going, adding in _changes(lines, old_count, new_count):
        if going is None:
            at += 1
            continue
        removed += range(at, at + going)
        if not going and adding:
            inserted.append(at - 1)
        at += going
    return removed, inserted


def _changes(lines: _Lines, old_left: int, new_left: int) -> Iterator[tuple[int | None, int]]:
    """Yield (None, 0) for each line of context and (lines that go, lines that come) for each block of changes."""
    going = adding = 0
    while old_left > 0 or new_left > 0:
        line = lines.peek()
        if line is None:
            raise BadPatch("the patch breaks off within a hunk")
        kind = line[:1] or " "  # an empty line is context whose blank was stripped on the way
        if kind == "\\":
            lines.take()
            continue
        if kind not in "-+ ":
            raise BadPatch("a hunk of the patch is shorter than it says")
        lines.take()
        old_left -= kind in "- "
        new_left -= kind in "+ "
        if kind == " ":
            if going or adding:
                yield going, adding
                going = adding = 0
            yield None, 0
        else:
            going += kind == "-"
            adding += kind == "+"
    if going or adding:
        yield going, adding


def _path(text: str, prefix: str) -> str | None:
    path = text.partition("\t")[0].rstrip() if not text.startswith('"') else text[1:].rpartition('"')[0]
    if path == "/dev/null":
        return None
    return _unquote(path).removeprefix(prefix)


def _unquote(path: str) -> str:
    """Undo git's quoting of unusual bytes in a path."""
    if "\\" not in path:
        return path

    def byte(match: re.Match[bytes]) -> bytes:
        code = match[1]
        return bytes([int(code, 8) & 0xFF if code.isdigit() else _ESCAPED[code]])

    return _ESCAPE.sub(byte, path.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")
