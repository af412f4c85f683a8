"""A card for each note on the shelf, so that an answer reads only the notes that it leads to. Judges nothing.

A card says where in the shelf's file its note stands, what it is about, and the terms of the queries that it expects.
Cards are kept beside the shelf in a file that can be thrown away: it says how much of the shelf it covers, is replaced
as a whole, and what was added since is read from the shelf itself.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from pathlib import Path
from threading import get_ident
from typing import Any, BinaryIO

from noctule.indexer.model_notes.store import FILE, FOLDER, ModelNote
from noctule.indexer.terms import terms_of

CARDS = "cards.json"
SCHEMA = 1
LEAST_BEHIND = 64 << 10
MOST_BEHIND = 32
"""The file is made anew when it lacks so many bytes of the shelf, and this fraction of it."""
_ENDING = 4_096
# Terms are part of what is kept: where they come out otherwise, what was kept is of no use.
_SAMPLE = "HTTPServer's parse_url2 of files' na\u00efve classes, running x-rays in C++ or `Desk.sell`"


@dataclass(frozen=True, slots=True)
class Card:
    """Where a note stands, in bytes; its key, subject, author and time; the terms of each query that it expects."""

    start: int
    size: int
    key: str
    subject: str
    author: str
    at: float
    words: tuple[tuple[str, ...], ...]


class Cards:
    """The cards of one shelf, as it was when they were read; `folder` is that of the store."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FOLDER / FILE
        self._kept = folder / FOLDER / CARDS

    def read(self) -> tuple[Card, ...]:
        """Return the cards of all notes that are not dropped, the newest first; a file that lags behind is renewed."""
        try:
            with self._path.open("rb") as shelf:
                covered, known = self._known(shelf)
                shelf.seek(covered)
                added = shelf.read()
                whole = added.rfind(b"\n") + 1
                _add(known, added[:whole], covered)
                if whole > max(LEAST_BEHIND, covered // MOST_BEHIND):
                    self._keep(shelf, covered + whole, known)
                _add(known, added[whole:], covered + whole)
        except OSError:
            return ()
        return tuple(sorted(known.values(), key=lambda card: (-card.at, card.key)))

    def keep_up(self) -> None:
        """Bring the file up to date where it lags far behind: whoever writes notes spares it those who read them."""
        with contextlib.suppress(OSError):
            size = self._path.stat().st_size
            if size - self._covered() > max(LEAST_BEHIND, size // (MOST_BEHIND + 1)):
                self.read()

    def note(self, card: Card) -> ModelNote | None:
        """Return the note of a card; None where it is not there any more."""
        try:
            with self._path.open("rb") as shelf:
                shelf.seek(card.start)
                return _note(json.loads(shelf.read(card.size)))
        except (OSError, ValueError, RecursionError):
            return None

    def _covered(self) -> int:
        try:
            with self._kept.open("rb") as kept:
                return int(json.loads(kept.readline())["covers"])
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return 0

    def _known(self, shelf: BinaryIO) -> tuple[int, dict[str, Card]]:
        """Return how much of the shelf the kept cards cover, and them; nothing where they are of another shelf."""
        try:
            with self._kept.open("rb") as kept:
                head = json.loads(kept.readline())
                covers = int(head["covers"])
                if head != _head(shelf, covers):
                    return 0, {}
                rows = json.loads(kept.readline())
            cards = {
                key: Card(start, size, key, subject, author, at, tuple(map(tuple, words)))
                for start, size, key, subject, author, at, words in rows
            }
            return covers, cards
        except (OSError, ValueError, KeyError, TypeError, IndexError, RecursionError):
            return 0, {}

    def _keep(self, shelf: BinaryIO, covers: int, cards: dict[str, Card]) -> None:
        scratch = self._kept.with_suffix(f".{os.getpid()}-{get_ident()}")
        rows = [astuple(card) for card in cards.values()]
        try:
            file = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with os.fdopen(file, "w", encoding="ascii") as opened:
                opened.write(f"{json.dumps(_head(shelf, covers))}\n{json.dumps(rows, separators=(',', ':'))}\n")
            scratch.replace(self._kept)
        except OSError:  # the next answer reads the shelf itself again
            with contextlib.suppress(OSError):
                scratch.unlink(missing_ok=True)


def _head(shelf: BinaryIO, covers: int) -> dict[str, Any]:
    """Return what kept cards have to say of the shelf that they cover so much of."""
    start = max(0, covers - _ENDING)
    shelf.seek(start)
    ending = shelf.read(covers - start)
    seen = hashlib.blake2b(ending, digest_size=16).hexdigest() if len(ending) == covers - start else ""
    return {"schema": SCHEMA, "terms": terms_of(_SAMPLE), "covers": covers, "ending": seen}


def _add(cards: dict[str, Card], added: bytes, start: int) -> None:
    """Take in what was added to the shelf from a byte on."""
    for at, line in _lines(added, start):
        with contextlib.suppress(ValueError, RecursionError):
            entry = json.loads(line)
            if not isinstance(entry, dict):
                continue
            if "drop" in entry:
                cards.pop(str(entry["drop"]), None)
            elif (note := _note(entry)) is not None:
                words = tuple(tuple(sorted(set(terms_of(query)))) for query in note.queries)
                cards[note.key] = Card(at, len(line), note.key, note.subject, note.author, note.at, words)


def _lines(added: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    for line in added.split(b"\n"):
        if line:
            yield start, line
        start += len(line) + 1


def _note(entry: Any) -> ModelNote | None:  # noqa: ANN401 - any JSON
    try:
        return ModelNote.from_json(entry["note"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
