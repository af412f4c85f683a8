"""Stack traces, tool output and links in, the places that they point at out. Knows no repository.

Traces of Python, JavaScript, Java, Kotlin, C#, Ruby, Rust, Go, PHP, gdb, lldb and the sanitizers; errors of compilers,
MSVC's and TypeScript's with the line in brackets; links to lines on GitHub, GitLab, Bitbucket and Gitea.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from noctule.indexer.lazy_pattern import lazy_pattern

MOST_FRAMES = 200
LONGEST_LINE = 400
"""A longer line is no line of a trace; in it only the commonest form is looked for."""


class Frame(NamedTuple):
    """One line of a stack trace or of a tool's output that points into a file."""

    path: str
    line: int
    name: str


_FILE = r"(?:[A-Za-z]:)?(?:[\w.@+~-]{0,255}[/\\]){0,40}[\w@+-][\w.@+-]{0,255}\.[A-Za-z][A-Za-z0-9]{0,7}"
_COMMON = lazy_pattern(
    # Who shortens a trace may leave out the line.
    r'File "(?P<py>[^"\n]+)"(?=, (?:line \d|in [\w<]))(?:, line (?P<pyline>\d+))?(?:, in (?P<pyname>[\w<>.]+))?'
    r"|\bat (?:(?P<jsname>[\w$.<>\[\] ]{1,80}) )?\(?(?P<js>[^\s():]{1,400}\.[A-Za-z]{1,5}):(?P<jsline>\d+)(?::\d+)?\)?"
    r"|(?<![\w.@+-])(?<![\w.@+-]/)(?P<file>(?:[\w.@+-]{1,255}+/){0,40}[\w@+-][\w.@+-]{0,255}\.[A-Za-z]{1,5})"
    r":(?P<line>\d+)(?::\d+)?(?::? ?\bin [`'‘]?(?:block (?:\(\d+ levels\) )?in )?(?:[\w:]+[.#])*(?P<name>\w+[?!=]?))?"
)
# Each is tried on one line; `path`, `line` and, where it is there, `name`.
_LINES = tuple(
    lazy_pattern(pattern.replace("FILE", f"(?P<path>{_FILE})"))
    for pattern in (
        # Java, Kotlin, Scala, Groovy: the class tells the folder, and the brackets only the name of the file.
        r"^\s*(?:at )(?:[\w.$@-]+/+)*(?P<package>(?:[a-z_][\w]*\.)*)(?P<owner>[\w$.<>-]+)\.(?P<name>[\w$<>-]+)"
        r"\((?P<file>[\w$.-]+\.(?:java|kts?|scala|groovy|clj)):(?P<line>\d+)\)",
        # C# and F#
        r"^\s*at (?:[\w.`<>\[\],]+\.)?(?P<name>[\w<>]+)(?:\[[^\]]*\])?\([^)]*\) in FILE:line (?P<line>\d+)",
        # PHP
        r"^\s*#\d+ FILE\((?P<line>\d+)\): (?:[\w\\]+(?:->|::))?(?P<name>\w+)\(",
        r"\bin FILE on line (?P<line>\d+)",
        # gdb, lldb, sanitizers
        r"^\s*#\d+\s+(?:0x[0-9a-fA-F]+ in )?(?P<name>[\w:~<>]+) ?\(.*\) at FILE:(?P<line>\d+)",
        r"^.*`(?P<name>[\w:~<>]+)\(?.* at FILE:(?P<line>\d+)",
        r"^\s*#\d+\s+0x[0-9a-fA-F]+ in (?P<name>[\w:~<>]+)(?:\([^)]*\))? FILE:(?P<line>\d+)",
        # MSVC, C# and TypeScript compilers
        r"^\s*(?:\d+>)?FILE\((?P<line>\d+)(?:,\d+){0,3}\) ?: ",
        # Rust and Go: the name stands on the line before.
        r"^\s+(?P<before>at )FILE:(?P<line>\d+)(?::\d+)?$",
        r"^\s+(?P<before>)FILE:(?P<line>\d+)(?: \+0x[0-9a-f]+)?$",
    )
)
_NUMBERED = lazy_pattern(r"^\s*\d+: (?:0x[0-9a-f]+ - )?")
_CALL = lazy_pattern(r"\([^()]*\)\s*$")
_NO_FUNCTION = lazy_pattern(r"func\d+|h[0-9a-f]{16}|\d+")
_SITE = lazy_pattern(r"\bhttps?://[^\s/]*")
_LINK = lazy_pattern(
    r"https?://[^\s/]+/[^\s?#]{1,200}?/(?:-/)?(?:blob|tree|blame|raw|src)/(?:commit/|branch/|tag/)?[^\s/?#]{1,100}/"
    r"(?P<path>[^\s?#\"'<>()]{1,400})(?:\?[^\s#]{0,200})?#(?:lines-|L)(?P<line>\d+)"
)
_ANCHOR = lazy_pattern(rf"(?P<path>{_FILE})#L(?P<line>\d+)")
_SIGNS = lazy_pattern(r"\.[A-Za-z][A-Za-z0-9]{0,7}(?::|\(\d|#L| on line)")


def find_frames(text: str) -> tuple[Frame, ...]:
    """Return the frames of a text in the order in which they stand."""
    found: list[Frame] = []
    before = ""
    for line in text.split("\n"):
        if len(found) >= MOST_FRAMES:
            break
        if _SIGNS.search(line) or 'File "' in line:
            found += _parse_frames(line, before)
        if line.strip():
            before = line if len(line) <= LONGEST_LINE else ""
    return tuple(found[:MOST_FRAMES])


def find_links(text: str) -> Iterator[Frame]:
    """Yield the files and lines that links point at; the path is that below the repository's root."""
    if "://" in text:
        for found in _LINK.finditer(text):
            yield Frame(found["path"], int(found["line"][:9]), "")


def _parse_frames(line: str, before: str) -> list[Frame]:
    if len(line) <= LONGEST_LINE:
        for pattern in _LINES:
            if found := pattern.search(line):
                return [_special(found, before)]
        if "#L" in line:
            linked = list(find_links(line))
            anchored = [] if linked else [_frame(m["path"], m["line"]) for m in _ANCHOR.finditer(line)]
            if linked or anchored:
                return linked + anchored
    return [
        _frame(m["py"] or m["js"] or m["file"], m["pyline"] or m["jsline"] or m["line"] or "0", _function_name(m))
        for m in _COMMON.finditer(_SITE.sub(" ", line))
    ]


def _special(found: re.Match[str], before: str) -> Frame:
    groups = found.groupdict()
    name = groups.get("name") or ""
    path = groups.get("path") or ""
    if "package" in groups:
        path = (groups["package"] or "").replace(".", "/") + groups["file"]
        if name.startswith("lambda$"):
            name = name.split("$")[1]
    if "before" in groups:
        name = _preceding_name(before)
    return _frame(path, groups["line"], re.split(r"::|\.", name)[-1])


def _preceding_name(line: str) -> str:
    """Return the function that Rust and Go print on the line before its place."""
    if not (_NUMBERED.match(line) or _CALL.search(line)):
        return ""
    words = re.findall(r"\w+", _CALL.sub("", _NUMBERED.sub("", line)))
    return next((word for word in reversed(words) if not _NO_FUNCTION.fullmatch(word)), "")


def _function_name(found: re.Match[str]) -> str:
    name = found["pyname"] or found["jsname"] or found["name"] or ""
    return name.strip().rpartition(".")[2]


def _frame(path: str, line: str, name: str = "") -> Frame:
    return Frame(path.replace("\\", "/"), int(line[:9]), name)
