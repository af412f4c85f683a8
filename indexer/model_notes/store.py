"""Where the notes of a model are kept: beside the store, so that they outlive its rebuilding; they cost money.

A note is found by its key, by its subject, and by the terms of the queries that it expects. Any process reads at any
moment. Knows no model, and does not say which claims still hold.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from noctule.indexer.model_notes.gate import author_name
from noctule.indexer.runtime import state
from noctule.indexer.terms import split_terms

KINDS = ("purpose", "invariant", "how to change", "breaks", "answer")
"""What a claim of a model may be about; "answer": it answers a query that was expected."""


@dataclass(frozen=True, slots=True)
class Citation:
    """Lines of a file (from zero, half-open) that a model rests a sentence on, or a commit."""

    path: str
    start: int = 0
    stop: int = 0
    commit: str = ""


@dataclass(frozen=True, slots=True)
class StatedFact:
    """That one thing calls, imports, inherits, uses or defines another, or does not, as a model put it into fields."""

    subject: str
    verb: str
    object: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class DraftClaim:
    """One sentence as a model wrote it, with what it names as evidence: nothing of it is proven.

    `replaces` are the numbers of the standing claims, as they were shown, in whose place it is to stand. `names`,
    `numbers` and `relations` are what it rests on, in fields: they are checked whatever the sentence is like.
    """

    text: str
    kind: str
    cites: tuple[Citation, ...]
    confidence: float
    replaces: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    relations: tuple[StatedFact, ...] = ()


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
class VerifiedClaim:
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
    the sentences that were not proven. `revision` is the commit that was looked at. `retracted` are the sentences of
    earlier notes of the subject that it takes back or replaces; `imported` says that the user took it over from a file;
    `reasoned` counts the tokens of reasoning: without any, the effort that was asked for was dropped on the way.
    """

    key: str
    subject: str
    subject_kind: str  # "file", "symbol", "directory", "repository", as of Note
    claims: tuple[VerifiedClaim, ...]
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
    retracted: tuple[str, ...] = ()
    imported: bool = False
    reasoned: int = 0

    @property
    def author(self) -> str:
        """Who wrote it, as the gate tells authors apart."""
        return author_name(self.model, self.checker, self.prompt, self.effort, self.thoughts)

    def to_json(self) -> dict[str, Any]:
        """Return the note as it is written and exported."""
        return asdict(self)

    @classmethod
    def from_json(cls, written: Mapping[str, Any]) -> ModelNote:
        """Read what `to_json` wrote, by whomever. ValueError where it is no such thing."""
        try:
            values = {name: kind(written[name]) for name, kind in _FIELDS.items()}
            values |= {name: kind(written[name]) for name, kind in _LATER_FIELDS.items() if name in written}
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise ValueError(f"not a note of a model: {error}") from error
        return cls(**values)


class NoteStore:
    """The notes of one repository; `folder` is that of its store."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, *notes: ModelNote) -> None:
        """Keep notes, on disk when this returns. StoreError."""
        with state.transaction(self._folder) as db:
            _index_all(db)
            for note in notes:
                values = note.key, state.text(note.subject), note.author, note.at, json.dumps(note.to_json())
                db.execute("DELETE FROM note WHERE key = ?", (note.key,))
                db.execute("INSERT INTO note VALUES (?, ?, ?, ?, ?, NULL)", values)
                _index(db, note)

    def get(self, key: str) -> ModelNote | None:
        """Return the note that was made of just these inputs."""
        rows = state.rows(self._folder, "SELECT content FROM note WHERE key = ? AND dropped IS NULL", key)
        return next(iter(parse_notes(rows)), None)

    def notes(self) -> tuple[ModelNote, ...]:
        """Return all notes, the newest first; those that an earlier version dropped are none."""
        return tuple(parse_notes(state.rows(self._folder, ALL)))

    def dropped(self) -> Mapping[str, str]:
        """Return why each note was dropped that was, by key."""
        return dict(state.rows(self._folder, "SELECT key, dropped FROM note WHERE dropped IS NOT NULL"))

    def update_index(self) -> None:
        """Bring the terms of expected queries up to date, where an earlier version wrote them. StoreError."""
        if not is_indexed(rows := state.rows(self._folder, INDEXED_BY)) and (
            rows or state.rows(self._folder, "SELECT 1 FROM note LIMIT 1")
        ):
            with state.transaction(self._folder) as db:
                _index_all(db)


ALL = "SELECT content FROM note WHERE dropped IS NULL ORDER BY at DESC, key"
INDEXED_BY = "SELECT content FROM document WHERE name = 'index'"
# Terms are part of what is kept: where they come out otherwise, what was kept is of no use.
_SAMPLE = "HTTPServer's parse_url2 of files' na\u00efve classes, running x-rays in C++ or `Desk.sell`"


def parse_notes(rows: Iterable[tuple[str]]) -> Iterator[ModelNote]:
    """Read notes as they are stored; what is none is passed over."""
    for (content,) in rows:
        with contextlib.suppress(ValueError, RecursionError):
            yield ModelNote.from_json(json.loads(content))


def terms_of_queries(note: ModelNote) -> list[tuple[str, ...]]:
    """Return the terms of each query that a note expects, in order."""
    return [tuple(sorted(set(split_terms(query)))) for query in note.queries]


def is_indexed(rows: Sequence[tuple[str]]) -> bool:
    """Tell from what `INDEXED_BY` found whether the terms of expected queries are as this version cuts them."""
    return rows == [(_cut(),)]


def _cut() -> str:
    return json.dumps(split_terms(_SAMPLE))


def _index_all(db: sqlite3.Connection) -> None:
    """Make the index anew where this version would make another one."""
    if is_indexed(db.execute(INDEXED_BY).fetchall()):
        return
    db.execute("DELETE FROM query")
    for note in parse_notes(db.execute("SELECT content FROM note").fetchall()):
        db.execute("UPDATE note SET author = ? WHERE key = ?", (note.author, note.key))
        _index(db, note)
    db.execute("INSERT OR REPLACE INTO document VALUES ('index', ?)", (_cut(),))


def _index(db: sqlite3.Connection, note: ModelNote) -> None:
    for terms in terms_of_queries(note):
        query = db.execute("INSERT INTO query (note, terms) VALUES (?, ?)", (note.key, " ".join(terms))).lastrowid
        db.executemany("INSERT INTO query_term VALUES (?, ?)", ((term, query) for term in terms))


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
    if not all(0 <= line < 1 << 64 for line in lines):
        raise TypeError("a hash of a line has 64 bits")
    return Proof(_text(value["path"]), int(value["start"]), lines, _text(value["commit"]))


def _proven(value: Mapping[str, Any]) -> VerifiedClaim:
    proofs = tuple(map(_proof, _each(value["proofs"])))
    return VerifiedClaim(
        _text(value["text"]), _text(value["kind"]), proofs, float(value["confidence"]), int(value["votes"])
    )


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
_LATER_FIELDS: Mapping[str, Any] = {
    "retracted": lambda value: tuple(map(_text, _each(value))),
    "imported": bool,
    "reasoned": int,
}
"""What notes of earlier versions do not have."""
