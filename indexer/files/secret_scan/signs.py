"""A text in, the lines out that are worth a close look. Cheap, since every line that is indexed goes through it."""

from __future__ import annotations

import re
from functools import lru_cache

from noctule.indexer.files.secret_scan.letters import SHORTEST_DRAWN, is_drawn

NAME, ADDRESS, OPTION, USER, RUN, ARMOUR, FOREIGN, PHRASE = 1, 2, 4, 8, 16, 32, 64, 128
"""What makes a line suspect: a word of secrets, an address, an option, a user's name, a long run, a key's first line, a
word of secrets in other letters, a word for a password that may be given words."""
LONG_RUN = 24
"""Every token that is told without a name has a run of so many characters of `[A-Za-z0-9_+-]`, one that is no word."""

LONGEST, OVERLAP = 1_000, 300
"""Longer lines are looked at in parts, since their secrets stand close to what gives them away."""
MOST_BELOW = 4
"""Where a line ends with an open bracket, or is one of a table, the value may stand so many lines below its name."""
_OPENING = (b"{", b">", b"|")
Span = tuple[int, int]

# To look for one word after the other takes half the time of one expression, and a sixth of one that ignores cases.
_SIGNS = (
    *((word, NAME | PHRASE) for word in (b"pass", b"pw", b"contrase", b"mnemonic", b"auth", b"cred")),
    *((word, NAME) for word in (b"secret", b"token", b"key", b"pepper", b"pdo(")),
    *((word, OPTION) for word in (b"curl", b"snmp", b"openssl", b"freerdp", b"twine")),
    *(
        (word, OPTION)
        for word in (b"redis-cli", b"mongo", b"zip -", b"net use", b"smbclient", b"7z", b"http -", b"mosquitto")
    ),
    *((word, OPTION | NAME) for word in (b"sql", b"ldap", b"ftp", b"jdbc:", b"user")),
    (b"basic", USER | OPTION),
    (b"@tcp(", USER),
    (b"@unix(", USER),
    (b":5432:", USER),
    (b"bundle_", USER),
    (b"seed", NAME),
    (b"connect", NAME),
    (b"identified", NAME),
    (b"sudo", NAME),
    (b"jwt", NAME),
    (b"salt", NAME),
    (b"hmac", NAME),
    (b"login", NAME | USER | OPTION | PHRASE),
    *((word, NAME) for word in (b"psk", b"cookie", b"otp", b"kennwort", b"wachtwoord", b"senha", b"clave")),
    (b"admin", USER),
    (b"://", ADDRESS),
    (b"-----begin ", ARMOUR),
    (b"akia", RUN),  # too short for a long run
    (b"asia", RUN),
    (b"glpat-", RUN),
    (b"hf_", RUN),  # of letters alone
    (b"a3-", RUN),  # of groups
    *((begin, RUN) for begin in (b"$2a$", b"$2b$", b"$2y$", b"$apr1$", b"$6$")),  # of marks between
)
FOREIGN_WORDS = (
    *("ontraseñ", "арол", "密码", "密碼", "口令", "パスワード", "暗証番号", "비밀번호", "암호", "hasło", "lösenord"),
    *("şifre", "khẩu", "סיסמה", "jelszó", "ωδικός", "المرور"),
)
"""Words for a password that have letters beyond ASCII; without the first letter where it may be a capital."""
_FOREIGN_SIGNS = tuple(word.encode() for word in FOREIGN_WORDS)
_RUNS = bytes(ord("a") if chr(c).isascii() and (chr(c).isalnum() or chr(c) in "_+-") else 32 for c in range(256))
_RUN = b"a" * LONG_RUN
# Words have no digits but at their end, and do not change their cases with each letter.
_NO_WORD = re.compile(rb"(?=[A-Za-z]*[0-9])[A-Za-z0-9]{8}|[a-z][A-Z][a-z][A-Z]|[A-Z]{16}")
_LETTERS = re.compile(rb"[a-z]{%d,}" % SHORTEST_DRAWN)
# Words in quotes, or as all of a setting; letters with marks in quotes; of an address, what stands behind its user.
_PHRASE = re.compile(
    rb"[\"'`](?:[a-z]{3,12}(?:[-_.][a-z]{3,12}){1,5}[!#$*?]?|[a-z]{10,40}[!#$*]|[a-z]{14,40}"
    rb"|[a-z]{3,12}(?: [a-z]{3,12}){11,23})[\"'`]"
    rb"|=(?:[a-z]{3,12}(?:[._][a-z]{3,12}){2,5}|[a-z]{14,40})(?=[\s]|$)"
    rb"|>[a-z]{3,12}(?:[-_.][a-z]{3,12}){1,5}<"
    rb"|[=: >](?:[a-z]{3,12}(?:-[a-z]{3,12}){2,5}|[a-z]{3,12}(?:[-_.][a-z]{3,12}){1,5}[!#$*?]"
    rb"|[a-z]{10,40}[!#$*])(?=[\s<;&\"']|$)"
)
_MARKED = re.compile(
    rb"[\"'`](?=[^\"'`\s]{0,30}[!#$%^&*?@~{}()\[\]][^\"'`\s]{0,30}[!#$%^&*?@~+={}<>\[\],;])[^\"'`\s]{8,40}[\"'`]"
)
_PAIR = re.compile(rb"://[^\s/:@\"'`]*:[^\s/@\"'`]{8,}@")
_DIGIT, _ODD = re.compile(rb"[0-9]"), re.compile(rb"[a-z][A-Z]{1,2}[a-z]{0,2}[A-Z]")


