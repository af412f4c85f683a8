"""Which files of one repository change when some of another do, learned from the commits of both. Pure.

Two commits are joint where one author made them within hours and in like words, or where both name one ticket within
a week. A file is expected to change with another where it did so in most of that one's latest commits; past commits
are gone through in order, and each is held against what those before it let expect. What was mostly wrong there is not
kept.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from noctule.indexer.history.counts import telling
from noctule.indexer.history.history import History

AUTHOR_S = 12 * 3600
TICKET_S = 7 * 86_400
LEAST_ALIKE = 0.3
"""Terms that two messages share, of all that either has."""
MOST_OF_TICKET = 20
"""What more commits of a repository name is no ticket: UTF-8, SHA-256."""
LATEST = 10
"""So many of a file's commits say what changes with it."""
LEAST_TOGETHER, LEAST_SHARE = 3, 0.6
LEAST_TRIALS, LEAST_RIGHT = 5, 0.75
"""How often an expectation has to have been held against commits, and right, before it is told."""
LEAST_TOLD, LEAST_TOLD_RIGHT = 10, 0.5
"""The same, of all that would have been told of two repositories, lately."""
LATEST_TOLD = 100

_KEY = re.compile(r"\b[A-Z][A-Z0-9]{1,9}-\d{1,6}\b")
_REFERENCE = re.compile(r"([\w.-]+/[\w.-]+)(?:#|/(?:-/)?(?:issues|pull|merge_requests)/)(\d{1,7})\b")


@dataclass(frozen=True, slots=True)
class DatedCommit:
    """What of a commit says that it belongs to one of another repository; `files` by their names of today."""

    oid: str
    time: int
    author: str
    terms: frozenset[str]
    tickets: frozenset[str]
    files: frozenset[str]


@dataclass(frozen=True, slots=True)
class JointRule:
    """When `path` changes, so does `other` in the other repository: in `both` of its `latest` commits.

    Held against `trials` commits that it was not learned from, it was right for `right`. `commits` are those of `path`.
    """

    path: str
    other: str
    both: int
    latest: int
    right: int
    trials: int
    commits: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class JointRules:
    """What is told of one repository's changes to another's, and how often what was told like this was right."""

    rules: tuple[JointRule, ...]
    right: int
    trials: int


def find_tickets(message: str) -> frozenset[str]:
    """Return the tickets that a message names so that any repository knows which are meant: PAY-12, team/api#12."""
    return frozenset(_KEY.findall(message)) | {f"{place}#{n}" for place, n in _REFERENCE.findall(message)}


def date_commits(history: History, tickets: Mapping[str, frozenset[str]]) -> list[DatedCommit]:
    """Return the commits that say which files belong together, the oldest first."""
    found = [
        DatedCommit(
            history.oids[row],
            int(history.dates[row]),
            history.author_names[history.authors[row]],
            frozenset(history.message_terms(row)),
            tickets.get(history.oids[row], frozenset()),
            frozenset(history.paths[file] for file in history.files[history.offsets[row] : history.offsets[row + 1]]),
        )
        for row in np.flatnonzero(telling(history.flags, np.diff(history.offsets))).tolist()
    ]
    return sorted(found, key=lambda commit: commit.time)


def find_joint_rules(commits: Sequence[DatedCommit], others: Sequence[DatedCommit]) -> JointRules:
    """Return which files of `others` are expected to change with those of `commits`; both the oldest first."""
    walk = _Walk()
    for commit, together in zip(commits, _find_together(commits, others), strict=True):
        walk.take(commit, together)
    return walk.end()


