"""Which definitions of a file are marked as deprecated and still used.

A mark binds to the definition that follows it: a decorator, an attribute, a doc comment. A warning binds to the
function that gives it whatever its arguments are. What cannot be bound marks nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from noctule.indexer.lazy_pattern import lazy_pattern
from noctule.indexer.notes.drafts import Draft, LearnedLines
from noctule.indexer.notes.phrases import count_phrase, list_phrase
from noctule.indexer.notes.view_facts import ViewFacts
from noctule.indexer.parse.outline import innermost
from noctule.indexer.store.rows import DefinitionRow

LONGEST_LINE = 400
LONGEST_HEAD = 60
"""Lines between a mark and its definition, or between the first and the last line of a call."""

_SIGNS = ("eprecat", "Obsolete")
_BEFORE = lazy_pattern(
    r"^\s*(?:@(?:\w+\.)*deprecated\b|@(?:kotlin\.|java\.lang\.)?Deprecated\b|#!?\[deprecated\b|#\[\\?Deprecated\b|\[\[.*\bdeprecated\b"
    r"|\[(?:System\.)?Obsolete\b|@available\(.*\bdeprecated\b)"
)
_IN_COMMENT = lazy_pattern(r"^\s*(?:/\*\*?|\*|//+!?|#+)?\s*(?:@deprecated\b|\\deprecated\b|Deprecated:)")
_DIRECTIVE = lazy_pattern(r"^\s*\.\. deprecated::(.*)")
_WARNS = lazy_pattern(r"\bwarn(?:ings\.warn)?\(")
_WARNING = lazy_pattern(r"\b(?:Pending)?DeprecationWarning\b")
_OF_A_PART = lazy_pattern(
    r"\b(?:param(?:eter|s)?|arg(?:ument|s)?|keywords?|option|passing|support|calling|behaviou?r|default|attribute|value)",
    re.I,
)
_SAYS_WHICH = lazy_pattern(r"^\s*(?:v?\d[\w.]*)?\s*(?:the\s+|using\s+)?[*`]+\w", re.I)
_ATTRIBUTE = lazy_pattern(r"^\s*(?:@[A-Za-z_]|#!?\[|\[[A-Z\[])")
_LINE_COMMENT = lazy_pattern(r"^\s*(?://|#(?!\[|!\[)|--)")


MOST_NAMED = 3


def drafts_of_deprecations(ground: ViewFacts, file: int) -> list[Draft]:
    """Say which definitions of a file are deprecated though others use them; nothing of marks that have come since."""
    used = []
    for definition, mark in find_deprecations(ground, file):
        uses = ground.uses(file, definition.position)
        users = sorted((f for f in uses if f != file and not ground.is_test(f)), key=ground.path)
        if users and not ground.out_of_line(uses, users):
            used.append((definition, mark, users, uses[users[0]][0]))
    used.sort(key=lambda u: (-len(u[2]), u[1]))
    if not used:
        return []
    said = [f"{definition.qualname} ({count_phrase(len(users), 'other file')})" for definition, _, users, _ in used]
    rest = [
        place
        for _, mark, users, line in used[:MOST_NAMED]
        for place in (LearnedLines.line(file, mark), LearnedLines.line(users[0], line))
    ]
    return [Draft("deprecation", f"Deprecated but still used: {list_phrase(said, MOST_NAMED)}.", tuple(rest))]


def find_deprecations(ground: ViewFacts, file: int) -> list[tuple[DefinitionRow, int]]:
    """Return the marked definitions of a file, each with the line (from zero, as learned) that marks it."""
    lines = ground.live_lines(file)
    if not any(sign in line for line in lines for sign in _SIGNS):
        return []
    marked, definitions = MarkedLines(lines), ground.file_definitions(file)
    found: dict[int, tuple[DefinitionRow, int]] = {}
    for mark, block, code in marked.find_marks_before():
        at, line = ground.find_learned_line(file, code), ground.find_learned_line(file, mark)
        if at is not None and line is not None:
            heads = [d for d in definitions if at - (code - block) <= d.start <= at < d.stop]
            for definition in sorted(heads, key=lambda d: (d.start, -d.stop, d.position))[:1]:
                found.setdefault(definition.position, (definition, line))
    for mark in [*marked.find_warnings(), *marked.find_directives()]:
        line = ground.find_learned_line(file, mark)
        function = innermost(definitions, line) if line is not None else None
        if line is not None and function is not None and function.kind in ("function", "method"):
            moved = mark - line
            if marked.is_at_top(mark, function.start + moved, function.stop + moved):
                found.setdefault(function.position, (function, line))
    names = [d.qualname for d in definitions]
    return [(d, line) for d, line in found.values() if names.count(d.qualname) == 1]  # which overload is used?


class MarkedLines:
    """Where definitions begin that are marked in some lines, as the lines stand."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = [line[:LONGEST_LINE] for line in lines]
        self._in_block = _block_comment_lines(self._lines)

    def find_marks_before(self) -> list[tuple[int, int, int]]:
        """Return (the mark, the first line of its block, the line of code after it) for marks that stand before."""
        found = []
        for number, line in enumerate(self._lines):
            if not any(sign in line for sign in _SIGNS):
                continue
            comment = self._in_block[number] or _LINE_COMMENT.match(line)
            if _BEFORE.match(line) if not comment else _IN_COMMENT.match(line):
                code = self._find_code(number)
                if code is not None:
                    found.append((number, self._block_start(number), code))
        return found

    def find_warnings(self) -> list[int]:
        """Return the lines on which calls begin that warn of a deprecation."""
        found = []
        for number, line in enumerate(self._lines):
            if "DeprecationWarning" in line and _WARNING.search(line):
                first = max(0, number - LONGEST_HEAD)
                call = next((n for n in range(number, first - 1, -1) if _WARNS.search(self._lines[n])), None)
                if call is not None and "except" not in line and "filterwarnings" not in line:
                    found.append(call)
        return found

    def find_directives(self) -> list[int]:
        """Return the lines of a docstring that say that what it documents is deprecated."""
        return [
            n
            for n, line in enumerate(self._lines)
            if "deprecated::" in line
            and (directive := _DIRECTIVE.match(line))
            and not any(_OF_A_PART.search(said) for said in self._lines[n : n + 3])
            and not _SAYS_WHICH.match(" ".join((directive[1], *self._lines[n + 1 : n + 2])))
        ]

    def is_at_top(self, line: int, start: int, stop: int) -> bool:
        """Tell whether a line of a function's body is one of its outermost statements or of its docstring."""
        head = next((n for n in range(start, line) if re.match(r"\s*(?:async\s+)?def\b", self._lines[n])), None)
        if head is None:
            return False
        outer = _indent(self._lines[head])
        inside = [_indent(text) for text in self._lines[head + 1 : stop] if text.strip() and _indent(text) > outer]
        return bool(inside) and _indent(self._lines[line]) == min(inside)

    def _find_code(self, number: int) -> int | None:
        depth = 0
        for at in range(number, min(number + LONGEST_HEAD, len(self._lines))):
            line = self._lines[at]
            if self._in_block[at] or _LINE_COMMENT.match(line):
                continue
            if not line.strip():
                return None
            if depth > 0 or _ATTRIBUTE.match(line):
                depth += sum(map(line.count, "([")) - sum(map(line.count, ")]"))
                after = re.sub(r"^\s*(?:@[\w.]+(?:\([^()]*\))?\s*|#?\[[^\]]*\]+\s*)+", "", line)
                if depth <= 0 and at >= number and _ATTRIBUTE.match(line) and re.match(r"[A-Za-z_]", after):
                    return at  # an annotation on the line of what it marks
                continue
            return at
        return None

    def _block_start(self, number: int) -> int:
        at = number
        while at > 0 and number - at < LONGEST_HEAD:
            above = self._lines[at - 1]
            if not (self._in_block[at - 1] or _LINE_COMMENT.match(above) or _ATTRIBUTE.match(above)):
                break
            at -= 1
        return at


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _block_comment_lines(lines: Sequence[str]) -> list[bool]:
    """Say of each line whether it is part of a `/* */` comment that began at a line's start."""
    found = []
    inside = False
    for line in lines:
        begins = line.lstrip().startswith("/*")
        found.append(inside or (begins and line.rstrip().endswith("*/")) or (begins and "*/" not in line))
        if inside or begins:
            inside = "*/" not in line
    return found
