"""A model's claim and a subject or a task in, whether or how much the one is about the other out. Reads nothing.

A claim is about the files that its evidence lies in, the definitions that it names there, the folder that holds all of
its evidence, and whatever its note was about.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from noctule.indexer.model_notes.store import ModelNote, Proof, VerifiedClaim
from noctule.indexer.terms import split_terms

LEAST_ALIKE = 0.5
"""Two sentences on overlapping evidence say the same where they share this much of their terms."""
USUAL_TERMS = 15
"""A claim has about so many terms; the words of a longer one count for less."""
SITE, FILE, ASKED = 6.0, 2.0, 4.0
"""What is added to the worth of a claim that names a definition which is sure to be touched, that lies in such a file,
and whose note expected to be asked just this."""
MOST_SITES = 2
FEWEST_WORDS = 2
FEWEST_IN_ANSWER, LEAST_IN_ANSWER = 3, 0.4
"""A claim that holds so many terms of a task, and this share of them by rarity, answers it."""
LEAST_OF_BEST = 0.3
"""A claim of less worth than this share of the best one's is left out."""
_QUOTED = re.compile(r"`([^`\s]+)`")
_NAME = re.compile(r"[^\W\d]\w*(?:(?:\.|::|#)[^\W\d]\w*)*")


@dataclass(frozen=True)
class StoredClaim:
    """A claim with the note that it stands in."""

    proven: VerifiedClaim
    note: ModelNote

    @cached_property
    def terms(self) -> frozenset[str]:
        """The search terms of its text."""
        return frozenset(split_terms(self.proven.text))

    @cached_property
    def names(self) -> frozenset[tuple[str, ...]]:
        """The names that it quotes, each cut at its dots, such as ("Cart", "total")."""
        found = (_NAME.fullmatch(quoted.strip("().")) for quoted in _QUOTED.findall(self.proven.text))
        return frozenset(tuple(re.split(r"\.|::|#", name[0])) for name in found if name is not None)

    @cached_property
    def paths(self) -> frozenset[str]:
        """The files that its evidence lies in."""
        return frozenset(proof.path for proof in self.proven.proofs if proof.path)

    @cached_property
    def folder(self) -> str | None:
        """The innermost folder that holds all of its evidence; None where it rests on commits alone."""
        folders = [path.split("/")[:-1] for path in self.paths]
        if not folders:
            return None
        same = 0
        while all(len(f) > same and f[same] == folders[0][same] for f in folders):
            same += 1
        return "/".join(folders[0][:same])

    def names_definition(self, qualname: str) -> bool:
        """Tell whether it names a definition, by all of its dotted name or by the end of it."""
        parts = tuple(re.split(r"\.|::", qualname))
        return any(parts[-len(name) :] == name for name in self.names)

    def says_the_same_as(self, other: StoredClaim) -> bool:
        """Tell whether two claims of one subject come to the same."""
        return self.note.subject == other.note.subject and say_the_same(self.proven, other.proven)


def alike(one: str, other: str) -> float:
    """Return how much two sentences have in common: terms that both hold, as a share of those that either holds."""
    left, right = set(split_terms(one)), set(split_terms(other))
    return len(left & right) / len(left | right) if left or right else 1.0


def say_the_same(one: VerifiedClaim, other: VerifiedClaim) -> bool:
    """Tell whether two claims come to the same: equal texts, or much the same words of one kind on common evidence."""
    if one.text == other.text:
        return True
    touching = any(_overlap(a, b) for a in one.proofs for b in other.proofs)
    return one.kind == other.kind and touching and alike(one.text, other.text) >= LEAST_ALIKE


def _overlap(one: Proof, other: Proof) -> bool:
    if one.commit or other.commit:
        return one.commit == other.commit
    return (
        one.path == other.path
        and one.start < other.start + len(other.lines)
        and other.start < one.start + len(one.lines)
    )


@dataclass(frozen=True, slots=True)
class Site:
    """A definition that a task is likely to touch."""

    path: str
    qualname: str
    probability: float


@dataclass(frozen=True, slots=True)
class TaskFocus:
    """What a task is about: how rare each of its terms is, and which definitions and files it is likely to touch.

    `expected` are the subjects whose notes expected to be asked this, with how much of that the task holds.
    """

    rarity: Mapping[str, float]
    sites: Sequence[Site] = ()
    files: Mapping[str, float] = field(default_factory=dict)
    expected: Mapping[str, float] = field(default_factory=dict)


def order_by_task(claims: Sequence[StoredClaim], focus: TaskFocus) -> list[StoredClaim]:
    """Return the claims that a task has use for, the most useful first.

    Words count that are rare in the repository and among the claims; one word alone leads nowhere.
    """
    holding = Counter(term for claim in claims for term in claim.terms.intersection(focus.rarity))
    rare = {term: focus.rarity[term] * math.log(1 + len(claims) / n) for term, n in holding.items()}
    best_site: dict[str, list[Site]] = {}
    for site in focus.sites:
        best_site.setdefault(re.split(r"\.|::", site.qualname)[-1], []).append(site)
    found = []
    for claim in claims:
        shared = claim.terms.intersection(rare)
        words = sum(rare[term] for term in shared) / (0.5 + 0.5 * len(claim.terms) / USUAL_TERMS)
        sites = _site_probability(claim, best_site)
        expected = focus.expected.get(claim.note.subject, 0.0)
        if len(shared) >= FEWEST_WORDS or (shared and sites > 0) or expected:
            file = max((focus.files.get(path, 0.0) for path in claim.paths), default=0.0)
            found.append((words + SITE * sites + FILE * file + ASKED * expected, claim))
    found.sort(key=lambda pair: -pair[0])
    return [claim for worth, claim in found if worth >= LEAST_OF_BEST * found[0][0]]


def answers(claim: StoredClaim, focus: TaskFocus) -> bool:
    """Tell whether a claim holds so much of a task that the task is about this repository, whatever else it says."""
    shared = claim.terms.intersection(focus.rarity)
    held = sum(focus.rarity[term] for term in shared)
    return len(shared) >= FEWEST_IN_ANSWER and held >= LEAST_IN_ANSWER * sum(focus.rarity.values())


def _site_probability(claim: StoredClaim, sites: Mapping[str, Iterable[Site]]) -> float:
    chances = [
        max((s.probability for s in sites.get(name[-1], ()) if s.path in claim.paths), default=0.0)
        for name in claim.names
    ]
    return sum(sorted(chances, reverse=True)[:MOST_SITES])
