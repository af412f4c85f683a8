"""Suspect lines in, where secrets stand in them out. Imported with the first such line, since it takes some 40 ms."""

from __future__ import annotations

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

Span = tuple[int, int]

LONGEST_KEPT = 500
"""What was found in longer lines is not kept."""
MOST_KEY_LINES = 300

_ARMOUR_BEGINS = re.compile(
    r"-----BEGIN (?:[A-Z0-9 ]*(?P<private>PRIVATE KEY)(?: BLOCK)?"
    r"|[A-Z0-9 ]*(?:CERTIFICATE|PUBLIC KEY|SIGNATURE)[A-Z ]*)-----"
    r"|(?P<putty>PuTTY-User-Key-File-\d)"
)
_ARMOUR_ENDS = re.compile(r"-----END|Private-MAC:")
# What stands in a key once comment marks, quotes and what joins strings are off: base64, or a header of the armour.
_IN_KEY = re.compile(
    r"[\s\"'`+#/*;,.()\[\]{}<>|&\\!%-]*(?:(?:[\w.]{1,30}\s*(?:\+=|\.=|<<|=|\()\s*)?[bBrRuUL@]{0,2}[\"'`])?"
    r"(?:[A-Za-z0-9+/]*={0,2}|(?:Proc-Type|DEK-Info|Version|Comment|Encryption|Private-Lines|Public-Lines): .*)"
    r"(?:\\[nr])*[\s\"'`+#/*;,.()\[\]{}<>|&\\-]*"
)


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
