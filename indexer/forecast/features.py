"""What a history had to say about each file just before a given commit: the evidence that predictions rest on.

Knows no model, no probability and no file's text. The same code looks at a past commit, to learn from it, and at the
present, to answer; nothing here can see the commit it looks at or a later one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from noctule.indexer.arrays import unique
from noctule.indexer.files.roles import classify_role
from noctule.indexer.forecast.together import CoChanges, Floats, Postings
from noctule.indexer.history.history import BOT, FIX, MASS, MERGE, RELEASE, Bytes, History, Ints
from noctule.indexer.terms import STOP_WORDS, WORD, subterms

Flags = NDArray[np.bool_]

HALF_LIVES = (5, 30, 200, 2_000)
LEFT_OUT = MASS | BOT | RELEASE
"""Commits that are no sign of what somebody changes next."""
WINDOW = 20_000
"""Commits that an answer can look back on; older ones count in the churn only."""
LOOK_BACK = 200
"""Commits of a given file that are looked at for what changed with it."""

BASE = (
    *(f"churn {half_life}" for half_life in HALF_LIVES),
    *(
        "recency",
        "age",
        "fix share",
        "directory churn",
        "session co-change",
        "session file",
        "session directory",
        "touches",
    ),
)
GIVEN = (
    *("best co-change", "joint co-change", "long co-change", "best share", "same directory", "same stem"),
    *("last together", "has co-change", "co-change churn"),
)
WORDS = ("similar commits", "word commits", "name words")

_FLOOR = np.float32(0.01)
_STEM = re.compile(r"^(?:tests?[_-])|(?:[_-]?(?:tests?|spec))$")
_NO_STEMS = frozenset({"__init__", "mod", "lib", "index", "main", "utils", "util", "types", "readme", "conftest"})


@dataclass(frozen=True, eq=False)
class PathNames:
    """Files by the words of their paths, by directory and by stem; words are 64-bit hashes in ascending order."""

    words: NDArray[np.uint64]
    files: Postings
    directories: Ints
    stems: Ints

    @classmethod
    def of(cls, paths: Sequence[str]) -> PathNames:
        """Index the paths; a file's number is its position."""
        keys: list[int] = []
        files: list[int] = []
        known: dict[str, int] = {}
        for number, path in enumerate(paths):
            terms = {term for word in WORD.findall(path) if word.lower() not in STOP_WORDS for term in subterms(word)}
            files.extend([number] * len(terms))
            keys.extend(known.setdefault(term, len(known)) for term in sorted(terms))
        hashes = hash_words(known)
        order = np.argsort(hashes)
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        postings = Postings.of(place[np.array(keys, np.int64)], np.array(files, np.int64), len(known))
        return cls(hashes[order], postings, _number(map(parent_folder, paths)), _number(map(bare_stem, paths)))


def forecastable(paths: Sequence[str]) -> Flags:
    """Return which files are named as likely to change: lock files and others that tools write are not."""
    return np.array([_role(path) != "generated" for path in paths], bool)


_role = lru_cache(maxsize=1 << 17)(classify_role)


def parent_folder(path: str) -> str:
    """The folder of a path."""
    return path.rpartition("/")[0]


def bare_stem(path: str) -> str:
    """What a source file and its test share: the bare name; a name that says nothing stands for its path."""
    name = path.rpartition("/")[2].lower().lstrip(".").partition(".")[0]
    bare = _STEM.sub("", name)
    return path if len(bare) < 3 or bare in _NO_STEMS else bare


def _number(keys: Iterable[str]) -> Ints:
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], np.int32)


def hash_words(words: Iterable[str]) -> NDArray[np.uint64]:
    """Words as 64-bit numbers that are the same in every process."""
    digests = (hashlib.blake2b(word.encode("utf-8", "replace"), digest_size=8).digest() for word in words)
    return np.frombuffer(b"".join(digests), np.uint64)


