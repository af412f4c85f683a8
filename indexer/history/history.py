"""Who changed what with what, when and with which words: commits as columns, oldest first.

Knows no git, no file's text, no database and no clock: a decay counts commits, so the same history gives the same
numbers on any day.
"""

from __future__ import annotations

import hashlib
import re
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain, islice

import numpy as np
from numpy.typing import NDArray

from noctule.indexer.files.redaction import clean_each
from noctule.indexer.history.dates import Longs, plausible_times
from noctule.indexer.history.log import Change, Commit
from noctule.indexer.lazy_pattern import lazy_pattern
from noctule.indexer.terms import STOP_WORDS, cut

Ints = NDArray[np.int32]
Bytes = NDArray[np.uint8]
Floats = NDArray[np.float64]

MASS_FILES = 30

MERGE, FIX, REVERT, BOT, MASS = 1, 2, 4, 8, 16
RELEASE = 128
EXACT, UNREAD = 32, 64
"""Of these commits something could not be read: similar files, so that only exact renames are known; all changes."""

_BORN = tuple(ord(letter) for letter in "ACR")

_REVERT = lazy_pattern(r"\A(?:revert\b|\[revert\])|^this reverts commit [0-9a-f]{7,}", re.IGNORECASE | re.MULTILINE)
_BOT = lazy_pattern(
    r"\[bot\]|\b(?:dependabot|renovate|greenkeeper|snyk|pyup|pre-commit-ci|github-actions|mergify|weblate)\b",
    re.IGNORECASE,
)
_TRAILER = lazy_pattern(
    r"^(?:signed-off-by|co-authored-by|reviewed-by|acked-by|tested-by|reported-by|cc|change-id|git-svn-id|"
    r"differential revision|reviewed-on|cherry picked from|\(cherry picked from).*$",
    re.IGNORECASE | re.MULTILINE,
)
_WORD = lazy_pattern(r"\w+")
_HEX_WORD = lazy_pattern(r"\A(?=.*\d)[0-9a-f]{7,64}\Z|\A\d+\Z")

# Words that say how a commit came about, not what it is about.
_EMPTY = """
    add added adds adding remove removed removes fix fixed fixes fixing bug bugs change changed changes update updated
    updates make makes made use used uses using merge merged pull request branch commit commits close closes closed
    issue issues ref refs see via per due instead http https www com github org
"""
_EMPTY_WORDS = STOP_WORDS | frozenset(_EMPTY.split())


def commit_flags(commit: Commit) -> int:
    """Say what kind of commit this is, as a sum of MERGE, FIX, REVERT, BOT, MASS, RELEASE, EXACT and UNREAD."""
    from noctule.indexer.history.fixes import is_fix  # expressions that no answer waits for
    from noctule.indexer.history.releases import is_release

    message = commit.message
    subject = message.partition("\n")[0]
    flags = MERGE if len(commit.parents) > 1 else 0
    if not flags and is_fix(subject):
        flags |= FIX
    elif not flags and is_release(subject):
        flags |= RELEASE
    if "evert" in message and _REVERT.search(message):
        flags |= REVERT
    if _is_bot(commit.author):
        flags |= BOT
    if len(commit.changes) > MASS_FILES:
        flags |= MASS
    return flags | {"": 0, "renames": EXACT, "changes": UNREAD}[commit.gap]


@lru_cache(maxsize=4096)
def _is_bot(author: str) -> bool:
    return bool(_BOT.search(author))


