"""The notes of a model as they are served: only sentences whose evidence stands, of kinds that the gate lets through.

Finds notes by their subject, and by the queries that the model expected: a task in other words still leads to them.
Asks no model.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from noctule.indexer.files.line_tracking import find, hash_of
from noctule.indexer.files.redaction import holds_secret
from noctule.indexer.model_notes import gate
from noctule.indexer.model_notes.index import Card, Cards
from noctule.indexer.model_notes.store import FILE, FOLDER, KINDS, ModelNote, Proof, Proven
from noctule.indexer.notes.view_facts import Ground
from noctule.indexer.results import Claim, Evidence
from noctule.indexer.terms import terms_of

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
class Recalled:
    """A note that a task led to: how much of an expected query the task holds, its claims, the files it is about."""

    alike: float
    claims: tuple[Claim, ...]
    files: tuple[int, ...]


class Recall:
    """The notes of one repository for one reader; `folder` is that of the store. Nothing is read until it is asked."""

    def __init__(self, folder: Path, serving: Serving = "gated") -> None:
        self._folder = folder
        self._serving = serving
        self._seen: object = None

    def about(self, subject: str, ground: Ground) -> tuple[tuple[Claim, ...], Mapping[str, int]]:
        """Return what stands of the latest note of a subject that says anything, and what is withheld, by kind."""
        withheld: Counter[str] = Counter()
        for card in self._by_subject.get(subject, ()):
            note = self._note(card)
            claims, fallen = self._standing(note, ground) if note is not None else ((), Counter[str]())
            withheld = withheld or fallen
            if claims:
                return claims, dict(fallen)
        return (), dict(withheld)

    def led_to(self, text: str, ground: Ground, rarity: Rarity) -> tuple[Recalled, ...]:
        """Return the notes that a task leads to by the queries that were expected, the likest first."""
        if ANSWER not in self._open:
            return ()
        asked = set(terms_of(text))
        shared = Counter(words for term in asked for words in self._expecting.get(term, ()))
        near = {words: self._words[words] for words, count in shared.items() if count >= LEAST_SHARED}
        rare = rarity(sorted({term for words in near for term in words})) if near else {}
        best: dict[str, float] = {}
        for words, card in near.items():
            common = asked.intersection(words)
            alike = sum(rare[term] for term in common) / (sum(rare[term] for term in words) or 1.0)
            if alike >= LEAST_ALIKE:
                best[card.subject] = max(best.get(card.subject, 0.0), alike)
        found = []
        for subject in sorted(best, key=lambda subject: (-best[subject], subject))[:MOST_RECALLED]:
            claims, _ = self.about(subject, ground)  # a newer note may have taken back what the query was expected by
            if claims:
                found.append(Recalled(best[subject], claims, _files(subject, claims, ground)))
        return tuple(found)

    def _standing(self, note: ModelNote, ground: Ground) -> tuple[tuple[Claim, ...], Counter[str]]:
        claims: list[Claim] = []
        withheld: Counter[str] = Counter()
        for proven in note.claims:
            if proven.kind not in self._open:
                continue
            evidence = standing(proven, ground)
            if evidence is None or holds_secret(proven.text):
                withheld[proven.kind] += 1
            else:
                claims.append(Claim(proven.text, note.subject, proven.kind, evidence, note.model))
        return tuple(claims), withheld

    # What is on disk

    @property
    def _open(self) -> frozenset[str]:
        """The kinds of claims that are served."""
        self._look()
        return self._opened

    @property
    def _by_subject(self) -> Mapping[str, Sequence[Card]]:
        self._look()
        return self._subjects

    def _note(self, card: Card) -> ModelNote | None:
        """Return the note of a card; those that were led to stay read."""
        if card not in self._read:
            self._read[card] = Cards(self._folder).note(card)
        return self._read[card]

    def _look(self) -> None:
        """Drop what was read where the files are other ones by now."""
        seen = tuple(_state(self._folder / FOLDER / name) for name in (FILE, gate.FILE))
        if seen != self._seen:
            self._seen = seen
            for held in ("_cards", "_read", "_subjects", "_words", "_expecting", "_opened"):
                self.__dict__.pop(held, None)

    @cached_property
    def _opened(self) -> frozenset[str]:
        if self._serving == "gated":
            return gate.verdict_of(self._folder).open
        return frozenset(KINDS if self._serving == "all" else ())

    @cached_property
    def _cards(self) -> tuple[Card, ...]:
        """The cards of the notes that may be served, the newest first."""
        if not self._opened:
            return ()
        cards = Cards(self._folder).read()
        if self._serving != "gated":
            return cards
        verdict = gate.verdict_of(self._folder)
        return tuple(card for card in cards if verdict.covers(card.author))

    @cached_property
    def _read(self) -> dict[Card, ModelNote | None]:
        return {}

    @cached_property
    def _subjects(self) -> dict[str, list[Card]]:
        found: dict[str, list[Card]] = {}
        for card in self._cards:
            found.setdefault(card.subject, []).append(card)
        return found

    @cached_property
    def _words(self) -> dict[tuple[str, ...], Card]:
        """The terms of each expected query, and the newest note that expects it."""
        found: dict[tuple[str, ...], Card] = {}
        for card in self._cards:
            for words in card.words:
                found.setdefault(words, card)
        return found

    @cached_property
    def _expecting(self) -> dict[str, list[tuple[str, ...]]]:
        """The expected queries that hold a term."""
        found: dict[str, list[tuple[str, ...]]] = {}
        for words in self._words:
            for term in words:
                found.setdefault(term, []).append(words)
        return found


def standing(proven: Proven, ground: Ground) -> tuple[Evidence, ...] | None:
    """Return the evidence of a claim where it stands now; None where any of it is gone, or there never was any."""
    found = [_commit(proof, ground) if proof.commit else _lines(proof, ground) for proof in proven.proofs]
    held = tuple(evidence for evidence in found if evidence is not None)
    return held if held and len(held) == len(found) else None


def _commit(proof: Proof, ground: Ground) -> Evidence | None:
    return Evidence(None, None, None, None, (proof.commit,)) if ground.has_commit(proof.commit) else None


def _lines(proof: Proof, ground: Ground) -> Evidence | None:
    file = ground.position.get(proof.path)
    if file is None or not proof.lines or not ground.is_there(file):
        return None
    live = ground.live_hashes(file) if ground.has_changed(file) else ground.learned_hashes([file])[file]
    wanted = array("I", proof.lines)
    now = None if live is None else find(wanted, proof.start, live)
    if now is None:
        return None
    moved = proof.start + 1 if now.start != proof.start else None
    return Evidence(proof.path, now.start + 1, now.stop, hash_of(wanted), (), moved)


def _files(subject: str, claims: Iterable[Claim], ground: Ground) -> tuple[int, ...]:
    """Return the files that a note is about: its subject's, and those that its claims rest on."""
    cited = (evidence.path for claim in claims for evidence in claim.evidence if evidence.path is not None)
    paths = dict.fromkeys((subject.partition(":")[0], *cited))
    return tuple(ground.position[path] for path in paths if path in ground.position)


def _state(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