@dataclass(frozen=True, eq=False)
class Past:
    """Commits that are no merges, oldest first, and what they touched.

    Mass commits, releases and those of bots touch nothing here, and nothing touches generated files. `previous` is the
    nearest such commit on a commit's own line, or -1, so that what somebody did last on a branch is told from what
    happened elsewhere at the same time; it has one more entry, for the commit to come. `words` are 64-bit hashes.
    """

    flags: Bytes
    previous: Ints
    sizes: Ints
    word_counts: Floats
    commits: Postings  # commit -> files
    files: Postings  # file -> commits
    words: NDArray[np.uint64]
    mentions: Postings  # word -> commits

    @property
    def file_count(self) -> int:
        """How many files are numbered."""
        return len(self.files.offsets) - 1

    @cached_property
    def usable(self) -> Flags:
        """Which commits can stand for a change that somebody makes: none by bots, no releases, no mass changes."""
        return np.asarray(((self.flags & LEFT_OUT) == 0) & (self.sizes > 0))

    @classmethod
    def of(cls, history: History, first: int = 0, number_of: Ints | None = None, width: int | None = None) -> Past:
        """Keep the plain commits from `first` on; `number_of` gives `width` files other numbers, -1 drops one."""
        order = plain_order(history)
        if number_of is None:
            number_of = np.where(forecastable(history.paths), np.arange(len(history.paths)), -1).astype(np.int32)
        width = len(number_of) if width is None else width
        plain = (history.flags & MERGE) == 0
        kept = np.flatnonzero(plain)[first:]
        flags = history.flags[kept]

        ordinals = order[history.rows] - first
        counted = plain[history.rows] & (ordinals >= 0)
        counted[counted] &= (flags[ordinals[counted]] & LEFT_OUT) == 0
        pairs = unique(ordinals[counted].astype(np.int64) * len(history.paths) + history.files[counted])
        rows, files = pairs // max(len(history.paths), 1), number_of[pairs % max(len(history.paths), 1)]
        sizes = np.bincount(rows, minlength=len(kept)).astype(np.int32)
        rows, files = rows[files >= 0], files[files >= 0]

        term_rows = np.repeat(np.arange(len(history)), np.diff(history.term_offsets))
        said = plain[term_rows] & (order[term_rows] >= first)
        hashes = hash_words(history.terms)
        by_hash = np.argsort(hashes)
        place = np.empty(len(by_hash), np.int32)
        place[by_hash] = np.arange(len(by_hash))
        mention_rows = order[term_rows[said]] - first
        return cls(
            flags=flags,
            previous=np.maximum(_previous(history, order)[first:] - first, -1),
            sizes=sizes,
            word_counts=np.bincount(mention_rows, minlength=len(kept)).astype(np.float32),
            commits=Postings.of(rows, files, len(kept)),
            files=Postings.of(files, rows, width),
            words=hashes[by_hash],
            mentions=Postings.of(place[history.term_ids[said]], mention_rows, len(hashes)),
        )


def plain_order(history: History) -> Ints:
    """For each commit, how many plain commits come before it: its own number where it is plain."""
    plain = (history.flags & MERGE) == 0
    return np.asarray(np.cumsum(plain) - plain, np.int32)


def _previous(history: History, order: Ints) -> Ints:
    """For each plain commit, and for the one to come, the nearest plain one behind it along first parents."""
    plain = ((history.flags & MERGE) == 0).tolist()
    starts, parents = history.parent_offsets.tolist(), history.parent_ids.tolist()
    numbers = order.tolist()
    nearest: list[int] = []
    found: list[int] = []
    for commit, is_plain in enumerate(plain):
        behind = nearest[parents[starts[commit]]] if starts[commit] < starts[commit + 1] else -1
        nearest.append(numbers[commit] if is_plain else behind)
        if is_plain:
            found.append(behind)
    return np.array([*found, nearest[-1] if nearest else -1], np.int32)


@dataclass(frozen=True, eq=False)
class CommitFeatures:
    """Each file's standing just before commit `time`; `path_of` numbers the name that a file had then."""

    time: int
    churn: Floats  # one row for each half-life
    last: Ints
    born: Ints
    touches: Floats
    fixes: Floats
    alive: Flags
    path_of: Ints


