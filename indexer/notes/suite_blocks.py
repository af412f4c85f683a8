"""Lines of a test file in, its tests out: functions, and blocks with a title, as `it("...")`. Knows no repository."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from noctule.indexer.arrays import Doubles, Ints
from noctule.indexer.lazy_pattern import lazy_pattern
from noctule.indexer.store.rows import DefinitionRow
from noctule.indexer.symbols import CALLABLE, Span

MOST_LINES = 12_000
"""Longer files are not read: they are made, or hold data."""
LONGEST_TITLE = 120
TITLED = frozenset(
    {"javascript", "typescript", "tsx", "ruby", "elixir", "kotlin", "lua", "scala", "swift", "php", "dart", "go"}
)
MACROS = frozenset({"c", "cpp"})
_TITLE = lazy_pattern(
    r"^(?P<depth>\s*)(?:[fxp]?(?:it|test|describe|context|specify|suite|scenario|feature|should|bench|group|property"
    r"|It|Describe|Context|When|Specify|Entry|DescribeTable)|Deno\.test)(?:\.\w+)*(?:\([^\"'`]*\))?\s*\(?\s*(?P<quote>[\"'`])(?P<title>.+?)(?P=quote)"
)
_OPEN = lazy_pattern(r"^\s*(?:it|test|describe|context|specify|suite)(?:\.\w+)*\(\s*$")
_SENTENCE = lazy_pattern(
    r"^(?P<depth>\s*)(?:(?:it|they|behavior\s+of)\s+(?:(?:should|must|can)\s+)?)?\"(?P<title>[^\"]+)\""
    r"(?:\s*\)?\s+(?:should|must|can|when|in|that|which|ignore|-)(?!\w)|\s*\{\s*$)"
)
"""A test of Scala or Kotlin whose title is a sentence of the language: `"a cart" should "add up" in {`."""
SENTENCES = frozenset({"scala", "kotlin"})
_MACRO = lazy_pattern(
    r"^(?P<depth>\s*)(?:TEST|TEST_F|TEST_P|TYPED_TEST|TEST_CASE|SCENARIO|SECTION|BOOST_AUTO_TEST_CASE|START_TEST)"
    r"\s*\((?P<title>[^)]+)\)"
)
_FIRST = (
    *("it", "test", "describe", "context", "specify", "suite", "scenario", "feature", "should", "bench", "Deno"),
    *("group", "property", "It", "Describe", "Context", "When", "Specify", "Entry", "fit", "fdescribe", "fcontext"),
    *("xit", "xtest", "xdescribe", "xcontext", "pit", "they", "behavior", '"'),
    *("TEST", "TYPED_TEST", "SCENARIO", "SECTION", "BOOST", "START_TEST"),
)
"""An opening begins with one of these."""
_QUOTED = re.compile(r"^\s*([\"'`])(.+?)\1")
_CLOSES = re.compile(r"[)}\]]|end\b")


_TEST_NAME = re.compile(r"(?i)^(?:test|should|spec|bench|fuzz)|test$|(?:provider|_cases|_data)$")
_MARK = lazy_pattern(
    r"^\s*(?:@\w*Test\b|@(?:RepeatedTest|TestFactory|Theory|dataProvider)|\[\w*(?:Fact|Theory|Test|TestMethod|TestCase)\b"
    r"|#\[(?:\w+::)*(?:test|rstest|DataProvider|Test)\b|\*\s+@test\b|it\b|test\b)"
)
MARKED = 6
"""What makes a function a test stands in so many lines before its name."""


class SuiteBlock(NamedTuple):
    """A test or a function beside tests: its lines (from zero), its own name or title, and all titles around it."""

    span: Span
    name: str
    titles: str
    is_test: bool = True


class Suite(NamedTuple):
    """The tests of a file, as each task reads them."""

    blocks: Sequence[SuiteBlock]
    starts: Ints
    stops: Ints
    lengths: Doubles
    """What the length of each counts."""
    kinds: Doubles
    """What counts for each that it is a test, and no helper of tests."""
    titles: Sequence[frozenset[str]]
    """Terms of all titles of each."""
    own: Sequence[frozenset[str]]
    """Terms of the own title of each."""
    bodies: dict[int, frozenset[str]]
    """Terms in the lines of those that were read, by their numbers."""
    size: int
    """Lines of all of them."""


_NONE: Doubles = np.empty(0)
NO_TESTS = Suite((), _NONE, _NONE, _NONE, _NONE, (), (), {}, 0)


def find_blocks(lines: Sequence[str], definitions: Sequence[DefinitionRow], language: str) -> list[SuiteBlock]:
    """Return the tests of a file in order of their lines; those that hold others come before them.

    Of a file without any that is known as a test, all functions.
    """
    titled: list[SuiteBlock] = []
    if language in TITLED or language in MACROS:
        openings = (_TITLE, _SENTENCE) if language in SENTENCES else (_TITLE,) if language in TITLED else (_MACRO,)
        titled = list(_find_titles(lines[:], openings))
    functions = [row for row in definitions if row.kind in CALLABLE and row.stop > row.start]
    found = titled + [
        SuiteBlock(Span(row.start, row.stop), row.qualname, row.qualname, _is_test(row, lines)) for row in functions
    ]
    # A function beside tests that is none helps them, or stands in them; where none is known as a test, any may be one.
    found = [block for block in found if block.is_test] or found
    return sorted(found, key=lambda block: (block.span.start, -block.span.stop))


def _is_test(row: DefinitionRow, lines: Sequence[str]) -> bool:
    """Tell whether a function is a test, or gives one its cases: by its name, or by what stands above or before it."""
    if _TEST_NAME.search(row.name):
        return True
    return any(_MARK.match(line) for line in lines[max(row.start - MARKED // 2, 0) : row.start + MARKED // 2])


def _find_titles(lines: Sequence[str], openings: Sequence[re.Pattern[str]]) -> Iterator[SuiteBlock]:
    around: list[tuple[int, str]] = []
    for at, line in enumerate(lines):
        if not line.lstrip().startswith(_FIRST):
            continue
        if match := next(filter(None, (opening.match(line) for opening in openings)), None):
            title = match["title"]
        elif _OPEN.match(line) and at + 1 < len(lines) and (quoted := _QUOTED.match(lines[at + 1])):
            title = quoted[2]
        else:
            continue
        depth = len(line) - len(line.lstrip())
        around = [(d, t) for d, t in around if d < depth]
        around.append((depth, title))
        yield SuiteBlock(
            Span(at, _find_end(lines, at, depth)), title[:LONGEST_TITLE], " ".join(title for _, title in around)
        )


def _find_end(lines: Sequence[str], at: int, depth: int) -> int:
    """Return the line after a block that opens in a line of this depth."""
    for n in range(at + 1, len(lines)):
        text = lines[n].lstrip()
        if text and len(lines[n]) - len(text) <= depth:
            if text.startswith("{"):
                continue
            return n + 1 if _CLOSES.match(text) is not None else n
    return len(lines)