@dataclass(frozen=True, eq=False)
class History:
    """Commits as columns, oldest first.

    Row i of a list column is `values[offsets[i]:offsets[i + 1]]`. The order is a function of the commits alone: by
    time, but never before a parent; so a history that grew step by step equals one that was read at once.
    `renames` holds (position in `path_ids`, path id of the earlier name). Authors are hashes.
    """

    oids: list[str]
    keys: Longs
    times: Longs
    authors: Ints
    flags: Bytes
    parent_offsets: Longs
    parent_ids: Ints
    offsets: Longs
    path_ids: Ints
    statuses: Bytes
    renames: Ints
    term_offsets: Longs
    term_ids: Ints
    paths: list[str]
    terms: list[str]
    author_names: list[str]

    def __len__(self) -> int:
        return len(self.oids)

    @classmethod
    def of(cls, commits: Iterable[Commit]) -> History:
        """Build the columns from commits of which parents come before children."""
        return cls.empty().extend(commits)

    @classmethod
    def empty(cls) -> History:
        """A history without a commit."""
        return _Columns().history()

    def extend(self, commits: Iterable[Commit]) -> History:
        """Add commits that this history lacks (those it has are skipped); parents come before children."""
        history = _Columns(self).fill(commits)
        order = np.lexsort((np.array(history.oids, dtype=np.bytes_), history.keys)).astype(np.int64)
        return _take(history, order)

    def ancestors_only(self, oid: str) -> History:
        """Keep the commits that `oid` can see: itself and its ancestors. KeyError where it is not in this history."""
        at = self._position(oid)
        seen = np.zeros(len(self), dtype=bool)
        seen[at] = True
        offsets, parents = self.parent_offsets.tolist(), self.parent_ids.tolist()
        stack = [at]
        while stack:
            child = stack.pop()
            for parent in parents[offsets[child] : offsets[child + 1]]:
                if not seen[parent]:
                    seen[parent] = True
                    stack.append(parent)
        return self if seen.all() else _take(self, np.flatnonzero(seen).astype(np.int64))

    def _position(self, oid: str) -> int:
        try:
            return self.oids.index(oid)
        except ValueError:
            raise KeyError(oid) from None

    @cached_property
    def current(self) -> Ints:
        """For each path id, the id of the name that the file has today.

        A name that was given to another file after its file was renamed stands for itself.
        """
        today = np.arange(len(self.paths), dtype=np.int32)
        rows = self.rows
        born = np.full(len(self.paths), -1, dtype=np.int64)
        births = np.isin(self.statuses, _BORN)
        np.maximum.at(born, self.path_ids[births], rows[births])
        for position, old in self.renames[::-1].tolist():
            if born[old] < rows[position]:
                today[old] = today[self.path_ids[position]]
        return today

    @cached_property
    def rows(self) -> Ints:
        """For each entry of `path_ids`, its commit."""
        return np.repeat(np.arange(len(self), dtype=np.int32), np.diff(self.offsets))

    @cached_property
    def files(self) -> Ints:
        """`path_ids`, each as the id that the file has today."""
        return self.current[self.path_ids] if len(self.path_ids) else self.path_ids

    @cached_property
    def dates(self) -> Longs:
        """`times`, where what a wrong clock wrote is held between the dates of ancestors and descendants."""
        return plausible_times(self.times, self.parent_offsets, self.parent_ids)

    @cached_property
    def ages(self) -> Longs:
        """For each commit, how many later commits are no merges: the unit in which decay is counted."""
        return np.asarray(self._plain.sum() - np.cumsum(self._plain), dtype=np.int64)

    def message_terms(self, commit: int) -> list[str]:
        """The terms of one commit's message."""
        start, stop = self.term_offsets[commit], self.term_offsets[commit + 1]
        return [self.terms[at] for at in self.term_ids[start:stop]]

    @cached_property
    def _plain(self) -> NDArray[np.bool_]:
        plain: NDArray[np.bool_] = (self.flags & MERGE) == 0
        return plain


def _offsets(counts: NDArray[np.integer]) -> Longs:
    return np.concatenate(([0], np.cumsum(counts))).astype(np.int64)