class CommitWalk:
    """Goes through a history once, oldest first, and stops at moments."""

    def __init__(self, history: History, past: Past) -> None:
        width = len(history.paths)
        plain = ((history.flags & MERGE) == 0)[history.rows]
        order = plain_order(history)
        self._past = past
        self._fixing = (past.flags & FIX) != 0
        self._rows = order[history.rows[plain]]
        self._files = history.files[plain]
        self._names = history.path_ids[plain]
        self._dead = history.statuses[plain] == ord("D")
        self._forecastable = forecastable(history.paths)
        self._seen = 0
        self._time = 0
        self.churn = np.zeros((len(HALF_LIVES), width), np.float32)
        self.last = np.full(width, -1, np.int32)
        self.born = np.full(width, -1, np.int32)
        self.touches = np.zeros(width, np.float32)
        self.fixes = np.zeros(width, np.float32)
        self.alive = np.zeros(width, bool)
        self.path_of = np.arange(width, dtype=np.int32)

    def to(self, time: int) -> CommitFeatures:
        """Go on to just before commit `time`; what it returns holds until the next call."""
        stop = int(self._rows.searchsorted(np.int32(time)))
        entries = slice(self._seen, stop)
        files = self._files[entries]
        self.alive[files] = ~self._dead[entries] & self._forecastable[files]
        self.path_of[files] = self._names[entries]
        fresh = self.born[files] < 0
        # Assigned backwards, so that the earliest of several commits stays.
        self.born[files[fresh][::-1]] = self._rows[entries][fresh][::-1]

        commits = np.arange(self._time, time, dtype=np.int32)
        touched, owners = self._past.commits.gather(commits)
        rows = commits[owners]
        for counts, half_life in zip(self.churn, HALF_LIVES, strict=True):
            np.multiply(counts, np.float32(2 ** ((self._time - time) / half_life)), out=counts)
            np.add.at(counts, touched, np.exp2((rows - np.float32(time - 1)) / np.float32(half_life)))
        np.add.at(self.touches, touched, np.float32(1))
        np.add.at(self.fixes, touched[self._fixing[rows]], np.float32(1))
        self.last[touched] = rows
        self._seen, self._time = stop, time
        return CommitFeatures(
            time, self.churn, self.last, self.born, self.touches, self.fixes, self.alive, self.path_of
        )


def base_evidence(past: Past, names: PathNames, now: CommitFeatures) -> Floats:
    """One row for each of BASE, one column for each file."""
    found = np.empty((len(BASE), past.file_count), np.float32)
    live_churn = np.where(now.alive, now.churn[2], np.float32(0))
    found[:4] = np.log(now.churn + np.float32(0.1))
    found[4] = -np.log1p((now.time - now.last).astype(np.float32))
    found[5] = np.log1p((now.time - now.born).astype(np.float32))
    found[6] = (now.fixes + np.float32(0.5)) / (now.touches + np.float32(2))
    directory_churn = np.bincount(names.directories, live_churn, minlength=1)
    found[7] = np.log(directory_churn.astype(np.float32) + np.float32(0.1))[names.directories]
    found[8:11] = _session(past, names, now)
    found[11] = np.log1p(now.touches)
    return found


def session(past: Past, time: int) -> list[int]:
    """The last three commits on the line that ends before `time`, latest first."""
    commit = int(past.previous[time])
    line: list[int] = []
    while 0 <= commit < time and len(line) < 3:
        line.append(commit)
        commit = int(past.previous[commit])
    return line


def session_files(past: Past, time: int) -> dict[int, float]:
    """What those commits touched, at most 12 files, each with the weight of its commit."""
    files: dict[int, float] = {}
    for age, commit in enumerate(session(past, time)):
        for file in past.commits.row(commit)[:8].tolist():
            files.setdefault(file, 0.5**age)
    return dict(list(files.items())[:12])


def _session(past: Past, names: PathNames, now: CommitFeatures) -> Floats:
    found = np.zeros((3, past.file_count), np.float32)
    near = np.zeros(int(names.directories.max(initial=-1)) + 1, np.float32)
    files = session_files(past, now.time)
    for age, commit in enumerate(session(past, now.time)):
        touched = past.commits.row(commit)
        found[1, touched] = np.maximum(found[1, touched], np.float32(0.5**age))
        near[names.directories[touched]] = np.maximum(near[names.directories[touched]], np.float32(0.5**age))
    if files:
        shares = CoChanges(past.commits, past.files, list(files), now.time, 60).shares(half_life=30, prior=1)
        found[0] = np.log((shares * np.array(list(files.values()), np.float32)[:, None]).max(axis=0) + _FLOOR)
    else:
        found[0] = np.log(_FLOOR)
    found[2] = near[names.directories]
    return found


