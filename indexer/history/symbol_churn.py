"""Which symbols recent commits touched, read from the places that a diff names. Parses no file and keeps none.

git's own rules for where a function begins (its userdiff drivers) name the definition around each change; definitions
that a change adds or removes are found on the changed lines. Names are bare: which definition of a file one means is
for the reader of the file to say.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from noctule.indexer.errors import GitError, GitStalled
from noctule.indexer.lazy_pattern import lazy_pattern

if TYPE_CHECKING:
    from noctule.indexer.history.log import GitLog

# git's built-in drivers; a file without one is cut at lines that begin in the first column.
_DRIVERS = {
    "python": "py pyi",
    "golang": "go",
    "rust": "rs",
    "java": "java scala",
    "cpp": "c h cc cpp cxx hh hpp hxx",
    "csharp": "cs",
    "ruby": "rb rake",
    "php": "php",
    "bash": "sh bash",
    "kotlin": "kt kts",
}
_LONGEST_LINE = 500
_MOST_FAILURES = 20
MOST_DIFF_BYTES = 8 << 20
"""The diffs of 500 commits take 2 to 4 MB in most repositories."""
STALLED_S = 60.0
"""A disk that has not given them by then is not waited for."""

_BEFORE = (
    r"export|default|public|private|protected|internal|static|final|abstract|async|pub(?:\([^)]*\))?|unsafe|const|override|open|"
    r"sealed|data|virtual|inline|extern|partial|declare|readonly|suspend"
)
_KEYWORDS = (
    r"def|class|func|fn|fun|function\*?|struct|enum|trait|interface|type|impl(?:<[^>]*>)?|module|object|protocol|extension|"
    r"namespace|union|record|mod|macro_rules!"
)
_DEFINES = lazy_pattern(
    rf"^\s*(?:(?:{_BEFORE})\s+)*(?:{_KEYWORDS})\s+(?:\([^)]*\)\s*)?(?:self\.)?(?P<name>[A-Za-z_$][\w$]*)"
)
_BINDS = lazy_pattern(
    r"^\s*(?:export\s+)?(?:const|let|var)\s+(?P<name>[A-Za-z_$][\w$]*)\s*=\s*(?:async\b|function\b|\()"
)
_SAYS_SOMETHING = lazy_pattern(
    rb"\0|diff --git |\+\+\+ |@|[+-][\s\x80-\xff]*(?:%b|let|var)" % f"{_BEFORE}|{_KEYWORDS}".encode()
)
"""What each line of a log begins with that `parse_touches` does not pass over: of most logs a tenth."""
_CALLABLE = lazy_pattern(r"(?P<name>[A-Za-z_~$][\w$]*)\s*\(")
_NO_NAMES = frozenset("if for while switch return catch sizeof throw new else do when match elif with assert".split())


class Touch(NamedTuple):
    """A commit changed something in the definition of that name."""

    commit: str
    path: str
    symbol: str


def read_symbol_touches(
    git: GitLog, revision: str, limit: int = 500, most_bytes: int = MOST_DIFF_BYTES
) -> Iterator[Touch]:
    """Yield what the latest `limit` commits touched, newest first, each symbol once for a commit and path.

    Stops after `most_bytes` of diffs: after a time, what is learned would depend on how busy the machine is. Needs the
    blobs: a commit that lacks one is passed by, and after some of them all others.
    """
    until = time.monotonic() + STALLED_S
    import tempfile  # what was read before is served without it

    with tempfile.TemporaryDirectory(prefix="noctule-") as folder:
        attributes = Path(folder, "attributes")
        attributes.write_text(
            "".join(f"*.{end} diff={driver}\n" for driver, ends in _DRIVERS.items() for end in ends.split()), "utf-8"
        )
        passed = 0
        for _ in range(_MOST_FAILURES):
            command = (
                *("-c", f"core.attributesFile={attributes}", "log", "--no-merges", f"--max-count={limit - passed}"),
                *("-p", "-U0", "--no-renames", "--diff-filter=M", "--no-color", "--no-prefix", "--no-notes"),
                *("--no-show-signature", "--format=%x00%H", f"--skip={passed}", "--end-of-options", revision, "--"),
            )
            shown = _Shown(_lines(_first(git.stream(*command), most_bytes)))
            try:
                for touch in parse_touches(shown):
                    yield touch
                    if time.monotonic() > until:
                        return
            except GitStalled:
                return
            except GitError:
                passed += shown.commits + 1
            else:
                return
            if passed >= limit or time.monotonic() > until:
                return


def _first(chunks: Iterable[bytes], most_bytes: int) -> Iterator[bytes]:
    """Yield no more than so many bytes, up to the end of a line."""
    for chunk in chunks:
        if len(chunk) >= most_bytes:
            yield chunk[: chunk.rfind(b"\n", 0, most_bytes) + 1]
            return
        most_bytes -= len(chunk)
        yield chunk


class _Shown:
    """The lines of a log, and how many commits they were until now."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self.commits = 0

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self.commits += line.startswith("\0")
            yield line


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for line in filter(_SAYS_SOMETHING.match, whole):
            yield line[:_LONGEST_LINE].decode("utf-8", "replace")
        # One line of many megabytes is not kept: only its beginning is ever looked at.
        rest = rest[:_LONGEST_LINE] if len(rest) > 1 << 20 else rest
    if rest:
        yield rest[:_LONGEST_LINE].decode("utf-8", "replace")


