"""Whether a prompt is a task: its words alone are looked at. Knows no repository."""

from __future__ import annotations

import re

from noctule.indexer.terms import STOP_WORDS, WORD, subterms

LEAST_WORDS = 5
"""A prompt with fewer words that carry a meaning ("go on, and run the tests") leads nowhere by itself."""
_COMMAND = re.compile(r"[/!#$@][\w:.-]*(?:\s|$)|[!#]")
"""A command of the agent's own, a line for the shell, or something to remember; `/src/cart.py fails` is none."""
_TALK = """
    afternoon again ahead bye cheers cool continue day done evening everything excellent fine go going good goodbye
    great hello help helpful hey hi hope job keep know looks love make maybe moment morning much need nice night ok okay
    perfect please proceed ready really right see sorry sounds start stop sure talk tell thank thanks thing things think
    time today tomorrow try understand wait want way weekend week welcome well wonderful work works yeah yep yes
"""
TALK = frozenset(_TALK.split())


def is_task(prompt: str) -> bool:
    """Tell whether a prompt says enough to look for where it leads."""
    said = prompt.strip()
    if _COMMAND.match(said):
        return False
    words = {word.lower() for word in WORD.findall(said)} - STOP_WORDS - TALK
    # Text without spaces between words is one long word of many terms.
    return sum(1 if word.isascii() else max(len(subterms(word)), 1) for word in words) >= LEAST_WORDS
