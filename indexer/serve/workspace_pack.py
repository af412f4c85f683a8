"""One pack for a task over several repositories: one ranking, one budget.

Every member says first how many of its files hold each word of the task, which is cheap. Those whose words these are
rank it, without looking at their files. How likely a file is, is how likely the task is about its repository, times
what the repository's own past says of the file. The repositories that hold a fair share of that among the likeliest
files look at them, and each packs its share of the budget; files of others are only named.
"""

from __future__ import annotations

import math
import os
import re
import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from threading import Lock

from noctule.indexer.results import Claim, Freshness, Pack
from noctule.indexer.runtime import notify
from noctule.indexer.runtime.collections import no_collections
from noctule.indexer.search.confidence import Words
from noctule.indexer.search.named_places import LIKELY_DEFINITION as LEAST_EXPLAINED
from noctule.indexer.search.pack import abstain
from noctule.indexer.search.query import ALL_FIELDS, TaskQuery, read, weigh
from noctule.indexer.serve.joint_evidence import JointEvidence, JointPartner
from noctule.indexer.serve.queries import CANDIDATE_FILES, Reader
from noctule.indexer.serve.ranked_task import RankedTask
from noctule.indexer.serve.repository import Repository
from noctule.indexer.serve.workspace_members import Asking
from noctule.indexer.serve.workspace_results import (
    ITSELF,
    MemberState,
    WorkspaceFile,
    WorkspacePack,
    path_from_workspace,
)
from noctule.indexer.tokens import TOKENIZER, count

ABSTAINED = "Noctule: nothing in these repositories clearly matches this task."
LEAST_SHARE = 0.3
"""A repository that holds less of the probability of the likeliest files shows no source: its files are named."""
LEAST_TOKENS = 150
"""A smaller share of the budget shows nothing."""
ABOUT_WEIGHT, WORDS_WEIGHT = 0.55, 1.7
"""Weights of two figures: how likely the task is about a repository at all, and how much more its words belong to this
repository than to the others. Chosen near the best for 632 held-out commits of 18 repositories
(docs/decisions/workspace.md)."""
LEAST_ODDS = 0.5
"""Least odds of a repository that alone defines a name of the task, relative to the likeliest repository."""
NAMED_PART = 0.5
"""Least share of the budget for such a repository, relative to that of the likeliest one."""
SMOOTHING = 0.1
MOST_BEHIND = 0.5, 1.0, math.inf
"""A repository whose words fit this much worse than the best one's is used only if those before it have no answer."""
LEAST_NAMED, MOST_NAMED = 0.02, 5
JOINED_FILES, MOST_SAID = 5, 2
"""How many of the first files are searched for partners in other repositories, and how many partners are named."""
_PLAIN = re.compile(r"[A-Za-z0-9_./@+-]{1,120}")


@dataclass(frozen=True, slots=True)
class WordCounts:
    """How many files a member has, and how many of them hold each term of the task."""

    files: int
    holders: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Ranked:
    """What a member made of the task: its likeliest files as (path, probability)."""

    reader: Reader
    root: Path
    found: RankedTask
    files: Sequence[tuple[str, float]]
    answers: bool
    looked: bool


@dataclass(frozen=True, slots=True)
class _Plan:
    """The likeliest files of all as (probability, member, path), how far to look in each member, and its tokens."""

    listed: Sequence[tuple[float, str, str]]
    weights: Mapping[str, float]
    candidates: Mapping[str, int]
    shares: Mapping[str, int]
    also: str
    claims: Sequence[Claim]

    def count_files(self, name: str) -> int:
        """Return how many of the likeliest files are a member's."""
        return sum(of == name for _, of, _ in self.listed)


