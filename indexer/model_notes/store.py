"""Where the notes of a model are kept: beside the store, so that they outlive its rebuilding; they cost money.

One JSON object a line, only ever added: a note, or the word that one is dropped. Any process reads at any moment
without a lock; what a crash tore off is skipped. Knows no model, and does not say which claims still hold.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from noctule.indexer.defaults import THOUGHTS
from noctule.indexer.errors import StoreUnavailable
from noctule.indexer.model_notes.gate import author_of

FOLDER = THOUGHTS
FILE = "notes.jsonl"
KINDS = ("purpose", "invariant", "how to change", "breaks", "answer")
"""What a claim of a model may be about; "answer": it answers a query that was expected."""


@dataclass(frozen=True, slots=True)
class Cited:
    """Lines of a file (from zero, half-open) that a model rests a sentence on, or a commit."""

    path: str
    start: int = 0
    stop: int = 0
    commit: str = ""


@dataclass(frozen=True, slots=True)
class Saying:
    """One sentence as a model wrote it, with what it names as evidence: nothing of it is proven."""

    text: str
    kind: str
    cites: tuple[Cited, ...]
    confidence: float


@dataclass(frozen=True, slots=True)
class Proof:
    """Lines that a claim rests on, by their hashes (`indexer.parse.digest.line_hashes`) as they stood from `start` on;
    or a commit by its full id. No writer of a claim has a say in the hashes.
    """

    path: str
    start: int
    lines: tuple[int, ...]
    commit: str = ""


@dataclass(frozen=True, slots=True)
class Proven:
    """A sentence that its evidence carried when it was written; `votes` of the parallel thoughts came to it."""

    text: str
    kind: str
    proofs: tuple[Proof, ...]
    confidence: float
    votes: int = 1


@dataclass(frozen=True, slots=True)
class ModelNote:
    """What a model came to about one subject, and what that cost.

    `key` is the hash of all that went in: what the model was shown first, the prompts' version, the models, the effort
    and the number of parallel thoughts. `queries` are those that it expects to be asked. `refused` counts, by reason,
    the sentences that were not proven. `revision` is the commit that was looked at.
    """

    key: str
    subject: str
    subject_kind: str  # "file", "symbol", "directory", "repository", as of Note
    claims: tuple[Proven, ...]
    queries: tuple[str, ...]
    model: str
    checker: str
    prompt: str
    effort: str
    thoughts: int
    revision: str | None
    at: float
    tokens: int
    dollars: float
    refused: Mapping[str, int] = field(default_factory=dict)

    @property
    def author(self) -> str:
        """Who wrote it, as the gate tells authors apart."""
        return author_of(self.model, self.checker, self.prompt, self.effort, self.thoughts)

    def to_json(self) -> dict[str, Any]:
        """Return the note as it is written and exported."""
        return asdict(self)

    @classmethod
    def from_json(cls, written: Mapping[str, Any]) -> ModelNote:
        """Read what `to_json` wrote, by whomever. ValueError where it is no such thing."""
        try:
            values = {name: kind(written[name]) for name, kind in _FIELDS.items()}
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise ValueError(f"not a note of a model: {error}") from error
        return cls(**values)


class Shelf:
    """The notes of one repository; `folder` is that of its store."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / FOLDER

    def put(self, note: ModelNote) -> None:
        """Keep a note, on disk when this returns. StoreUnavailable."""
        self._add({"note": note.to_json()})

    def drop(self, keys: Iterable[str], why: str) -> None:
        """Serve these notes no longer. StoreUnavailable."""
        for key in keys:
            self._add({"drop": key, "why": why})

    def get(self, key: str) -> ModelNote | None:
        """Return the note that was made of just these inputs."""
        return self._kept.get(key)

    def notes(self) -> tuple[ModelNote, ...]:
        """Return all notes that are not dropped, the newest first."""
        return tuple(sorted(self._kept.values(), key=lambda note: (-note.at, note.key)))

    def dropped(self) -> Mapping[str, str]:
        """Return why each note is dropped that is, by key."""
        return self._read[1]

    def look(self) -> None:
        """Read the notes anew at the next question."""
        self.__dict__.pop("_read", None)

    @property
    def _kept(self) -> dict[str, ModelNote]:
        return self._read[0]

    @cached_property
    def _read(self) -> tuple[dict[str, ModelNote], dict[str, str]]:
        kept: dict[str, ModelNote] = {}
        dropped: dict[str, str] = {}
        for entry in self._entries():
            with contextlib.suppress(ValueError, AttributeError, TypeError):
                if "drop" in entry:
                    kept.pop(str(entry["drop"]), None)
                    dropped[str(entry["drop"])] = str(entry.get("why", ""))
                else:
                    note = ModelNote.from_json(entry["note"])
                    kept[note.key] = note
                    dropped.pop(note.key, None)
        return kept, dropped

    def _entries(self) -> Iterator[dict[str, Any]]:
        try:
            written = (self.folder / FILE).read_bytes()
        except OSError:
            return
        for line in written.split(b"\n"):
            if line:
                with contextlib.suppress(ValueError, RecursionError):
                    entry = json.loads(line)
                    if isinstance(entry, dict) and ("drop" in entry or "note" in entry):
                        yield entry

    def _add(self, entry: Mapping[str, Any]) -> None:
        # The line end in front parts it from what a full disk or a crash cut off.
        line = f"\n{json.dumps(entry, separators=(',', ':'))}\n".encode()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            file = os.open(self.folder / FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX)  # a note may be longer than what is written in one piece
                _write(file, line)
                os.fsync(file)
            finally:
                os.close(file)
        except OSError as error:
            why = error.strerror or str(error)
            raise StoreUnavailable(
                f"cannot write the notes in {self.folder}: {why}", "free some space there"
            ) from error
        self.look()


def _write(file: int, line: bytes) -> None:
    while line:
        line = line[os.write(file, line) :]


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{str(value)[:40]!r} is not a text")
    return value


def _each(value: object) -> Sequence[Any]:
    if not isinstance(value, list | tuple):
        raise TypeError(f"{str(value)[:40]!r} is not a list")
    return value


def _pairs(value: object) -> Iterable[tuple[object, Any]]:
    if not isinstance(value, Mapping):
        raise TypeError(f"{str(value)[:40]!r} names no values")
    return value.items()


def _proof(value: Mapping[str, Any]) -> Proof:
    lines = tuple(int(line) for line in _each(value["lines"]))
    if not all(0 <= line < 1 << 32 for line in lines):
        raise TypeError("a hash of a line has 32 bits")
    return Proof(_text(value["path"]), int(value["start"]), lines, _text(value["commit"]))


def _proven(value: Mapping[str, Any]) -> Proven:
    proofs = tuple(map(_proof, _each(value["proofs"])))
    return Proven(_text(value["text"]), _text(value["kind"]), proofs, float(value["confidence"]), int(value["votes"]))


_FIELDS: Mapping[str, Any] = {
    "key": _text,
    "subject": _text,
    "subject_kind": _text,
    "claims": lambda value: tuple(map(_proven, _each(value))),
    "queries": lambda value: tuple(map(_text, _each(value))),
    "model": _text,
    "checker": _text,
    "prompt": _text,
    "effort": _text,
    "thoughts": int,
    "revision": lambda value: None if value is None else _text(value),
    "at": float,
    "tokens": int,
    "dollars": float,
    "refused": lambda value: {_text(name): int(count) for name, count in _pairs(value)},
}