class _Numbers(dict[str, int]):
    """Strings to their numbers; one that is not known gets the next."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(zip(names, range(len(names)), strict=True))
        self._names = names

    def __missing__(self, name: str) -> int:
        found = self[name] = len(self._names)
        self._names.append(name)
        return found


class _Ids:
    """Numbers for strings, in the order in which they are first seen."""

    def __init__(self, names: Sequence[str] = ()) -> None:
        self.names = list(names)
        self.ids = _Numbers(self.names)


class _Words(dict[str, tuple[int, ...]]):
    """Words to the numbers of their terms; each word is cut into terms once."""

    def __init__(self, terms: _Ids) -> None:
        super().__init__()
        self._terms = terms.ids

    def __missing__(self, word: str) -> tuple[int, ...]:
        is_plain = word.isalpha()  # neither a number nor drawn at random
        if word.lower() in _EMPTY_WORDS or (not is_plain and _HEX_WORD.match(word)):
            terms: tuple[int, ...] = ()
        else:
            terms = tuple([self._terms[term] for term in (cut(word) if is_plain else _select(word))])
        self[word] = terms
        return terms


def _select(word: str) -> tuple[str, ...]:
    """Return the terms of a word; one that looks drawn at random, such as a password, is not kept as a whole."""
    from noctule.indexer.files.secret_scan.values import SHORTEST, is_password_unquoted  # no answer waits for it

    terms = cut(word)
    if len(word) < SHORTEST or not is_password_unquoted(word):
        return terms
    return tuple(term for term in terms if term != word.strip("_").lower())


class _Columns:
    """A history that is being written: growing columns in the order in which commits arrive."""

    def __init__(self, base: History | None = None) -> None:
        self.commits = _Ids(base.oids if base else ())
        self.paths = _Ids(base.paths if base else ())
        self.terms = _Ids(base.terms if base else ())
        self.authors = _Ids(base.author_names if base else ())
        self.columns = {
            name: array(code, (getattr(base, name).tobytes() if base else b"")) for name, code in _CODES.items()
        }
        for name in ("offsets", "parent_offsets", "term_offsets"):
            if not base:
                self.columns[name].append(0)
        self.words = _Words(self.terms)

    def fill(self, commits: Iterable[Commit]) -> History:
        """Append the commits that are not there yet, and return the columns."""
        known = self.commits.ids
        unknown = (commit for commit in commits if commit.oid not in known)
        while batch := list({commit.oid: commit for commit in islice(unknown, _AT_ONCE)}.values()):
            said = find_words(clean_each([_drop_trailers(c.message) for c in batch]))
            for commit, words in zip(batch, said, strict=True):
                self._add(commit, words)
        return self.history()

    def _add(self, commit: Commit, words: Sequence[str]) -> None:
        columns = self.columns
        known, keys = self.commits.ids, columns["keys"]
        parents = [known[oid] for oid in commit.parents if oid in known]
        known[commit.oid] = len(self.commits.names)
        self.commits.names.append(commit.oid)
        keys.append(max([commit.time, *[keys[parent] + 1 for parent in parents]]))
        columns["times"].append(commit.time)
        columns["authors"].append(self.authors.ids[_hash(commit.author)])
        columns["flags"].append(commit_flags(commit))
        columns["parent_ids"].extend(parents)
        columns["parent_offsets"].append(len(columns["parent_ids"]))
        if commit.changes:
            self._add_changes(commit.changes)
        columns["offsets"].append(len(columns["path_ids"]))
        # Distinct terms of the message, in order.
        columns["term_ids"].extend(dict.fromkeys(chain.from_iterable(map(self.words.__getitem__, words))))
        columns["term_offsets"].append(len(columns["term_ids"]))

    def _add_changes(self, changes: Sequence[Change]) -> None:
        path_ids, statuses, paths = self.columns["path_ids"], self.columns["statuses"], self.paths.ids
        for path, status, old_path in changes:
            if old_path is not None and status == "R":
                self.columns["renames"].extend((len(path_ids), paths[old_path]))
            path_ids.append(paths[path])
            statuses.append(ord(status) & 0xFF)

    def history(self) -> History:
        """The columns as they stand."""
        arrays = {name: np.frombuffer(column, _TYPES[column.typecode]) for name, column in self.columns.items()}
        arrays["renames"] = arrays["renames"].reshape(-1, 2)
        return History(
            oids=self.commits.names,
            paths=self.paths.names,
            terms=self.terms.names,
            author_names=self.authors.names,
            **arrays,
        )


_AT_ONCE = 256
"""Commits whose messages are looked through for secrets together."""


_BLANKS = "".join(chr(c) if not c or chr(c).isalnum() or chr(c) == "_" else " " for c in range(128))
"""For each character of ASCII, itself where it is part of a word or parts messages."""


def find_words(messages: Sequence[str]) -> list[list[str]]:
    """Return the words of each of some messages; it is soonest done where all in ASCII are parted at blanks at once."""
    found: list[list[str]] = [[]] * len(messages)
    plain: list[int] = []
    for at, message in enumerate(messages):
        if message.isascii() and "\0" not in message:
            plain.append(at)
        else:
            found[at] = _WORD.findall(message)
    spread = "\0".join([messages[at] for at in plain]).translate(_BLANKS).split("\0")
    for at, message in zip(plain, spread, strict=False):  # of no message at all there is an empty one
        found[at] = message.split()
    return found


def _drop_trailers(message: str) -> str:
    return _TRAILER.sub("", message) if "-by:" in message.lower() else message


_CODES = {
    **dict.fromkeys(("keys", "times", "offsets", "parent_offsets", "term_offsets"), "q"),
    **dict.fromkeys(("authors", "parent_ids", "path_ids", "renames", "term_ids"), "i"),
    **dict.fromkeys(("flags", "statuses"), "B"),
}
_TYPES = {"q": np.int64, "i": np.int32, "B": np.uint8}


@lru_cache(maxsize=4096)
def _hash(author: str) -> str:
    return hashlib.blake2b(author.encode("utf-8", "replace"), digest_size=6).hexdigest()


def _take(history: History, order: Longs) -> History:
    """The commits of `order`, in that order, with every id numbered by its first use again."""
    place = np.full(len(history), -1, dtype=np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    parent_offsets, parents_at = _take_rows(history.parent_offsets, order)
    offsets, entries_at = _take_rows(history.offsets, order)
    term_offsets, terms_at = _take_rows(history.term_offsets, order)

    entry_place = np.full(len(history.path_ids), -1, dtype=np.int64)
    entry_place[entries_at] = np.arange(len(entries_at))
    positions, olds = entry_place[history.renames[:, 0]], history.renames[:, 1]
    positions, olds = positions[positions >= 0], olds[positions >= 0]
    by_place = np.argsort(positions, kind="stable")
    positions, olds = positions[by_place], olds[by_place]
    path_ids = history.path_ids[entries_at]

    # An earlier name counts as seen just before the entry that renames it.
    mentions = np.insert(path_ids, positions, olds)
    path_numbers, paths = _renumber(mentions, history.paths)
    term_numbers, terms = _renumber(history.term_ids[terms_at], history.terms)
    author_numbers, authors = _renumber(history.authors[order], history.author_names)
    return History(
        oids=[history.oids[at] for at in order.tolist()],
        keys=history.keys[order],
        times=history.times[order],
        authors=author_numbers[history.authors[order]],
        flags=history.flags[order],
        parent_offsets=parent_offsets,
        parent_ids=place[history.parent_ids[parents_at]],
        offsets=offsets,
        path_ids=path_numbers[path_ids],
        statuses=history.statuses[entries_at],
        renames=np.stack((positions.astype(np.int32), path_numbers[olds]), axis=1),
        term_offsets=term_offsets,
        term_ids=term_numbers[history.term_ids[terms_at]],
        paths=paths,
        terms=terms,
        author_names=authors,
    )


def _take_rows(offsets: Longs, order: Longs) -> tuple[Longs, Longs]:
    """Offsets of the rows in `order`, and the positions of their values."""
    counts = np.diff(offsets)[order]
    taken = _offsets(counts)
    return taken, np.repeat(offsets[order] - taken[:-1], counts) + np.arange(taken[-1])


def _renumber(ids: Ints, names: list[str]) -> tuple[Ints, list[str]]:
    """Numbers by first use, as a table from the former ids, and the names in that order."""
    used, first = np.unique(ids, return_index=True)
    used = used[np.argsort(first, kind="stable")]
    numbers = np.full(len(names), -1, dtype=np.int32)
    numbers[used] = np.arange(len(used), dtype=np.int32)
    return numbers, [names[at] for at in used.tolist()]
