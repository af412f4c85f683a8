"""The text of a pack in, what its reader has seen of the repository out. Believes no line that the files do not hold.

Read from the served text and not from the answer's other fields, since the text is all that an agent gets.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from noctule.evals.solvers.answer import Lines
from noctule.indexer.files.redaction import redacted

_HEADING = re.compile(r"^== (?P<start>\d+)-(?P<end>\d+) (?P<rest>.*)$")
_CUT = re.compile(r"\(first (?P<shown>\d+) of \d+ lines\)$")
_LISTED = re.compile(r"^\d+\. (?P<path>\S.*?)(?: \([^()]*.*\))?$")

Read = Callable[[str], bytes | None]


@dataclass(frozen=True, slots=True)
class Served:
    """What a pack's text shows: `spans` of source, `rest` of definitions that it cuts short, and `listed` paths.

    `wrong` counts lines under a heading that are not those of the file.
    """

    spans: tuple[Lines, ...]
    rest: tuple[Lines, ...]
    listed: tuple[str, ...]
    wrong: int

    @property
    def named(self) -> tuple[str, ...]:
        """Every path that the text names."""
        return tuple(dict.fromkeys((*self.listed, *(s.path for s in self.spans), *(s.path for s in self.rest))))


def read(text: str, content_of: Read) -> Served:
    """Take a pack's text apart and hold its source lines against the files."""
    lines = text.split("\n")
    spans: list[Lines] = []
    rest: list[Lines] = []
    listed: list[str] = []
    wrong = 0
    at = 0
    path = ""
    while at < len(lines):
        heading = _HEADING.match(lines[at])
        at += 1
        if heading is None:
            if (item := _LISTED.match(lines[at - 1])) and content_of(item["path"]) is not None:
                path = item["path"]
                listed.append(path)
            continue
        start, last = int(heading["start"]), int(heading["end"])
        cut = _CUT.search(heading["rest"])
        end = min(start + int(cut["shown"]) - 1, last) if cut else last
        source = _lines(content_of(path))
        # A line that holds a secret is left out on purpose; its place is still shown.
        held = _held(lines[at : at + end - start + 1], redacted(source[start - 1 : end]))
        wrong += end - start + 1 - held
        if held:
            spans.append(Lines(path, start, start + held - 1))
        if end < last:
            rest.append(Lines(path, end + 1, last))
        at += held
    return Served(tuple(spans), tuple(rest), tuple(dict.fromkeys(listed)), wrong)


def _held(shown: list[str], source: list[str]) -> int:
    """Return how many lines from the first are the file's own."""
    for number, (mine, theirs) in enumerate(zip(shown, source, strict=False)):
        if mine != theirs:
            return number
    return min(len(shown), len(source))


def _lines(content: bytes | None) -> list[str]:
    from noctule.indexer.files.text import as_utf8  # beside the reader that cut the lines

    utf8 = as_utf8(content) if content is not None else None
    return utf8.decode("utf-8", "replace").split("\n") if utf8 is not None else []


def covers(spans: tuple[Lines, ...], wanted: Lines) -> bool:
    """Tell whether the spans together hold all the wanted lines."""
    at = wanted.start
    for span in sorted(s for s in spans if s.path == wanted.path):
        if span.start > at:
            break
        at = max(at, span.end + 1)
    return at > wanted.end