@dataclass(frozen=True, slots=True)
class WorkspaceTask:
    """A task that all repositories of a workspace are asked."""

    joint: JointEvidence
    task: str
    budget: int
    most_files: int
    asking: Asking
    asked: TaskQuery
    terms: Sequence[str]
    turn: Lock = field(default_factory=Lock, repr=False, compare=False)
    """Held by the member that computes: what several threads of Python compute side by side takes them all longer."""

    @classmethod
    def of(cls, joint: JointEvidence, task: str, budget: int, most_files: int, asking: Asking) -> WorkspaceTask:
        """Read a task, once for all members."""
        asked = read(task)
        return cls(joint, task, budget, most_files, asking, asked, list(weigh(asked, ALL_FIELDS)))

    def pack(self) -> WorkspacePack:
        """Rank, choose and pack."""
        with no_collections():
            return self._pack_all()

    def _pack_all(self) -> WorkspacePack:
        started = time.perf_counter()
        counts = self.asking.ask(self.asking.members, lambda _: self._count_words, looks=False)
        fits = fit_words(counts)
        ranked: dict[str, _Ranked] = {}
        asked: set[str] = set()
        for behind in MOST_BEHIND:
            near = {name for name, fit in fits.items() if fit >= max(fits.values()) - behind}
            next_ones = (near | self._find_named(counts)) - asked
            ranked |= self._ask_for_ranks(next_ones)
            asked |= next_ones
            if any(one.answers for one in ranked.values()):
                break
        while True:
            plan = self._plan(ranked, fits)
            packs, changed = self._ask_for_packs(plan, ranked)
            ranked = {name: one for name, one in (ranked | changed).items() if name not in self.asking.failed}
            if not changed and plan.shares.keys() <= packs.keys():
                break
        sections = [_heading(name) + pack.text for name, pack in packs.items() if pack.text and not pack.abstained]
        text = "\n".join([*sections, plan.also] if plan.also else sections)
        if counts and not plan.listed:
            text = abstain(self.budget, ABSTAINED).text
        return WorkspacePack(
            str(self.joint.workspace),
            self.budget,
            count(text),
            TOKENIZER,
            not plan.listed,
            1000 * (time.perf_counter() - started),
            tuple(
                WorkspaceFile(name, path_from_workspace(name, path), rank, probability)
                for rank, (probability, name, path) in enumerate(plan.listed, 1)
            ),
            tuple(_state(name, plan, packs.get(name)) for name in counts if name not in self.asking.failed),
            self.asking.failed,
            text,
            tuple(plan.claims),
        )

    # In the thread of a member

    def _count_words(self, repository: Repository) -> WordCounts:
        notify.send(repository.folder, "asked")
        index = repository.reader.index
        with self.turn:
            return WordCounts(index.size, {term: len(at.blobs) for term, at in index.postings(self.terms).items()})

    def _screen_and_rank(self, repository: Repository) -> _Ranked | None:
        """Rank the task; None where it is clear without a ranking that there is no answer."""
        with self.turn:
            words = repository.reader.screen(self.task, self.asked)
        return self._rank(repository, words, looks=False) if words is not None else None

    def _rank(self, repository: Repository, words: Words = None, *, looks: bool) -> _Ranked:
        reader = repository.reader
        with self.turn:
            found = reader.rank(self.task, self.asked, words, looks=looks)
            best = reader.first_files(found, max(CANDIDATE_FILES, self.most_files))
            files = [(reader.index.paths[file], found.likely[file]) for file in best]
            return _Ranked(reader, repository.root, found, files, reader.answers(found), looks)

    def _pack(self, repository: Repository, name: str, plan: _Plan, ranked: _Ranked) -> Pack | _Ranked:
        reader = repository.reader
        if not ranked.looked and reader.has_lost_files:
            return self._rank(repository, looks=True)
        with self.turn:
            found = ranked.found if reader is ranked.reader else reader.rank(self.task, self.asked)
            weight = plan.weights[name]
            scaled = found._replace(likely=[weight * probability for probability in found.likely])
            files, candidates = plan.count_files(name), plan.candidates[name]
            # The text is all that is told: it gives no reason for what it does not name.
            return reader.pack(scaled, plan.shares[name], files, candidates, least_explained=LEAST_EXPLAINED)

    # Over all members

    def _find_named(self, counts: Mapping[str, WordCounts]) -> set[str]:
        """Return the members that alone hold a name of the task, however much of the rest is another's."""
        names = {name.lower() for name in self.asked.names if _is_code(name)}
        return find_alone({name: one.holders.keys() & names for name, one in counts.items()})

    def _ask_for_ranks(self, names: Collection[str]) -> dict[str, _Ranked]:
        found = self.asking.ask(names, lambda _: self._screen_and_rank, looks=False)
        return {name: one for name, one in found.items() if one is not None}

    def _ask_for_packs(self, plan: _Plan, ranked: Mapping[str, _Ranked]) -> tuple[dict[str, Pack], dict[str, _Ranked]]:
        """Return the packs, and what members rank otherwise now that their files were looked at: then plan again."""
        asked = self.asking.ask(plan.shares, lambda name: lambda one: self._pack(one, name, plan, ranked[name]))
        named = [name for name in plan.candidates if name not in plan.shares and _may_be_gone(ranked[name], name, plan)]
        again = self.asking.ask(named, lambda _: lambda one: self._rank(one, looks=True))
        packs = {name: answer for name, answer in asked.items() if isinstance(answer, Pack)}
        return packs, again | {name: answer for name, answer in asked.items() if isinstance(answer, _Ranked)}

    def _plan(self, ranked: Mapping[str, _Ranked], fits: Mapping[str, float]) -> _Plan:
        fitting = {name: one for name, one in ranked.items() if one.answers}
        defined = {
            name: set(filter(_is_code, chain(*one.found.signals.defined.values()))) for name, one in fitting.items()
        }
        named = find_alone(defined)
        weights = weigh_members({name: one.found.about for name, one in fitting.items()}, fits, named)
        likely = [
            (weight * probability, name, at, path)
            for name, weight in weights.items()
            for at, (path, probability) in enumerate(ranked[name].files)
        ]
        likely.sort(key=lambda entry: (-entry[0], entry[1], entry[2]))
        first, partners = self._join([(probability, name, path) for probability, name, _, path in likely])
        listed = first[: self.most_files]
        candidates = Counter(name for _, name, _ in first[: max(CANDIDATE_FILES, self.most_files)] if name in weights)
        parts = share(self.budget, [(name, chance) for chance, name, _ in listed if name in weights], named)
        most = self.budget // 2 if parts else self.budget
        also = _also([entry for entry in listed if entry[1] not in parts], partners, most)
        left = max(self.budget - (count(also) + 1 if also else 0), 0)
        shares = {name: max(int(left * part) - count(_heading(name)), 0) for name, part in parts.items()}
        return _Plan(listed, weights, candidates, shares, also, [one.claim for one in partners])

    def _join(self, likely: list[tuple[float, str, str]]) -> tuple[list[tuple[float, str, str]], list[JointPartner]]:
        """Let the first files bring in those of other repositories that change with them; return what says so too."""
        chances = {(name, path): probability for probability, name, path in likely[:JOINED_FILES]}
        partners = self.joint.find(list(chances), self.asking) if chances else []
        joined = {(one.repository, one.path): one.chance * chances[one.of] for one in partners}
        if not joined:
            return likely, []
        found = [(max(probability, joined.pop((name, path), 0.0)), name, path) for probability, name, path in likely]
        found += [(probability, name, path) for (name, path), probability in joined.items()]
        found.sort(key=lambda entry: -entry[0])  # of equals, the first stays the first
        listed = {(name, path) for _, name, path in found[: self.most_files]}
        return found, [one for one in partners if (one.repository, one.path) in listed]


