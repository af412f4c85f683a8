"""Suspect lines in, where secrets stand in them out. Imported with the first such line, which most texts have not."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from noctule.indexer.files.secret_scan.names import Carried, extend_secret, extend_secrets, find_by_name, read_names
from noctule.indexer.files.secret_scan.patterns import (
    beside_foreign_words,
    beside_words,
    find_tokens,
    in_addresses,
    in_commands,
    random_words,
)
from noctule.indexer.files.secret_scan.signs import (
    ADDRESS,
    ARMOUR,
    FOREIGN,
    MOST_BELOW,
    NAME,
    OPTION,
    RUN,
    USER,
    line_end,
)
from noctule.indexer.files.secret_scan.tables import Column, column_of
from noctule.indexer.files.secret_scan.values import is_password
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
MOST_ROWS = 50
SHORTEST_AGAIN, LONGEST_AGAIN, MOST_AGAIN = 10, 100, 100
"""Values as long as this are looked for in the rest of their text, and so many of them."""

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


def find_secrets(text: bytes, suspects: Mapping[Span, int]) -> list[Span]:
    """Return where secrets stand in a text; a private key's span begins and ends with its lines."""
    found = list(_find_in_lines(text, suspects))
    return found + list(_find_again(text, found))


def _find_again(text: bytes, found: Sequence[Span]) -> Iterator[Span]:
    """Yield where else the same values stand, which no name gives away there."""
    known = {start for start, _ in found}
    values = dict.fromkeys(text[start:stop] for start, stop in found if SHORTEST_AGAIN <= stop - start <= LONGEST_AGAIN)
    for value in list(values)[:MOST_AGAIN]:
        at = text.find(value)
        while at >= 0:
            if at not in known:
                yield at, at + len(value)
            at = text.find(value, at + len(value))


def _find_in_lines(text: bytes, suspects: Mapping[Span, int]) -> Iterator[Span]:
    armour_until = 0
    for (start, stop), signs in sorted(suspects.items()):
        if start < armour_until:
            continue
        line = text[start:stop].decode("latin-1")  # one character for each byte
        armour = _ARMOUR_BEGINS.search(line) if signs & ARMOUR or "PuTTY-" in line else None
        if armour is not None:
            armour_until = _end_of_armour(text, stop, line[armour.end() :], line[: armour.start()])
            if armour["private"] or armour["putty"]:
                yield start, armour_until
                continue
        elif "MI" in line and _is_public(line):
            armour_until = _end_of_body(text, stop)
            continue
        found, carried = (_kept if len(line) <= LONGEST_KEPT else _candidate_lines)(line, signs)
        yield from ((start + begin, start + end) for begin, end in found)
        if isinstance(carried, Column):
            yield from _in_column(text, stop, carried)
        elif carried is not None:
            yield from _below(text, stop, carried)


def _below(text: bytes, stop: int, carried: Carried) -> Iterator[Span]:
    """Yield where the value stands of a name in the line that ends at `stop`: in the next one, or as a field below."""
    for distance in range(MOST_BELOW if carried[1] == "value" else 1):
        if stop >= len(text):
            return
        end = line_end(text, stop + 1)
        following = text[stop + 1 : end].decode("latin-1")
        found = [(stop + 1 + begin, stop + 1 + until) for begin, until in extend_secrets(following, carried, distance)]
        yield from found
        if found or not following.strip() or following.lstrip().startswith(("}", "]", "</")):
            return
        stop = end


def _in_column(text: bytes, stop: int, column: Column) -> Iterator[Span]:
    """Yield where values stand in a column of a table whose head ends at `stop`."""
    for _ in range(MOST_ROWS):
        if stop >= len(text):
            return
        end = line_end(text, stop + 1)
        span = column.cell(text[stop + 1 : end].decode("latin-1"))
        if span is None:
            return
        value = text[stop + 1 + span[0] : stop + 1 + span[1]].decode("latin-1")
        if is_password(value):
            yield stop + 1 + span[0], stop + 1 + span[1]
        stop = end


def _end_of_armour(text: bytes, stop: int, rest: str, prefix: str) -> int:
    """Return where a key in armour ends whose first line stops at `stop`: with its last mark, or before other text.

    What stands before the first mark, such as the sign of a comment, may stand before each line.
    """
    if _ARMOUR_ENDS.search(rest):
        return stop
    for _ in range(MOST_KEY_LINES):
        if stop >= len(text):
            break
        end = line_end(text, stop + 1)
        following = text[stop + 1 : end].decode("latin-1")
        last = _ARMOUR_ENDS.search(following) is not None
        if not last and not _IN_KEY.fullmatch(following.removeprefix(prefix)):
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


def _candidate_lines(line: str, signs: int) -> tuple[tuple[Span, ...], Carried | Column | None]:
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
    if signs & OPTION or (
        signs & (NAME | ADDRESS) and any(word in low for word in (" -", "<<<", "alias set", "send "))
    ):
        found += in_commands(line)
    if signs & (NAME | RUN | USER):
        found += beside_words(line, low)
    if signs & FOREIGN:
        found += beside_foreign_words(line)
    return tuple(dict.fromkeys(found)), column_of(line, names) or extend_secret(line, names)


_kept = lru_cache(maxsize=1 << 13)(_candidate_lines)
