"""A pack in, what the reader of its text has seen of the repository out.

Believes no line that the files and the text do not both hold, since the text is all that an agent gets.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from noctule.evals.solvers.answer import LineRanges, SolverAnswer
from noctule.indexer.files.redaction import redact
from noctule.indexer.results import Pack
from noctule.indexer.search.named_places import AROUND

Read = Callable[[str], bytes | None]


@dataclass(frozen=True, slots=True)
class SeenText:
    """What a pack's text shows: `spans` of source, `rest` of definitions that it cuts short, and `listed` paths.

    `wrong` counts lines under a heading that are not those of the file.
    """

    spans: tuple[LineRanges, ...]
    rest: tuple[LineRanges, ...]
    listed: tuple[str, ...]
    wrong: int

    @property
    def named(self) -> tuple[str, ...]:
        """Every path that the text names."""
        return tuple(dict.fromkeys((*self.listed, *(s.path for s in self.spans), *(s.path for s in self.rest))))


def as_answer(pack: Pack, shown: SeenText, measures: Mapping[str, float] | None = None) -> SolverAnswer:
    """Return a pack as a solver's answer, of which an agent sees what is shown."""
    return SolverAnswer(
        files=tuple(file.path for file in pack.files),
        symbols=tuple((symbol.path, symbol.symbol) for symbol in pack.symbols),
        spans=shown.spans,
        named=shown.named,
        tokens=pack.tokens,
        abstained=pack.abstained,
        measures=dict(measures or {}),
    )


def read(pack: Pack, content_of: Read) -> SeenText:
    """Hold the lines that a pack says that it shows against its text and the files."""
    spans: list[LineRanges] = []
    rest: list[LineRanges] = []
    wrong = 0
    for file in pack.shown:
        source = _lines(content_of(file.path))
        for shown in file.lines:
            # A line that holds a secret is left out on purpose; its place is still shown.
            expected = redact(source[shown.start_line - 1 : shown.end_line])
            held = _holds(expected, pack.text)
            wrong += shown.end_line - shown.start_line + 1 - held
            if held:
                spans.append(LineRanges(file.path, shown.start_line, shown.start_line + held - 1))
            following = [s.start_line for s in file.lines if (s.symbol, s.last_line) == (shown.symbol, shown.last_line)]
            end = min((start - 1 for start in following if start > shown.end_line), default=shown.last_line)
            if shown.end_line < end:
                rest.append(LineRanges(file.path, shown.end_line + 1, end))
    listed = tuple(file.path for file in pack.shown if content_of(file.path) is not None)
    return SeenText(tuple(spans), tuple(rest), listed, wrong)


def _holds(lines: Sequence[str], text: str) -> int:
    """Return how many lines from the first stand in a text, one after the other."""
    held = len(lines)
    while held and "\n" + "\n".join(lines[:held]) + "\n" not in text:
        held -= 1
    return held


def _lines(content: bytes | None) -> list[str]:
    from noctule.indexer.files.text import as_utf8  # beside the reader that cut the lines

    utf8 = as_utf8(content) if content is not None else None
    return utf8.decode("utf-8", "replace").split("\n") if utf8 is not None else []


_PLACE = re.compile(r"(?<![\w/])([\w.@+/-]+):(\d+)(?:-(\d+))?(?![\w-])")
_FURTHER = re.compile(rf"(?:, |{AROUND})(\d+)(?:-(\d+))?(?=[ ,;:]|$)")
"""A further definition or range of the path that a line begins with."""


def find_named_ranges(text: str, content_of: Read) -> tuple[LineRanges, ...]:
    """Return the lines that a text names by path and number, of files that there are."""
    found: dict[LineRanges, None] = {}
    for line in text.split("\n"):
        places = list(_PLACE.finditer(line))
        for place in places:
            if content_of(place[1]) is not None:
                found[LineRanges(place[1], int(place[2]), int(place[3] or place[2]))] = None
        path = places[0][1] if line.startswith("- ") and places else ""
        for further in _FURTHER.finditer(line) if path and content_of(path) is not None else ():
            found[LineRanges(path, int(further[1]), int(further[2] or further[1]))] = None
    return tuple(found)


def covers(spans: tuple[LineRanges, ...], wanted: LineRanges) -> bool:
    """Tell whether the spans together hold all the wanted lines."""
    at = wanted.start
    for span in sorted(s for s in spans if s.path == wanted.path):
        if span.start > at:
            break
        at = max(at, span.end + 1)
    return at > wanted.end