def fit_words(counts: Mapping[str, WordCounts]) -> dict[str, float]:
    """Return how far the words of a task are each member's: the mean logarithm of how much more of its files than of
    all members' hold a word."""
    total = sum(one.files for one in counts.values())
    holders: Counter[str] = Counter()
    for one in counts.values():
        holders.update(one.holders)
    means = {term: n / max(total, 1) for term, n in holders.items()}
    return {
        name: sum(
            math.log((one.holders.get(term, 0) / max(one.files, 1) / mean + SMOOTHING) / (1 + SMOOTHING))
            for term, mean in means.items()
        )
        / max(len(means), 1)
        for name, one in counts.items()
    }


def weigh_members(
    about: Mapping[str, float], fits: Mapping[str, float], named: Collection[str] = ()
) -> dict[str, float]:
    """Return how likely a task is about each member rather than another: by what each says itself, and by its words.

    A task may be about several: those that it names cannot fall far behind the likeliest.
    """
    logits = {}
    for name, probability in about.items():
        sure = min(max(probability, 1e-6), 1 - 1e-6)
        logits[name] = ABOUT_WEIGHT * math.log(sure / (1 - sure)) + WORDS_WEIGHT * fits[name]
    odds = {name: math.exp(logit - max(logits.values())) for name, logit in logits.items()}
    odds |= {name: max(odds[name], LEAST_ODDS) for name in odds.keys() & set(named)}
    return {name: odd / sum(odds.values()) for name, odd in odds.items()}


