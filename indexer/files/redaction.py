"""Text in, the same text out without passwords, tokens and keys. Knows no file and no network.

Three views of one search: `redact` replaces whole lines, for what is quoted, since where a secret begins and ends is
a guess; `mask_secrets` blanks its characters and keeps every position, for what is indexed; `without_secrets` is for
sentences, such as commit messages.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import accumulate

from noctule.indexer.files.secret_scan.signs import LONGEST, suspect_lines

WITHHELD = "[secret]"
LONGEST_KNOWN = 8_000
"""Characters of texts whose secrets are kept in mind."""


def redact(lines: Iterable[str]) -> list[str]:
    """Return as many lines: those that hold a secret are replaced, those inside of a private key are empty.

    What comes out takes no more tokens than what went in. A line that is none of a key ends it, so that code that only
    looks for keys stays whole.
    """
    out = list(lines)
    text = "\n".join(out)
    spans = _known_secrets(text) if len(text) <= LONGEST_KNOWN else _find_secrets(_encode(text))
    starts = [0, *accumulate(len(_encode(line)) + 1 for line in out)][:-1] if spans else []
    for start, stop in spans:
        first, last = bisect_right(starts, start) - 1, bisect_right(starts, max(start, stop - 1)) - 1
        out[first] = WITHHELD
        out[first + 1 : last + 1] = [""] * (last - first)
    return out


def holds_secret(text: str) -> bool:
    """Tell whether a text holds what looks like a password, a token or a key."""
    return bool(_find_secrets(_encode(text)))


def mask_secrets(text: bytes) -> bytes:
    """Return a text as long, with blanks in place of what looks secret; its lines end where they ended."""
    spans = _find_secrets(text)
    if not spans:
        return text
    out = bytearray(text)
    for start, stop in spans:
        out[start:stop] = re.sub(rb"[^\r\n]", b" ", text[start:stop])
    return bytes(out)


def without_secrets(text: str) -> str:
    """Return a sentence or a message with `[secret]` in place of each secret."""
    raw = _encode(text)
    at, kept = 0, []
    for start, stop in sorted(_find_secrets(raw)):
        if stop > at:
            kept += [raw[at:start], WITHHELD.encode()]
            at = stop
            while at < len(raw) and raw[at] & 0xC0 == 0x80:  # a secret may end inside of a character
                at += 1
    return b"".join((*kept, raw[at:])).decode("utf-8", "surrogatepass") if kept else text


def clean_each(texts: Sequence[str]) -> list[str]:
    """Return each text as `without_secrets` does; of many short ones it costs less to look at all in one go."""
    raw = [_encode(text) for text in texts]
    # Of longer lines parts are looked at, and where these begin depends on what stands before them.
    whole = [at for at, text in enumerate(raw) if len(text) <= LONGEST]
    suspects = suspect_lines(b"\n\n".join([raw[at] for at in whole]))
    starts = [0, *accumulate(len(raw[at]) + 2 for at in whole)]
    again = {whole[bisect_right(starts, start) - 1] for start, _ in suspects} | set(range(len(raw))).difference(whole)
    return [without_secrets(text) if at in again else text for at, text in enumerate(texts)]


def warm() -> None:
    """Load what the first suspect line needs, so that no answer waits for it; for a process that stays."""
    _find_secrets(b"password = 0")


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _find_secrets(text: bytes) -> tuple[tuple[int, int], ...]:
    """Return where secrets stand in a text, in bytes; they may overlap."""
    suspects = suspect_lines(text)
    if not suspects:
        return ()
    from noctule.indexer.files.secret_scan.lines import find_secrets  # most texts have no such line

    return tuple(find_secrets(text, suspects))


@lru_cache(maxsize=256)
def _known_secrets(text: str) -> tuple[tuple[int, int], ...]:
    """Keep what was found in a text: a pack asks what the same lines cost, whole and in part, and prints them."""
    return _find_secrets(_encode(text))