def suspect_lines(text: bytes) -> dict[Span, int]:
    """Return where the lines stand that may hold a secret, each with the sum of its signs; of long lines, pieces."""
    found: dict[Span, int] = {}
    low = text.lower()
    signs = _SIGNS if text.isascii() else (*_SIGNS, *((word, FOREIGN) for word in _FOREIGN_SIGNS))
    for sign, means in signs:
        at = low.find(sign)
        while at >= 0:
            start, end = piece = _surrounding_piece(low, at)
            until = _end_of_value(low, end) if means & NAME else end
            if means in {ARMOUR, RUN} or _may_hold(text, low, start, until, means):
                found[piece] = found.get(piece, 0) | means
            at = low.find(sign, max(end, at + 1))
    runs = text.translate(_RUNS)
    at = runs.find(_RUN)
    while at >= 0:
        end = runs.find(b" ", at + LONG_RUN)
        end = len(runs) if end < 0 else end
        if _NO_WORD.search(text, at, min(end, at + LONGEST)):
            piece = _surrounding_piece(text, at)
            found[piece] = found.get(piece, 0) | RUN
            end = max(end, piece[1])
        at = runs.find(_RUN, end)
    return found


def _may_hold(text: bytes, low: bytes, start: int, until: int, means: int) -> bool:
    """Tell whether a piece with a sign has a digit, letters that are no words, or words as people choose them."""
    return bool(
        _DIGIT.search(text, start, until)
        or _ODD.search(text, start, until)
        or (means & PHRASE and _PHRASE.search(low, start, until))
        or (means & NAME and _MARKED.search(text, start, until))
        or (means & ADDRESS and _PAIR.search(low, start, until))
        or any(map(_is_drawn, _LETTERS.findall(low, start, until)))
    )


@lru_cache(maxsize=1 << 14)
def _is_drawn(word: bytes) -> bool:
    return is_drawn(word.decode())


def _end_of_value(text: bytes, end: int) -> int:
    """Return where the value may end of a name in a line that ends at `end`: in the next line, or some lines below."""
    stop = line_end(text, end + 1)
    if text[end - 1 : end] in _OPENING:
        for _ in range(MOST_BELOW - 1):
            stop = line_end(text, stop + 1)
    return stop


def _surrounding_piece(text: bytes, at: int) -> Span:
    """Return the line around a position, or the part of a long line: parts overlap, and begin at the same places."""
    start = text.rfind(b"\n", max(0, at - LONGEST), at) + 1
    stop = text.find(b"\n", at, at + LONGEST)
    if (start or at < LONGEST) and (stop >= 0 or len(text) - at <= LONGEST):
        return start, stop if stop >= 0 else len(text)
    begin = at - at % LONGEST
    start, stop = max(start, begin - OVERLAP), stop if stop >= 0 else len(text)
    return start, min(stop, begin + LONGEST + OVERLAP)


def line_end(text: bytes, at: int) -> int:
    """Return where the line ends that holds a position; of a long one, where its first part does."""
    end = text.find(b"\n", at, at + LONGEST)
    return min(len(text), at + LONGEST) if end < 0 else end
