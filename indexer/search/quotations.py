"""What a task quotes, and which source files say it word for word. Texts in, places out.

An error message, a line of help or of code that stands in a task leads to where it is written: anybody looks for that
first. A message has values in it, so the words between these are looked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from noctule.indexer.arrays import Ints
from noctule.indexer.files.live_files import LazyLines
from noctule.indexer.store.rows import DefinitionRow

MOST_CHARACTERS = 20_000
"""Characters of a task that are searched for quotations."""
MOST = 12
"""So many quotations of a task are looked for."""
LEAST_WORDS = 3
"""Least words of a quotation: fewer words occur in too many places."""
SHORTEST_OPTION = 6
"""A shorter option of one word (`--fix`) stands as a string for much else."""
MOST_FILES = 2
"""What more files say leads to none of them."""
MOST_LINES = 2
"""Lines of a file in which a quotation is looked for."""
CHANCE = 0.2
"""Probability that a definition is changed if it alone contains what the task quotes (docs/decisions/ranking.md)."""

_WORDS = re.compile(r"[A-Za-z]{2,}")
_QUOTED = re.compile(r"(?<!\w)([\"'`])((?:(?!\1)[^\n]){8,120})\1(?!\w)|[“«]([^\n“”«»]{8,120})[”»]")
_MESSAGE = re.compile(
    r"^[ \t>]{0,20}([\w.]{0,80}(?:Error|Exception|Warning|panic\w{0,10}|error|fatal))\w{0,10}: ?(\S[^\n]{9,300})",
    re.MULTILINE,
)
_SAID = re.compile(
    r"\b(?:gets?|got|says?|said|prints?|printed|shows?|reports?|messages?|warnings?|"
    r"fail(?:s|ed)? with|throws?|raises?)\b"
    r"[^\n:.\"'`]{0,40}: {1,4}([A-Za-z][^\n]{11,300})",
    re.IGNORECASE,
)
"""What a sentence says that a program says, without quotation marks."""
_OPTION = re.compile(
    r"(?<![\w-])--([a-z][a-z0-9]{1,30}(?:-[a-z0-9]{1,30}){0,6})(?![\w-])"
    r"|(?<![\w.])([A-Z][A-Z0-9]{0,30}(?:_[A-Z0-9]{1,30}){1,6})(?!\w)"
)
"""A command line option, or a name that is written like an environment variable."""
_VALUES = re.compile(r"""['"`<>{}()\[\]]|(?<!\w)[-+]?\d[\w.,]*|: |\.{3}""")
_OF_THE_LANGUAGE = re.compile(
    r"(?:Attribute|Index|Key|Name|ZeroDivision|Import|ModuleNotFound|Recursion|UnboundLocal|Overflow|Reference|Syntax|"
    r"Indentation)Error$|(?:NullPointer|ClassCast|\w*IndexOutOfBounds|NoSuchElement|NullReference)Exception$"
)
"""The messages of these come from the language and not from the repository."""


class Quotation(NamedTuple):
    """A quotation of a task, and the line (from zero) of a file that contains it; `shared` is how many lines do."""

    text: str
    line: int
    shared: int


def find_quotations(text: str, title: str = "") -> tuple[str, ...]:
    """Return the quotations of a task, each once and in order, after the options and variables of its title.

    A program has these between quotation marks: `--max-count` is where `"max-count"` stands.
    """
    found: dict[str, None] = {}
    for match in _OPTION.finditer(title):
        name = match[1] or match[2]
        if "-" not in name and len(name) < SHORTEST_OPTION:
            continue
        found |= dict.fromkeys((f'"{name}"', f"'{name}'"))
    for some in _split(text[:MOST_CHARACTERS]):
        words = _WORDS.findall(some)
        if len(words) >= LEAST_WORDS and " " in some:
            found.setdefault(some)
            if len(found) >= MOST:
                break
    return tuple(found)


def _split(text: str) -> Iterator[str]:
    for match in _QUOTED.finditer(text):
        yield (match[2] or match[3]).strip()
    messages = [(match[1], match[2]) for match in _MESSAGE.finditer(text)]
    messages += [(match[1].partition(":")[0], match[1]) for match in _SAID.finditer(text)]
    for kind, message in messages:
        if _OF_THE_LANGUAGE.search(kind):
            continue
        yield message.strip()
        for part in _VALUES.split(message):
            yield part.strip(" .,;\t\r")


def find_places(quotations: Sequence[str], texts: Mapping[int, LazyLines]) -> dict[int, list[Quotation]]:
    """Return the files that contain quotations, those with most of them first, without those that many files contain.

    If no file contains a quotation, its first half and its last half are searched: a value may be in the other half.
    """
    found: dict[int, list[Quotation]] = {}
    for whole in quotations:
        saying = {whole: _find_lines(whole, texts)}
        if not saying[whole]:
            saying = {half: _find_lines(half, texts) for half in _halves(whole)}
        for text, lines in saying.items():
            if len(lines) <= MOST_FILES:
                shared = sum(map(len, lines.values()))
                for file, there in lines.items():
                    found.setdefault(file, []).extend(Quotation(text, line, shared) for line in there)
    return dict(sorted(found.items(), key=lambda pair: -len({q.text for q in pair[1]})))


def _find_lines(text: str, texts: Mapping[int, LazyLines]) -> dict[int, list[int]]:
    wanted = text.encode("utf-8", "replace")
    lines = {file: lines.find_lines(wanted, MOST_LINES) for file, lines in texts.items()}
    return {file: there for file, there in lines.items() if there}


def _halves(text: str) -> Iterator[str]:
    words = text.split(" ")
    size = (len(words) + 1) // 2
    for half in (words[:size], words[-size:]):
        if len(_WORDS.findall(" ".join(half))) > LEAST_WORDS:
            yield " ".join(half)


def find_holders(
    quoted: Mapping[int, Sequence[Quotation]], files: Ints, rows: Sequence[DefinitionRow]
) -> dict[int, Quotation]:
    """Return the definitions that contain quotations, by their places among `rows`, with the rarest one of each.

    `files` says which file each definition is of.
    """
    found: dict[int, Quotation] = {}
    for file, said in quoted.items():
        mine = (files == file).nonzero()[0].tolist()
        for one in sorted(said, key=lambda q: q.shared):
            around = [at for at in mine if rows[at].start <= one.line < rows[at].stop]
            if around:
                found.setdefault(min(around, key=lambda at: rows[at].stop - rows[at].start), one)
    return found