def find_alone(held: Mapping[str, Collection[str]]) -> set[str]:
    """Return who holds something that nobody else does."""
    holders = Counter(thing for things in held.values() for thing in things)
    return {name for name, things in held.items() if any(holders[thing] == 1 for thing in things)}


def _is_code(name: str) -> bool:
    """Tell a name that reads like code from a word at the beginning of a sentence."""
    return not (name[0].isupper() and name[1:].islower())


def share(budget: int, found: Sequence[tuple[str, float]], named: Collection[str] = ()) -> dict[str, float]:
    """Return the parts of a budget by the probability of each repository's files; none is too small to show source.

    What the task names has a fair part, however likely the rest is.
    """
    sums: dict[str, float] = {}
    for name, probability in found:
        sums[name] = sums.get(name, 0.0) + probability
    sums |= {name: max(sums[name], NAMED_PART * max(sums.values())) for name in sums.keys() & set(named)}
    while sums:
        total = sum(sums.values()) or 1.0
        least = min(sums, key=lambda name: sums[name])
        if len(sums) == 1 or (sums[least] >= LEAST_SHARE * total and budget * sums[least] >= LEAST_TOKENS * total):
            return {name: value / total if len(sums) > 1 else 1.0 for name, value in sums.items()}
        del sums[least]
    return {}


def _may_be_gone(ranked: _Ranked, name: str, plan: _Plan) -> bool:
    """Tell whether a file that is named without its text may be gone; if not, its repository's files are not read."""
    return not ranked.looked and not all(
        os.path.lexists(ranked.root / path) for _, of, path in plan.listed if of == name
    )


def _state(name: str, plan: _Plan, pack: Pack | None) -> MemberState:
    if pack is None:
        return MemberState(name, None, False, Freshness("unknown"), plan.count_files(name), 0)
    return MemberState(name, pack.revision, pack.dirty, pack.freshness, plan.count_files(name), plan.shares[name])


def _heading(name: str) -> str:
    return "" if name == ITSELF else f"Repository {name}/:\n"


def _also(files: Sequence[tuple[float, str, str]], partners: Sequence[JointPartner], most: int) -> str:
    """Name the likeliest files of repositories that show no source, and say what changes with what, in `most` tokens.

    Plain paths alone stand outside of a fence.
    """
    paths = [
        f"{path} ({probability:.2f})"
        for probability, name, relative in files
        if probability >= LEAST_NAMED and _PLAIN.fullmatch(path := path_from_workspace(name, relative))
    ]
    lines = [f"Less likely, in other repositories: {', '.join(paths[:MOST_NAMED])}"] if paths else []
    said = [one.claim.text for one in partners if all(map(_PLAIN.fullmatch, (one.claim.subject, one.name)))]
    lines += said[:MOST_SAID]
    while lines and count("\n".join(lines)) > most:
        lines.pop()
    return "\n".join(lines)