def _find_together(commits: Sequence[DatedCommit], others: Sequence[DatedCommit]) -> list[frozenset[str]]:
    """Return for each commit the files that its joint commits changed."""
    by_author: dict[str, list[DatedCommit]] = defaultdict(list)
    by_ticket: dict[str, list[DatedCommit]] = defaultdict(list)
    for other in others:
        by_author[other.author].append(other)
        for ticket in other.tickets:
            by_ticket[ticket].append(other)
    named = Counter(ticket for commit in commits for ticket in commit.tickets)
    own = {commit.oid for commit in commits}  # two clones of one repository have commits in common
    found = []
    for commit in commits:
        near = _slice_window(by_author.get(commit.author, ()), commit.time, AUTHOR_S)
        joint = [one for one in near if _are_alike(one.terms, commit.terms)]
        for ticket in commit.tickets:
            same = by_ticket.get(ticket, ())
            if max(named[ticket], len(same)) <= MOST_OF_TICKET:
                joint += _slice_window(same, commit.time, TICKET_S)
        found.append(frozenset[str]().union(*(one.files for one in joint if one.oid not in own)))
    return found


def _slice_window(commits: Sequence[DatedCommit], time: int, seconds: int) -> Sequence[DatedCommit]:
    first = bisect_left(commits, time - seconds, key=lambda one: one.time)
    return commits[first : bisect_right(commits, time + seconds, key=lambda one: one.time)]


def _are_alike(terms: frozenset[str], others: frozenset[str]) -> bool:
    shared = len(terms & others)
    return shared >= LEAST_ALIKE * (len(terms) + len(others) - shared) > 0


class _Walk:
    """Commits in order: each is a trial of what those before it let expect, then it is learned from."""

    def __init__(self) -> None:
        self._latest: dict[str, deque[tuple[str, frozenset[str]]]] = defaultdict(lambda: deque(maxlen=LATEST))
        self._records: dict[tuple[str, str], list[bool]] = defaultdict(list)
        self._told: deque[bool] = deque(maxlen=LATEST_TOLD)
        self._waiting: deque[tuple[DatedCommit, frozenset[str], set[tuple[str, str]]]] = deque()

    def take(self, commit: DatedCommit, together: frozenset[str]) -> None:
        """Hold one commit against what is expected."""
        # Which commits belong to one is known when they have had time to come.
        self._learn(commit.time - 2 * TICKET_S)
        expected = {(path, other) for path in commit.files for other in self._expect(path)}
        for other in {other for path, other in expected if self._is_proven((path, other))}:
            self._told.append(other in together)
        self._waiting.append((commit, together, expected))

    def end(self) -> JointRules:
        """Return what is to be told from here on."""
        self._learn(None)
        right, trials = sum(self._told), len(self._told)
        if trials < LEAST_TOLD or right < LEAST_TOLD_RIGHT * trials:
            return JointRules((), right, trials)
        proven = [
            (path, other) for path in self._latest for other in self._expect(path) if self._is_proven((path, other))
        ]
        return JointRules(tuple(self._rule(*pair) for pair in sorted(proven)), right, trials)

    def _learn(self, until: int | None) -> None:
        while self._waiting and (until is None or self._waiting[0][0].time <= until):
            commit, together, expected = self._waiting.popleft()
            for path in commit.files:
                self._latest[path].append((commit.oid, together))
            for pair in expected:
                self._records[pair].append(pair[1] in together)

    def _expect(self, path: str) -> list[str]:
        latest = self._latest.get(path, ())
        if sum(bool(together) for _, together in latest) < LEAST_TOGETHER:
            return []
        counts = Counter(other for _, together in latest for other in together)
        return [other for other, both in counts.items() if both >= max(LEAST_TOGETHER, LEAST_SHARE * len(latest))]

    def _is_proven(self, pair: tuple[str, str]) -> bool:
        record = self._records.get(pair, ())
        return len(record) >= LEAST_TRIALS and sum(record) >= LEAST_RIGHT * len(record)

    def _rule(self, path: str, other: str) -> JointRule:
        latest, record = self._latest[path], self._records[path, other]
        both = [oid for oid, together in latest if other in together]
        return JointRule(path, other, len(both), len(latest), sum(record), len(record), tuple(both[::-1]))
