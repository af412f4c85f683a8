"""The notes of a model as they are served: only sentences whose evidence stands, of kinds that the gate lets through.

A claim is found by whatever it is about and by the words of a task; a note also by the queries that its model
expected, where those won their own replay. Asks no model.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from functools import cached_property
from typing import Literal

from noctule.indexer.files.redaction import holds_secret
from noctule.indexer.model_notes.gate import EXPECTED, VERDICT, Verdict, parse_verdict
from noctule.indexer.model_notes.relevance import StoredClaim, TaskFocus, answers, order_by_task
from noctule.indexer.model_notes.standing import standing
from noctule.indexer.model_notes.store import (
    ALL,
    INDEXED_BY,
    KINDS,
    ModelNote,
    is_indexed,
    parse_notes,
    terms_of_queries,
)
from noctule.indexer.notes.subject import Subject
from noctule.indexer.notes.view_facts import ViewFacts
from noctule.indexer.results import Claim
from noctule.indexer.runtime import state
from noctule.indexer.terms import split_terms

Serving = Literal["gated", "none", "all"]
"""Which notes are served: what the gate lets through, none, or all. The last two are for replays."""

LEAST_EXPECTED = 0.6
LEAST_SHARED = 2
"""A task is like an expected query where it holds this share of it, by rarity, and so many of its words."""
MOST_EXPECTED = 3
MOST_FOR_TASK = 5
MOST_OF_FOLDER = 12
"""So many claims are told of a folder, or of the repository as a whole."""

Rarity = Callable[[Sequence[str]], Mapping[str, float]]


class Recall:
    """The notes of one repository for one reader. Nothing is read until it is asked."""

    def __init__(self, reader: state.StateReader, serving: Serving = "gated") -> None:
        self._state = reader
        self._serving = serving
        self._version: object = None
        self._parsed: dict[tuple[str, str], ModelNote | None] = {}
        self._claims_of: tuple[Verdict | None, Sequence[StoredClaim]] = (None, ())

    def about(self, subject: Subject, ground: ViewFacts) -> tuple[tuple[Claim, ...], Mapping[str, int]]:
        """Return what stands about a subject, of its own notes first, and what is withheld, by kind."""
        claims = [claim for claim in self._claims if _is_about(claim, subject, ground)]
        claims.sort(key=lambda claim: (claim.note.subject != subject.name, -claim.proven.confidence))
        is_wide = subject.kind in ("directory", "repository")
        return self._standing(claims, ground, MOST_OF_FOLDER if is_wide else len(claims))

    def for_task(self, focus: TaskFocus, ground: ViewFacts) -> tuple[tuple[Claim, ...], bool]:
        """Return the standing claims that a task has most use for, and whether one of them answers it."""
        ordered = order_by_task(self._claims, focus)
        told = self._standing(ordered, ground, MOST_FOR_TASK)[0]
        answering = {claim.proven.text for claim in ordered if answers(claim, focus)}
        return told, any(claim.text in answering for claim in told)

    def expected(self, text: str, rarity: Rarity) -> Mapping[str, float]:
        """Return the subjects whose notes expected to be asked this, each with how much of that the task holds."""
        if EXPECTED not in self._verdict.open:
            return {}
        asked = set(split_terms(text))
        near = self._expecting(asked)
        rare = rarity(sorted({term for words in near for term in words})) if near else {}
        best: dict[str, float] = {}
        for words, subject in near.items():
            common = asked.intersection(words)
            share = sum(rare[term] for term in common) / (sum(rare[term] for term in words) or 1.0)
            if share >= LEAST_EXPECTED:
                best[subject] = max(best.get(subject, 0.0), share)
        return {s: best[s] for s in sorted(best, key=lambda subject: (-best[subject], subject))[:MOST_EXPECTED]}

    def votes(self, expected: Mapping[str, float], ground: ViewFacts) -> Mapping[int, float]:
        """Return the files that notes are about which expected a task; one whose claims have all fallen is none."""
        found: dict[int, float] = {}
        for subject, share in expected.items():
            mine = [claim for claim in self._claims if claim.note.subject == subject]
            claims, _ = self._standing(mine, ground, len(mine))
            for file in _files(subject, claims, ground) if claims else ():
                found[file] = max(found.get(file, 0.0), share)
        return found

    def _standing(
        self, claims: Iterable[StoredClaim], ground: ViewFacts, most: int
    ) -> tuple[tuple[Claim, ...], Mapping[str, int]]:
        """Return the first claims that stand; of those that say the same, one."""
        kept: list[StoredClaim] = []
        told: list[Claim] = []
        withheld: Counter[str] = Counter()
        for claim in claims:
            if len(told) == most:
                break
            proven = claim.proven
            evidence = standing(proven, ground)
            if evidence is None or holds_secret(proven.text):
                withheld[proven.kind] += 1
            elif not any(claim.says_the_same_as(other) for other in kept):
                kept.append(claim)
                told.append(Claim(proven.text, claim.note.subject, proven.kind, evidence, claim.note.model))
        return tuple(told), dict(withheld)

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
        return Verdict(open=frozenset((*KINDS, EXPECTED) if self._serving == "all" else ()))

    @property
    def _claims(self) -> Sequence[StoredClaim]:
        """The claims that may be served, those of newer notes first."""
        verdict = self._verdict  # looks whether anything was written
        if self._claims_of[0] is not verdict:
            self._claims_of = verdict, tuple(self._read_claims(verdict))
        return self._claims_of[1]

    def _read_claims(self, verdict: Verdict) -> Iterable[StoredClaim]:
        retracted: defaultdict[str, set[str]] = defaultdict(set)
        """By subject, the texts that newer notes take back."""
        for row in self._state.rows(_NOTES) if self._serving != "none" else ():
            note = self._parse(*row)
            if note is None:
                continue
            served = [claim for claim in note.claims if is_served(note, claim.kind, verdict)]
            yield from (StoredClaim(claim, note) for claim in served if claim.text not in retracted[note.subject])
            if served:
                retracted[note.subject].update(note.retracted)

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


_NOTES = "SELECT key, content FROM note WHERE dropped IS NULL ORDER BY at DESC, key"
_EXPECTING = """
    SELECT query.terms, note.subject, note.author
    FROM query_term JOIN query ON query.id = query_term.query JOIN note ON note.key = query.note
    WHERE query_term.term IN (SELECT value FROM json_each(?)) AND note.dropped IS NULL
    GROUP BY query.id HAVING count(*) >= ? ORDER BY note.at DESC, note.key
