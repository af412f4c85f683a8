"""Text in, an estimate of its o200k tokens out. No vocabulary, no download, no files.

The text is cut into pieces as the o200k pre-tokenizer cuts it; nearly every piece of code is one token, and what a word
costs beyond that is estimated from its length, its case, what precedes it and its pairs of letters.
`benchmarks/fit_tokens.py` fits the numbers against the real vocabulary; `docs/decisions/tokenizer.md` has the errors.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

TOKENIZER = "o200k-estimate-1"

# Bounds keep the memo's keys short and the match linear; a vocabulary holds few longer entries.
_PIECE = re.compile(
    r"[^\r\nA-Za-z0-9\x80-\U0010ffff]?"
    r"(?:[A-Z]{0,40}[a-z]{1,40}(?:'(?:s|t|re|ve|m|ll|d)(?![a-z]))?|[A-Z]{1,40})"
    r"|\s{0,64}[\r\n]{1,64}"
    r"|\s{1,64}(?!\S)"
    r"| ?[^\sA-Za-z0-9\x80-\U0010ffff]{1,64}[\r\n/]{0,64}"
    r"|[0-9]{1,3}"
    r"| ?[\x80-\U0010ffff]{1,64}"
    r"|\s{1,64}"
)

# Hundredths of a token: (base, per letter) by what precedes the word (nothing, a space, another character) and by its
# case (lower, Title or single, other). A word is never below one token.
_WORD = (
    ((65, 32), (71, 30), (52, 41)),
    ((76, 29), (66, 32), (52, 38)),
    ((69, 35), (79, 37), (59, 42)),
)

# One row for the first letter of a pair, one column for the second, "`" (before a) for the edge of the word. Each
# character is a weight in steps of three hundredths of a token, and _ZERO stands for none.
_LEVELS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ZERO = 31
_STEP = 3
_PAIRS = (
    "VUUQTVSYQVOVUVXUUbVUWUZWXcX",
    "YTRNHkNNQNQPLIMdMpKNLSQMLQR",
    "VPWSbMZidREcKXWHnnPQVKizYVk",
    "ZSkSjNhdIQnOPgcPRiQYNOTPRXs",
    "TQRZYNaQgOQUIXWOhePPWQhvSdh",
    "SORJOPKOMQTjLOMLOMMNOYRKISR",
    "XNbdUPODZNbUPWROfVRVRTbeZZl",
    "RSYXpLkQJKjbHLOMhbSPHMarhWG",
    "YTUepRjbhSgcaoXNOPSVKPVcjYa",
    "YPQILLKNkLrNMMKIMWMNMMPrNlJ",
    "dLTYqTZWqiRYbneQZWgUvUiXbVf",
    "TWbzPNMBlXZWWbEieKzRjNaIhkZ",
    "SOFYMMLUDPeSOakMJgLPKPUGZQb",
    "VOFiNKpQhSjILNLKQmhSbQfcgWd",
    "TQjJNMOPVQZQQaOMRzlMNNTMXTg",
    "WOOLNJLNeQETQNLOORMSNNRMVPH",
    "VMlfNLVUUTVdKXdGMfPRLJZanYk",
    "VhYchkkhsobdLZfRgSLbRJklfgZ",
    "UOdNNMKPfLzLRMKITtNPQRRVOQj",
    "TSeMoKKULPhNRZRKPULJNRUWYOm",
    "SLbONKQRGMqhUPoLQYLONJZMNIb",
    "YNMHHIMQhNXhKLLWMVKPNWWfNXf",
    "VIjhbHXViHahZQTGnapgdVlkjlX",
    "VOfziNemHJabhXPKfbLSZjVMXkV",
    "VQQMTTNiYPeqiWkeQfSeRYpUVPS",
    "OVYiiRqmlNWuTaJCQkDOFalJiYM",
    "YWfaPQVaXcbfShTZYajnVfjdTRO",
)

_PAIR_COST = {
    (chr(96 + first), chr(96 + second)): (_LEVELS.index(level) - _ZERO) * _STEP
    for first, row in enumerate(_PAIRS)
    for second, level in enumerate(row)
}

# Hundredths of a token per character above ASCII, up to the last code point of a range: accented Latin; Greek to
# Arabic; India and beyond; symbols and box drawing; kana; rare Han; Han; Hangul; private; full width; emoji.
_SCRIPTS = (
    (0x24F, 55),
    (0x6FF, 37),
    (0x1FFF, 42),
    (0x2FFF, 105),
    (0x33FF, 70),
    (0x4DFF, 220),
    (0x9FFF, 66),
    (0xD7FF, 62),
    (0xF8FF, 220),
    (0xFFFF, 80),
    (0x1FFFF, 150),
)
_RARE_SCRIPT = 250


def count(text: str) -> int:
    """Estimate how many o200k tokens `text` has; the same text always gives the same number.

    Cutting a text at line ends and adding up the parts never gives less than the whole.
    """
    return -(-sum(map(_cost, _PIECE.findall(text))) // 100)


@lru_cache(maxsize=1 << 16)
def _cost(piece: str) -> int:
    """Return the cost of one piece in hundredths of a token."""
    last = piece[-1]
    if last.isascii() and last.isalpha():
        return _word_cost(piece)
    if last > "\x7f":
        return max(100, 50 + sum(map(_character_cost, piece.lstrip(" "))))
    if piece.isspace() or last.isdigit():
        return 100
    return _punctuation_cost(piece)


def _word_cost(piece: str) -> int:
    lead = 0 if piece[0].isalpha() else 1 if piece[0] == " " else 2
    word = piece.partition("'")[0] if lead == 0 else piece[1:].partition("'")[0]
    case = 0 if word.islower() else 1 if len(word) == 1 or word[1:].islower() else 2
    base, per_letter = _WORD[lead][case]
    edged = f"`{word.lower()}`"
    pairs = sum(map(_PAIR_COST.__getitem__, pairwise(edged)))
    return max(100, base + per_letter * len(word) + pairs)


def _character_cost(character: str) -> int:
    point = ord(character)
    return next((cost for last, cost in _SCRIPTS if point <= last), _RARE_SCRIPT)


def _punctuation_cost(piece: str) -> int:
    """Price runs of one character, not characters: `-----` is one token, `{}).` is seldom more than two.

    33 for each run after the third keeps the price of two pieces at least that of the two joined. Backticks of prose
    stand in combinations that the vocabulary, learnt mostly from other text, holds less often.
    """
    runs = 1 + sum(map(str.__ne__, piece, piece[1:]))
    return 100 + 33 * max(0, runs - (2 if "`" in piece else 3))
