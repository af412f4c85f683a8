"""Text in, search terms out: code-aware, for source, prose and commit messages alike. No index, no ranking.

A word is cut where its writer cut it (snake_case, camelCase, digits), lower-cased and stripped of the common English
endings, so that "Parsing headers", `parse_header` and `HeaderParser` meet. A compound also keeps its whole, which is
rare and therefore weighs much. Text without spaces between words (Chinese, Japanese, Korean) is cut into pairs of
characters, as search engines do.
"""

from __future__ import annotations

import re
from functools import lru_cache

from noctule.indexer.lazy_pattern import lazy_pattern

WORD = re.compile(r"[^\W\d]\w+")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_a-zA-Z]+")
_CJK = lazy_pattern(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]")
_WIDE_PART = re.compile(r"[^\W\d_]+?(?=[A-Z]|[\W\d_]|$)")
LONGEST = 64

_STOP = """
    a about after all also am an and any are as at be because been before being but by can cannot could did do does
    doing don down each few for from further had has have having he her here hers him his how i if in into is isn it
    its itself just let like ll me more most my no nor not now of off on once only or other our ours out over own re
    s same she should so some such t than that the their theirs them then there these they this those through to too
    under until up ve very was we were what when where which while who whom why will with would you your yours
"""
STOP_WORDS = frozenset(_STOP.split())


@lru_cache(maxsize=1 << 15)
def stem(part: str) -> str:
    """Strip the commonest English endings from a lower-case word; words of up to three letters stay as they are."""
    if len(part) > 4 and part.endswith("ies"):
        part = part[:-3] + "y"
    elif len(part) > 4 and part.endswith(("sses", "shes", "ches", "xes")):
        part = part[:-2]
    elif len(part) > 3 and part[-1] == "s" and part[-2] not in "sui":
        part = part[:-1]
    if len(part) > 5 and part.endswith("ing"):
        part = part[:-3]
    elif len(part) > 4 and part.endswith("ed") and part[-3] != "e":
        part = part[:-2]
    if len(part) > 3 and part[-1] == part[-2] and part[-1] not in "lsz":
        part = part[:-1]
    if len(part) > 3 and part[-1] == "e":
        part = part[:-1]
    return part


@lru_cache(maxsize=50_000)
def subterms(word: str) -> tuple[str, ...]:
    """Return the terms of one word: its stemmed parts, and the whole where it has several parts."""
    return cut(word)


def cut(word: str) -> tuple[str, ...]:
    """Work out `subterms` anew, for one who keeps what comes out."""
    if len(word) > LONGEST:
        return ()
    if word.isascii():
        parts = [stem(p.lower()) for p in _PART.findall(word) if len(p) > 1]
        if len(parts) < 2 and word.isalpha():
            return tuple(parts)
        whole = word.strip("_").lower()
        if len(whole) > 1 and not whole.isdigit() and parts != [whole]:
            parts.append(whole)
        return tuple(parts)
    return _wide_terms(word)


def _wide_terms(word: str) -> tuple[str, ...]:
    if not _CJK.search(word):
        return tuple(stem(p.lower()) for p in _WIDE_PART.findall(word) if len(p) > 1)
    pairs = [word[i : i + 2] for i in range(len(word) - 1) if _CJK.match(word[i])]
    ascii_parts = [stem(p.lower()) for p in re.findall(r"[A-Za-z]{2,}", word)]
    return tuple(pairs or [word]) + tuple(ascii_parts)


def split_terms(text: str) -> list[str]:
    """Return the terms of a text in order, repeats kept, stop words left out."""
    return [t for w in WORD.findall(text) if w.lower() not in STOP_WORDS for t in subterms(w)]