def parse_touches(lines: Iterable[str]) -> Iterator[Touch]:
    """Read the log of `read_symbol_touches`, line by line."""
    commit = path = ""
    seen: set[str] = set()
    for line in lines:
        first = line[:1]
        name: str | None = None
        if first == "\0":
            commit, path = line[1:], ""
        elif line.startswith("diff --git "):
            path, seen = "", set()
        elif line.startswith("+++ ") and not path:
            # A name that git has to quote holds a line feed or a quotation mark; such files hold no symbols.
            path = "" if line[4:5] == '"' else line[4:].rstrip("\t")
        elif first == "@":
            name = context_name(line.split("@@", 2)[-1])
        elif first in "+-" and path:
            name = defined_name(line[1:])
        if name and path and name not in seen:
            seen.add(name)
            yield Touch(commit, path, name)


def defined_name(line: str) -> str | None:
    """The name that a line begins to define, by its keyword."""
    found = _DEFINES.match(line) or _BINDS.match(line)
    return found["name"] if found else None


def context_name(context: str) -> str | None:
    """The name in the line that a diff gives as the place of a change."""
    if defined := defined_name(context):
        return defined
    return next((found["name"] for found in _CALLABLE.finditer(context) if found["name"] not in _NO_NAMES), None)


@dataclass(frozen=True)
class Touches:
    """How many of the latest commits touched each file, and within it each symbol."""

    files: Mapping[str, int]
    symbols: Mapping[str, Mapping[str, int]]

    @classmethod
    def of(cls, touches: Iterable[Touch]) -> Touches:
        """Count what `read_symbol_touches` yields."""
        commits: dict[str, set[str]] = {}
        symbols: dict[str, Counter[str]] = {}
        for commit, path, symbol in touches:
            commits.setdefault(path, set()).add(commit)
            symbols.setdefault(path, Counter())[symbol] += 1
        return cls({path: len(seen) for path, seen in commits.items()}, symbols)

    def chance(self, path: str, symbol: str) -> float:
        """The probability that a change of the file touches the symbol.

        Its share of the file's changes, as if six more changes had hardly touched it: of what one or two changes
        touched, most stays as it is the next time.
        """
        return (self.symbols.get(path, {}).get(symbol, 0) + 0.1) / (self.files.get(path, 0) + 6)

    def likeliest(self, path: str, k: int = 5) -> list[tuple[str, float]]:
        """The file's symbols by that probability."""
        seen = self.symbols.get(path, {})
        return [(name, self.chance(path, name)) for name in sorted(seen, key=lambda name: (-seen[name], name))[:k]]
