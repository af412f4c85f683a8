"""The notes of a model as they are served: only sentences whose evidence stands, of kinds that the gate lets through.

Finds notes by their subject, and by the queries that the model expected: a task in other words still leads to them.
Asks no model.
"""

from __future__ import annotations

import json
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from noctule.indexer.files.line_tracking import find, hash_span
from noctule.indexer.files.redaction import holds_secret
from noctule.indexer.files.text import LINE_HASH
from noctule.indexer.model_notes.gate import VERDICT, Verdict, parse_verdict
from noctule.indexer.model_notes.store import (
    ALL,
    INDEXED_BY,
    KINDS,
    ModelNote,
    Proof,
    VerifiedClaim,
    is_indexed,
    parse_notes,
    terms_of_queries,
)
from noctule.indexer.notes.view_facts import ViewFacts
from noctule.indexer.results import Claim, Evidence
from noctule.indexer.runtime import state
from noctule.indexer.terms import split_terms

Serving = Literal["gated", "none", "all"]
"""Which notes are served: what the gate lets through, none, or all. The last two are for replays."""

ANSWER = "answer"
"""The kind under which the gate judges what is found by an expected query."""
LEAST_ALIKE = 0.6
LEAST_SHARED = 2
"""A task is like an expected query where it holds this share of it, by rarity, and so many of its words."""
MOST_RECALLED = 3

