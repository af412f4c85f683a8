"""A text in, the lines out that are worth a close look. Cheap, since every line that is indexed goes through it."""

from __future__ import annotations

import re

NAME, ADDRESS, OPTION, USER, RUN, ARMOUR = 1, 2, 4, 8, 16, 32
"""What makes a line suspect: a word of secrets, an address, an option, a user's name, a long run, a key's first line.
"""
LONG_RUN = 16
"""Every token that is told without a name has a run of so many characters of `[A-Za-z0-9_+-]`, one that is no word."""

# To look for one word after the other takes half the time of one expression, and a sixth of one that ignores cases.
_SIGNS = (
    *((word, NAME) for word in (b"pass", b"pw", b"secret", b"token", b"key", b"auth", b"cred", b"contrase")),
    *((word, OPTION) for word in (b" -p", b" -u", b"--user")),
    (b"connect", NAME),
    (b"login", NAME | USER),
    (b"admin", USER),
    (b"://", ADDRESS),
    (b"-----begin ", ARMOUR),
    (b"putty-user", ARMOUR),
)
_RUNS = bytes(ord("a") if chr(c).isascii() and (chr(c).isalnum() or chr(c) in "_+-") else 32 for c in range(256))
_RUN = b"a" * LONG_RUN
# Words have no digits, do not change their cases with each letter, and can be spoken.
_NO_WORD = re.compile(rb"[0-9]|[a-z][A-Z][a-z][A-Z]|[A-Z]{16}")
_NO_WORDS = re.compile(rb"[0-9]|[a-z][A-Z]{1,2}[a-z]{0,2}[A-Z]|(?i:[bcdfghjklmnpqrstvwxz]{6})")


def suspect_lines(text: bytes) -> dict[int, int]:
    """Return where the lines begin that may hold a secret, each with the sum of its signs."""
    found: dict[int, int] = {}
    low = text.lower()
    for sign, means in _SIGNS:
        at = low.find(sign)
        while at >= 0:
            start = low.rfind(b"\n", 0, at) + 1
            end = line_end(low, at)
            # The value of a name may stand in the next line.
            if means == ARMOUR or _NO_WORDS.search(text, start, line_end(low, end + 1) if means & NAME else end):
                found[start] = found.get(start, 0) | means
            at = low.find(sign, end)
    runs = text.translate(_RUNS)
    at = runs.find(_RUN)
    while at >= 0:
        end = runs.find(b" ", at + LONG_RUN)
        end = len(runs) if end < 0 else end
        if _NO_WORD.search(text, at, end):
            start = text.rfind(b"\n", 0, at) + 1
            found[start] = found.get(start, 0) | RUN
            end = line_end(text, end)
        at = runs.find(_RUN, end)
    return found


def line_end(text: bytes, at: int) -> int:
    """Return where the line ends that holds a position."""
    end = text.find(b"\n", at)
    return len(text) if end < 0 else end
