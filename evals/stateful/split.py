"""The text of a problem in, its context and its question out. Knows no data set.

The question is the last sentence if it asks. Where another sentence stands behind the question, that one belongs to the
context: nothing of the question may stand there, or the model that sleeps would know it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TEX = re.compile(r"\$\$.*?\$\$|\\\[.*?\\\]|\\\(.*?\\\)|\\begin\{(\w+\*?)\}.*?\\end\{\1\}|\$[^$]*\$", re.DOTALL)
_END = re.compile(r"""[.?!…]+["'”’)\]]*(?=\s)""")
_TITLES = frozenset("mr mrs ms dr st prof jr sr vs no approx".split())
_UNITS = frozenset("a.m p.m oz lb lbs ft in min hr hrs sec cm mm km kg etc e.g i.e".split())
"""Abbreviations that also end sentences: they do before a capital."""
_OPENER = re.compile(r"(?:how|what|which|who|when|where|why|if|find|calculate|determine|compute)\b")
_COMMAND = re.compile(
    r"(?:^|[,;:]\s*|\b(?:then|and|please)\s+)"
    r"(?:find|calculate|compute|determine|evaluate|work out|what|how|give|express)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Split:
    """A problem in two parts. `is_moved`: a sentence stood behind the question. One sentence has an empty context."""

    context: str
    question: str
    is_moved: bool = False


def split(text: str, *, has_tex: bool = False) -> Split:
    """Cut a problem into context and question. Without TeX, a dollar is money."""
    sentences = split_sentences(text, has_tex=has_tex)
    asking = [at for at, sentence in enumerate(sentences) if _asks(sentence)]
    at = asking[-1] if asking else len(sentences) - 1
    context = [*sentences[:at], *sentences[at + 1 :]]
    return Split("".join(context).strip(), sentences[at].strip() if sentences else "", at < len(sentences) - 1)


def split_sentences(text: str, *, has_tex: bool = False) -> list[str]:
    """Cut a text into sentences, each with the white space behind it: joined they are the text."""
    formulas = [match.span() for match in _TEX.finditer(text)] if has_tex else []
    ends = [match.end() for match in _END.finditer(text) if _ends(text, match, formulas)]
    # A formula whose last sign is a stop ends a sentence: "$97_b.$".
    ends += [stop for start, stop in formulas if _stops(text, start, stop)]
    found, start = [], 0
    for end in sorted(set(ends)):
        stop = end + len(text[end:]) - len(text[end:].lstrip())
        found.append(text[start:stop])
        start = stop
    return [*found, text[start:]] if text[start:].strip() else found


def _ends(text: str, match: re.Match[str], formulas: list[tuple[int, int]]) -> bool:
    """Tell whether a stop ends a sentence."""
    if any(start <= match.start() < stop for start, stop in formulas):
        return False
    rest = text[match.end() :].lstrip()
    if not rest:
        return True
    begins_low = rest[0].islower()
    word = re.search(r"[\w.]*$", text[: match.start()])
    before = word[0].lower() if word else ""
    if match[0].startswith(("..", "…")) or before in _UNITS:
        return not begins_low
    if match[0] == "." and (before in _TITLES or re.fullmatch(r"[A-Z]", word[0] if word else "")):
        return False
    return not begins_low or _OPENER.match(rest) is not None


def _stops(text: str, start: int, stop: int) -> bool:
    body = text[start:stop].rstrip("$)]\\").rstrip()
    rest = text[stop:].lstrip()
    return body.endswith((".", "?")) and bool(rest) and not rest[0].islower() and text[stop : stop + 1].isspace()


def _asks(sentence: str) -> bool:
    return sentence.rstrip(" \n\"'”’)$").endswith("?") or _COMMAND.search(sentence) is not None