Rarity = Callable[[Sequence[str]], Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class RetrievedNote:
    """A note that a task led to: how much of an expected query the task holds, its claims, the files it is about."""

    alike: float
    claims: tuple[Claim, ...]
    files: tuple[int, ...]


class Recall:
    """The notes of one repository for one reader. Nothing is read until it is asked."""

    def __init__(self, reader: state.StateReader, serving: Serving = "gated") -> None:
        self._state = reader
        self._serving = serving
        self._version: object = None
        self._parsed: dict[tuple[str, str], ModelNote | None] = {}

    def about(self, subject: str, ground: ViewFacts) -> tuple[tuple[Claim, ...], Mapping[str, int]]:
        """Return what stands of the latest note of a subject that says anything, and what is withheld, by kind."""
        withheld: Counter[str] = Counter()
        for note in self._subject_notes(subject):
            claims, fallen = self._standing(note, ground)
            withheld = withheld or fallen
            if claims:
                return claims, dict(fallen)
        return (), dict(withheld)

    def notes_for_task(self, text: str, ground: ViewFacts, rarity: Rarity) -> tuple[RetrievedNote, ...]:
        """Return the notes that a task leads to by the queries that were expected, the likest first."""
        if ANSWER not in self._verdict.open:
            return ()
        asked = set(split_terms(text))
        near = self._expecting(asked)
        rare = rarity(sorted({term for words in near for term in words})) if near else {}
        best: dict[str, float] = {}
        for words, subject in near.items():
            common = asked.intersection(words)
            alike = sum(rare[term] for term in common) / (sum(rare[term] for term in words) or 1.0)
            if alike >= LEAST_ALIKE:
                best[subject] = max(best.get(subject, 0.0), alike)
        found = []
        for subject in sorted(best, key=lambda subject: (-best[subject], subject))[:MOST_RECALLED]:
            claims, _ = self.about(subject, ground)  # a newer note may have taken back what the query was expected by
            if claims:
                found.append(RetrievedNote(best[subject], claims, _files(subject, claims, ground)))
        return tuple(found)

    def _standing(self, note: ModelNote, ground: ViewFacts) -> tuple[tuple[Claim, ...], Counter[str]]:
        claims: list[Claim] = []
        withheld: Counter[str] = Counter()
        for proven in note.claims:
            if proven.kind not in self._verdict.open:
                continue
            evidence = standing(proven, ground)
            if evidence is None or holds_secret(proven.text):
                withheld[proven.kind] += 1
            else:
                claims.append(Claim(proven.text, note.subject, proven.kind, evidence, note.model))
        return tuple(claims), withheld

    # What is on disk

    @property
    def _verdict(self) -> Verdict:
        """Whose notes are served, and which kinds of claims."""
        if (version := self._state.version()) != self._version:
            self._version = version
            self.__dict__.pop("_verdict_read", None)
        return self._verdict_read

    @cached_property
    def _verdict_read(self) -> Verdict:
        if self._serving == "gated":
            return parse_verdict(self._state.rows(VERDICT))
        return Verdict(open=frozenset(KINDS if self._serving == "all" else ()))

    def _subject_notes(self, subject: str) -> Iterator[ModelNote]:
        """Yield the notes of a subject that may be served, the newest first."""
        verdict = self._verdict
        if verdict.open:
            for row in self._state.rows(_ABOUT, state.text(subject)):
                note = self._parse(*row)
                if note is not None and verdict.covers(note.author):
                    yield note

    def _parse(self, key: str, content: str) -> ModelNote | None:
        """Return a note; those that were read once stay parsed, since what is stored under a key can be replaced."""
        if (key, content) not in self._parsed:
            self._parsed[key, content] = next(parse_notes([(content,)]), None)
        return self._parsed[key, content]

    def _expecting(self, asked: Set[str]) -> dict[tuple[str, ...], str]:
        """Return the terms of the expected queries that share enough of them, and the subject of their newest note."""
        if is_indexed(self._state.rows(INDEXED_BY)):
            rows = self._state.rows(_EXPECTING, json.dumps(sorted(asked)), LEAST_SHARED)
            found = [(tuple(terms.split()), subject, author) for terms, subject, author in rows]
        else:  # by another version: whoever writes next makes it anew
            notes = list(parse_notes(self._state.rows(ALL)))
            every = [(terms, note.subject, note.author) for note in notes for terms in terms_of_queries(note)]
            found = [row for row in every if len(asked & set(row[0])) >= LEAST_SHARED]
        near: dict[tuple[str, ...], str] = {}
        for terms, subject, author in found:
            if self._verdict.covers(author):
                near.setdefault(terms, subject)
        return near


_ABOUT = "SELECT key, content FROM note WHERE subject = ? AND dropped IS NULL ORDER BY at DESC, key"
_EXPECTING = """
    SELECT query.terms, note.subject, note.author
    FROM query_term JOIN query ON query.id = query_term.query JOIN note ON note.key = query.note
    WHERE query_term.term IN (SELECT value FROM json_each(?)) AND note.dropped IS NULL
    GROUP BY query.id HAVING count(*) >= ? ORDER BY note.at DESC, note.key
"""


def standing(proven: VerifiedClaim, ground: ViewFacts) -> tuple[Evidence, ...] | None:
    """Return the evidence of a claim where it stands now; None where any of it is gone, or there never was any."""
    found = [_commit(proof, ground) if proof.commit else _lines(proof, ground) for proof in proven.proofs]
    held = tuple(evidence for evidence in found if evidence is not None)
    return held if held and len(held) == len(found) else None


def _commit(proof: Proof, ground: ViewFacts) -> Evidence | None:
    return Evidence(None, None, None, None, (proof.commit,)) if ground.has_commit(proof.commit) else None


def _lines(proof: Proof, ground: ViewFacts) -> Evidence | None:
    file = ground.position.get(proof.path)
    if file is None or not proof.lines or not ground.is_there(file):
        return None
    live = ground.live_hashes(file) if ground.has_changed(file) else ground.load_hashes([file])[file]
    wanted = array(LINE_HASH, proof.lines)
    now = None if live is None else find(wanted, proof.start, live)
    if now is None:
        return None
    moved = proof.start + 1 if now.start != proof.start else None
    return Evidence(proof.path, now.start + 1, now.stop, hash_span(wanted), (), moved)


def _files(subject: str, claims: Iterable[Claim], ground: ViewFacts) -> tuple[int, ...]:
    """Return the files that a note is about: its subject's, and those that its claims rest on."""
    cited = (evidence.path for claim in claims for evidence in claim.evidence if evidence.path is not None)
    paths = dict.fromkeys((subject.partition(":")[0], *cited))
    return tuple(ground.position[path] for path in paths if path in ground.position)
