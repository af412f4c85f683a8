"""Suspect lines in, where secrets stand in them out. Imported with the first such line, which most texts have not."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from noctule.indexer.files.secret_scan.names import Carried, extend_secret, extend_secrets, find_by_name, read_names
from noctule.indexer.files.secret_scan.patterns import (
    beside_words,
    find_tokens,
    in_addresses,
    in_commands,
    random_words,
)
from noctule.indexer.files.secret_scan.signs import ADDRESS, ARMOUR, NAME, OPTION, RUN, USER, line_end
from noctule.indexer.lazy_pattern import lazy_pattern

Span = tuple[int, int]

_DER = lazy_pattern(r"(?<![A-Za-z0-9+/])(?P<value>MI[GHI][A-Za-z0-9+/]{29})")
_PUBLIC_DER = lazy_pattern(
    rb"0(?:\x81.|\x82..)(?:0[\x81\x82]|\x02[\x81\x82]|0\r\x06\t\x2a\x86\x48\x86\xf7\r\x01\x01\x01\x05\0\x03)", re.DOTALL
)
_BODY_LINE = lazy_pattern(r"[\s\"'`+|#/*.&<>-]*(?P<body>[A-Za-z0-9+/]+)={0,2}(?:\\n)?[\s\"'`+;,)&.\\-]*")
SHORTEST_BODY = 40
"""Lines of base64 are as long, but for the last."""
_WORD_RUN = lazy_pattern(r"[A-Za-z0-9+/]{24,}")

LONGEST_KEPT = 500
"""What was found in longer lines is not kept."""
MOST_KEY_LINES = 300

_ARMOUR_BEGINS = lazy_pattern(
    r"-----BEGIN (?:[A-Z0-9 ]*(?P<private>PRIVATE KEY)(?: BLOCK)?"
    r"|[A-Z0-9 ]*(?:CERTIFICATE|PUBLIC KEY|SIGNATURE)[A-Z ]*)-----"
    r"|(?P<putty>PuTTY-User-Key-File-\d)"
)
_ARMOUR_ENDS = lazy_pattern(r"-----END|Private-MAC:")
# What stands in a key once comment marks, quotes and what joins strings are off: base64, or a header of the armour.
_IN_KEY = lazy_pattern(
    r"[\s\"'`+#/*;,.()\[\]{}<>|&\\!%-]*(?:(?:[\w.]{1,30}\s*(?:\+=|\.=|<<|=|\()\s*)?[bBrRuUL@]{0,2}[\"'`])?"
    r"(?:[A-Za-z0-9+/]*={0,2}|(?:Proc-Type|DEK-Info|Version|Comment|Encryption|Private-Lines|Public-Lines): .*)"
    r"(?:\\[nr])*[\s\"'`+#/*;,.()\[\]{}<>|&\\-]*"
)


def _is_public(line: str) -> bool:
    """Tell whether a line is the begin of a certificate or a public key in base64, with nothing else but its name.

    A private key begins with its version, a small number; a certificate with what was signed, and a key with a modulus
    or the name of its kind, all of which are long (RFC 5280, RFC 8017).
    """
    found = _DER.search(line)
    if found is None or len(_WORD_RUN.findall(line)) > 1:
        return False
    return _PUBLIC_DER.match(base64.b64decode(found["value"])) is not None


def find_secrets(text: bytes, suspects: Mapping[Span, int]) -> Iterator[Span]:
    """Yield where secrets stand in a text, by line; a private key's span begins and ends with its lines."""
    armour_until = 0
    for (start, stop), signs in sorted(suspects.items()):
        if start < armour_until:
            continue
        line = text[start:stop].decode("latin-1")  # one character for each byte
        armour = _ARMOUR_BEGINS.search(line) if signs & ARMOUR or "PuTTY-" in line else None
        if armour is not None:
            armour_until = _end_of_armour(text, stop, line[armour.end() :])
            if armour["private"] or armour["putty"]:
                yield start, armour_until
                continue
        elif "MI" in line and _is_public(line):
            armour_until = _end_of_body(text, stop)
            continue
        found, carried = (_kept if len(line) <= LONGEST_KEPT else _candidate_lines)(line, signs)
        yield from ((start + begin, start + end) for begin, end in found)
        if carried is not None and stop < len(text):
            following = text[stop + 1 : line_end(text, stop + 1)].decode("latin-1")
            yield from ((stop + 1 + begin, stop + 1 + end) for begin, end in extend_secrets(following, carried))


def _end_of_armour(text: bytes, stop: int, rest: str) -> int:
    """Return where a key in armour ends whose first line stops at `stop`: with its last mark, or before other text."""
    if _ARMOUR_ENDS.search(rest):
        return stop
    for _ in range(MOST_KEY_LINES):
        if stop >= len(text):
            break
        end = line_end(text, stop + 1)
        following = text[stop + 1 : end].decode("latin-1")
        last = _ARMOUR_ENDS.search(following) is not None
        if not last and not _IN_KEY.fullmatch(following):
            break
        stop = end
        if last:
            break
    return stop


def _end_of_body(text: bytes, stop: int) -> int:
    """Return where base64 without an armour ends, whose first line stops at `stop`: lines without a name."""
    for _ in range(MOST_KEY_LINES):
        end = line_end(text, stop + 1)
        following = _BODY_LINE.fullmatch(text[stop + 1 : end].decode("latin-1"))
        if following is None:
            break
        stop = end
        if len(following["body"]) < SHORTEST_BODY:
            break
    return stop


def _candidate_lines(line: str, signs: int) -> tuple[tuple[Span, ...], Carried | None]:
    """Return where secrets stand in a line, and what it leaves to the next one."""
    low = line.lower()
    names = read_names(line, low) if signs & (NAME | RUN) else ()
    found = [*find_by_name(line, names)]
    if signs & RUN:
        found += find_tokens(line)
        if names:
            found += random_words(line)
    if signs & ADDRESS:
        found += in_addresses(line, low)
    if signs & OPTION or (signs & NAME and " -" in line):
        found += in_commands(line)
    if signs & (NAME | RUN | USER):
        found += beside_words(line, low)
    return tuple(dict.fromkeys(found)), extend_secret(line, names)


_kept = lru_cache(maxsize=1 << 13)(_candidate_lines)
