"""Text in, an estimate of its o200k tokens out. No vocabulary, no download, no files.

The text is cut into pieces as the o200k pre-tokenizer cuts it; nearly every piece of code is one token, and what a word
costs beyond that is estimated from its length, its case, what precedes it and its pairs of letters.
`benchmarks/fit_tokens.py` fits the numbers against the real vocabulary; `docs/decisions/tokenizer.md` has the errors.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby, pairwise
from math import ceil

TOKENIZER = "o200k-estimate-3"

# Bounds keep the memo's keys short and the match linear; a vocabulary holds few longer entries. Sets are written as
# ranges of ASCII: those that name all of Unicode take twenty times as long to compile.
_PIECE = re.compile(
    r"[\x00-\x09\x0b\x0c\x0e-/:-@\[-`{-\x7f]?"
    r"(?:[A-Z]{0,40}[a-z]{1,40}(?:'(?:s|t|re|ve|m|ll|d)(?![a-z]))?|[A-Z]{1,40})"
    r"|\s{0,64}[\r\n]{1,64}"
    r"|\s{1,64}(?!\S)"
    r"| ?[\x00-\x08\x0e-\x1b!-/:-@\[-`{-\x7f]{1,64}[\r\n/]{0,64}"
    r"|[0-9]{1,3}"
    r"| ?[^\x00-\x7f]{1,64}"
    r"|\s{1,64}"
)

# Hundredths of a token: (base, per letter) by what precedes the word (nothing, a space, another character) and by its
# case (lower, Title or single, other). A word is never below one token.
_WORD = (
    ((65, 32), (71, 30), (52, 41)),
    ((76, 29), (66, 32), (52, 38)),
    ((69, 35), (79, 37), (59, 42)),
)

# No text has words this long; each letter after _LONGEST_WORD costs at least this much, however usual its pairs are.
_LONG_WORD = 60
_LONGEST_WORD = 18

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

# Hundredths of a token per character above ASCII, up to the last code point of a range. What people write in is priced
# as their texts are: accented Latin, Greek and Cyrillic, Hebrew and Arabic, India, Thai, kana, Han, Hangul, full width,
# emoji. All other ranges, combining marks among them, are priced by the dearest of their characters.
_SCRIPTS = (
    (0x9F, 200),
    (0x24F, 55),
    (0x36F, 200),
    (0x52F, 37),
    (0x58F, 75),
    (0x6FF, 37),
    (0x7FF, 200),
    (0x8FF, 300),
    (0xDFF, 42),
    (0xE7F, 42),
    (0xFFF, 230),
    (0x10FF, 75),
    (0x11FF, 300),
    (0x137F, 200),
    (0x177F, 300),
    (0x17FF, 75),
    (0x1DFF, 300),
    (0x1EFF, 110),
    (0x1FFF, 250),
    (0x22FF, 105),
    (0x23FF, 250),
    (0x24FF, 200),
    (0x257F, 105),
    (0x27BF, 200),
    (0x2FFF, 300),
    (0x30FF, 70),
    (0x4DFF, 300),
    (0x9FFF, 66),
    (0xABFF, 300),
    (0xD7FF, 62),
    (0xFEFF, 300),
    (0xFFFF, 80),
    (0x1F2FF, 400),
    (0x1F64F, 150),
    (0x1FAFF, 300),
)
_RARE_SCRIPT = 400

# White space that the vocabulary holds as one token: two lines of one usual indentation, an indentation with few line
# ends, a run of one character. What follows a line end in one of these is one of these too, so that the longest at each
# place gives the fewest.
_BLANK = r"(?: \n{4,5}| {1,2}\n{3}| {1,8}\n{2}|\t{1,2}\n{2}| {1,40}\r?\n|\t{1,10}\r?\n)"
_TWICE = "|".join(
    f"{line}(?:{mark}{{{width}}})?\n{mark}{{{width}}}\n"
    for mark, widths in ((" ", (1, 2, 4, 8, 12, 16)), ("\t", (1, 2, 3, 4)))
    for width in widths
    for line in (f"\n(?={mark})", "")
)
_SPACE_TOKEN = re.compile(
    rf"{_TWICE}|(?:\r\n){{1,4}}|(?:(?: {{4}})?\r\n {{4}}|(?: {{8}})?\r\n {{8}})\r\n|{_BLANK}"
    r"|\n{1,10}| {1,64}|\t{1,16}|\r{1,2}|\xa0{1,8}|\u3000{1,14}|\s"
)

# Hundredths of a token per character of a punctuation mark that is repeated more than _FREE_REPEATS times; rulers are
# free.
_REPEATS = {
    **dict.fromkeys("*-_=#./+%~", 0),
    **dict.fromkeys("<>?@^:;!", 12.5),
    **dict.fromkeys("[]{}`&", 50),
    "\r": 50,
    "\n": 6.25,
    "\0": 50,
}
_REPEAT = 25
_FREE_REPEATS = 4


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
        return max(100, ceil(50 + sum(map(_run_cost, groupby(piece.lstrip(" "))))))
    if last.isdigit():
        return 100
    if piece.isspace():
        return _space_cost(piece)
    return _punctuation_cost(piece)


def _word_cost(piece: str) -> int:
    lead = 0 if piece[0].isalpha() else 1 if piece[0] == " " else 2
    word = piece.partition("'")[0] if lead == 0 else piece[1:].partition("'")[0]
    case = 0 if word.islower() else 1 if len(word) == 1 or word[1:].islower() else 2
    base, per_letter = _WORD[lead][case]
    edged = f"`{word.lower()}`"
    pairs = sum(map(_PAIR_COST.__getitem__, pairwise(edged)))
    return max(100, base + per_letter * len(word) + pairs, _LONG_WORD * (len(word) - _LONGEST_WORD))


def _space_cost(piece: str) -> int:
    """Price white space by the fewest tokens that make it up."""
    return 100 * len(_SPACE_TOKEN.findall(piece))


def _run_cost(run: tuple[str, Iterator[str]]) -> float:
    """Price one character above ASCII as often as it stands; frames are drawn with long runs, which have own tokens."""
    character, times = run[0], len(list(run[1]))
    each = next((cost for last, cost in _SCRIPTS if character <= chr(last)), _RARE_SCRIPT)
    return each * times if not "\u2500" <= character <= "\u257f" else each + each / 8 * (times - 1)


def _punctuation_cost(piece: str) -> int:
    """Price runs of one character, not characters: `-----` is one token, `{}).` is seldom more than two.

    33 for each run after the third keeps the price of two pieces at least that of the two joined. Backticks and links
    of prose stand in combinations that the vocabulary, learnt mostly from other text, holds less often.
    """
    runs = [(character, len(list(run))) for character, run in groupby(piece)]
    is_prose = "`" in piece or "](" in piece or "[#" in piece
    # Slashes after a line end belong to the piece as the tokenizer cuts it, and to the next line where it is cut there.
    line_end = next((at for at, (character, _) in enumerate(runs) if character in "\r\n"), len(runs))
    counted = len(runs) - sum(character == "/" for character, _ in runs[line_end:])
    cost: float = 100 + (46 * max(0, counted - 2) if is_prose else 33 * max(0, counted - 3))
    for character, length in runs:
        each = _REPEATS.get(character, _REPEAT if character.isprintable() else 100)
        cost += each * max(0, length - (_FREE_REPEATS if character.isprintable() else 1))
    return ceil(cost) + 100 * ("```\n" in piece)