def evidence_rows(past: Past, names: PathNames, now: CommitFeatures, given: Sequence[int]) -> Floats:
    """One row for each of GIVEN, one column for each file."""
    together = CoChanges(past.commits, past.files, given, now.time, LOOK_BACK)
    short, long = together.shares(half_life=20, prior=1), together.shares(half_life=300, prior=2)
    found = np.empty((len(GIVEN), past.file_count), np.float32)
    found[3] = short.max(axis=0)
    found[0] = np.log(found[3] + _FLOOR)
    found[1] = np.log(_any_chance(short) + _FLOOR)
    found[2] = np.log(_any_chance(long) + _FLOOR)
    count = int(names.directories.max(initial=-1)) + 1
    found[4] = (np.bincount(names.directories[list(given)], minlength=count) / len(given))[names.directories]
    found[5] = np.isin(names.stems, names.stems[list(given)])
    found[6] = 0
    for rows in together.latest:
        found[6, past.commits.gather(rows[-1:])[0]] = 1
    # Popularity means less where the two files have a past in common: that past already holds it.
    found[7] = found[1] > np.log(2 * _FLOOR) - 0.6
    found[8] = found[7] * np.log(now.churn[2] + np.float32(0.1))
    return found


def _any_chance(shares: Floats) -> Floats:
    """The chance that at least one row comes true, were they independent."""
    found = np.zeros(shares.shape[1], np.float32)
    some = np.flatnonzero(shares.any(axis=0))  # few
    found[some] = -np.expm1(np.log1p(-np.minimum(shares[:, some], np.float32(0.99))).sum(axis=0))
    return found


def word_evidence(past: Past, names: PathNames, now: CommitFeatures, words: Sequence[str]) -> Floats:
    """One row for each of WORDS, one column for each file."""
    found = np.empty((len(WORDS), past.file_count), np.float32)
    asked = hash_words(words)
    found[0], found[1] = _commit_evidence(past, now.time, asked)
    found[2] = _name_evidence(names, asked)[now.path_of]
    return found


def informative(past: Past, asked: NDArray[np.uint64], time: int) -> list[tuple[int, Ints, float]]:
    """The words that tell commits apart: (position in `asked`, latest commits before `time`, rarity)."""
    places = np.searchsorted(past.words, asked)
    told: list[tuple[int, Ints, float]] = []
    for position, place in enumerate(places.tolist()):
        if place == len(past.words) or past.words[place] != asked[position]:
            continue
        mentions = past.mentions.row(place)
        count = int(mentions.searchsorted(np.int32(time)))
        # A word in a tenth of all commits points nowhere.
        if 0 < count <= max(5, time // 10):
            told.append((position, mentions[max(count - 200, 0) : count], float(np.log1p(time / count))))
    return told


def _commit_evidence(past: Past, time: int, asked: NDArray[np.uint64]) -> tuple[Floats, Floats]:
    """Log of what the most similar commits touched, and log of how often commits with each word touched a file."""
    told = informative(past, asked, time)
    if not told:
        blank = np.full(past.file_count, np.log(_FLOOR), np.float32)
        return blank, blank + np.float32(np.log(2))
    commits = np.concatenate([rows for _, rows, _ in told])
    rarity = np.repeat([rare for _, _, rare in told], [len(rows) for _, rows, _ in told])
    norm = float(np.sqrt(sum(rare * rare for _, _, rare in told)))

    overlap = np.bincount(commits, rarity * rarity, minlength=1)
    near = np.flatnonzero(overlap)
    # 12 is about the mean squared rarity of a word, so this is a cosine up to a constant.
    cosine = overlap[near] / (norm * np.sqrt(12 * past.word_counts[near])) * np.exp2((near - time) / 10_000)
    if len(near) > 60:
        best = np.argpartition(-cosine, 60)[:60]
        near, cosine = near[best], cosine[best]
    touched, owners = past.commits.gather(near)
    votes = np.minimum(cosine, 1) ** 2 / np.sqrt(np.maximum(past.sizes[near], 1))
    similar = np.bincount(touched, votes[owners], past.file_count)

    touched, owners = past.commits.gather(commits)
    word_size = np.repeat([len(rows) + 2 for _, rows, _ in told], [len(rows) for _, rows, _ in told])
    by_word = np.bincount(touched, (rarity / word_size)[owners], past.file_count) / norm
    return np.log(similar + 0.01).astype(np.float32), np.log(by_word + 0.02).astype(np.float32)


def _name_evidence(names: PathNames, asked: NDArray[np.uint64]) -> Floats:
    """How much of the words stands in each path, rare words first."""
    found = np.zeros(len(names.directories), np.float32)
    for place, word in zip(np.searchsorted(names.words, asked).tolist(), asked, strict=True):
        if place < len(names.words) and names.words[place] == word:
            files = names.files.row(place)
            found[files] += np.float32(np.log1p(len(found) / len(files)))
    return found