"""


def is_served(note: ModelNote, kind: str, verdict: Verdict) -> bool:
    """Tell whether claims of a kind are served of a note.

    What the user imported is served until a replay has judged notes of its author; all else after it has won one.
    """
    if note.imported and (verdict.authors is None or note.author not in verdict.authors):
        return True
    return kind in verdict.open and verdict.covers(note.author)


def _is_about(claim: StoredClaim, subject: Subject, ground: ViewFacts) -> bool:
    if claim.note.subject == subject.name:
        return True
    match subject.kind:
        case "file":
            return subject.name in claim.paths
        case "symbol":
            path = ground.path(subject.file)
            named = subject.symbol is not None and claim.names_definition(subject.symbol.qualname)
            return named and path in claim.paths and (claim.note.subject == path or _touches(claim, subject, ground))
        case "directory":
            return claim.folder == subject.name
    return claim.folder == "" and len(claim.paths) > 1


def _touches(claim: StoredClaim, subject: Subject, ground: ViewFacts) -> bool:
    """Tell whether evidence of a claim lies in a definition; of a file that has changed, that is taken to be so."""
    symbol, path = subject.symbol, ground.path(subject.file)
    if symbol is None or ground.has_changed(subject.file):
        return symbol is not None
    return any(
        proof.path == path and proof.start < symbol.stop and symbol.start < proof.start + len(proof.lines)
        for proof in claim.proven.proofs
    )


def _files(subject: str, claims: Iterable[Claim], ground: ViewFacts) -> tuple[int, ...]:
    """Return the files that a note is about: its subject's, and those that its claims rest on."""
    cited = (evidence.path for claim in claims for evidence in claim.evidence if evidence.path is not None)
    paths = dict.fromkeys((subject.partition(":")[0], *cited))
    return tuple(ground.position[path] for path in paths if path in ground.position)
