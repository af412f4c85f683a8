"""Whether a text is small talk: its words alone are looked at. Knows no repository.

A large repository has every word of a greeting in some file, so no measure of what it shares with one tells them apart.
"""

from __future__ import annotations

import re
from functools import lru_cache

from noctule.indexer.terms import STOP_WORDS, WORD

_TALK = """
    afternoon again ahead ask awesome bye cheers cool continue day done else evening everything excellent fine funny
    go going good goodbye got great hear hello help helpful hey hi hope job joke keep know later lets little looks
    lot love make maybe mean meant mind moment morning much need never nice night ok okay perfect please proceed
    question quick ready really right see sir something soon sorry sounds start stop sure take talk tell thank
    thanks thing things think time tired today tomorrow tonight try understand wait want way weekend week welcome
    well wonderful work worked works wow yeah yep yes yesterday
"""
TALK = frozenset(_TALK.split())
_CODE = re.compile(r"`|\(\)|\w(?:\.|::|#|->)\w")


@lru_cache(maxsize=8)
def content_words(text: str, most: int | None = None) -> frozenset[str]:
    """Return the words that carry a meaning, in lower case; with `most`, only that many."""
    found: set[str] = set()
    for match in WORD.finditer(text):
        if len(found) == most:
            break
        word = match[0].lower()
        if word not in STOP_WORDS and word not in TALK:
            found.add(word)
    return frozenset(found)


def is_small_talk(text: str) -> bool:
    """Tell whether no word of a text carries a meaning; a text without words is no small talk, and neither is code."""
    return not content_words(text, 1) and WORD.search(text) is not None and _CODE.search(text) is None
