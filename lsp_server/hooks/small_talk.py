"""Whether a prompt is a task: its words alone are looked at. Knows no repository."""

from __future__ import annotations

import re

from noctule.indexer.search.small_talk import content_words
from noctule.indexer.terms import subterms

LEAST_WORDS = 5
"""A prompt with fewer words that carry a meaning ("go on, and run the tests") leads nowhere by itself."""
_COMMAND = re.compile(r"[/!#$@][\w:.-]*(?:\s|$)|[!#]")
"""A command of the agent's own, a line for the shell, or something to remember; `/src/cart.py fails` is none."""


def is_task(prompt: str) -> bool:
    """Tell whether a prompt says enough to look for where it leads."""
    said = prompt.strip()
    if _COMMAND.match(said):
        return False
    # Text without spaces between words is one long word of many terms.
    return sum(1 if word.isascii() else max(len(subterms(word)), 1) for word in content_words(said)) >= LEAST_WORDS
