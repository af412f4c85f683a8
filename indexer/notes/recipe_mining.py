"""Change recipes: what the commits that added a file of one kind had in common. History in, patterns out.

A kind is "a file with this ending in this folder", tests apart, or "a folder below this one". A recipe is kept where at
least `FEWEST` of the latest such commits, and `LEAST_SHARE` of them, touched all its places together. Only commits of
the last `YEARS` count. Tells what was done, never what is to be done.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from noctule.indexer.arrays import unique
from noctule.indexer.files.roles import classify_role
from noctule.indexer.history.counts import telling
from noctule.indexer.history.history import History
from noctule.indexer.notes.phrases import TOP, YEAR_S, list_phrase

FEWEST = 5
LEAST_SHARE = 0.6
LATEST = 15
"""Commits of a kind that are looked at: how it is done today, not how it was done once."""
LOOK_BACK = 8_000
"""Commits that add files, over all kinds."""
MOST_RECIPES = 120
MOST_PLACES = 4
YEARS = 3

_ADDED = ord("A")


@dataclass(frozen=True, slots=True)
class Recipe:
    """What changes of one kind touched together: `both` of the last `of`, the latest of them in `commits`.

    A change of this kind adds a file ending in `ending` to `folder`, or, where `ending` is None, a folder to it;
    `is_test` is whether the file is a test. `touched` are files, `grown` are folders that got a file too.
    """

    folder: str
    ending: str | None
    is_test: bool
    touched: tuple[str, ...]
    grown: tuple[str, ...]
    both: int
    of: int
    commits: tuple[int, ...]
    year: int
    """When it was last so."""
    weight: float
    """How much it says: often, surely, and of several places at once."""

    @property
    def text(self) -> str:
        """The recipe as a sentence about the past."""
        where = f"{self.folder}/" if self.folder else TOP
        what = (
            f"a directory in {where}"
            if self.ending is None
            else f"a {self.ending or 'new'} {'test' if self.is_test else 'file'} in {where}"
        )
        places = list_phrase([*self.touched, *(f"{folder or '.'}/ (a new file)" for folder in self.grown)], MOST_PLACES)
        when = f"{self.both} of the last {self.of}, latest in {self.year}"
        return f"Commits that add {what} also change {places} ({when})."

    def is_below(self, folder: str) -> bool:
        """Tell whether the recipe is about a folder or one below it."""
        return f"{self.folder}/".startswith(f"{folder}/")

    @classmethod
    def decode(cls, data: bytes) -> tuple[Recipe, ...]:
        """Return the recipes that `encode` wrote."""
        stored: list[dict[str, Any]] = json.loads(data)
        lists = ("touched", "grown", "commits")
        return tuple(cls(**{**recipe, **{name: tuple(recipe[name]) for name in lists}}) for recipe in stored)


def encode(recipes: Iterable[Recipe]) -> bytes:
    """Return recipes as bytes to store."""
    return json.dumps([asdict(r) for r in recipes], separators=(",", ":")).encode()


class _Kind(NamedTuple):
    """What a commit adds: a file with an ending to a folder, or, where `ending` is None, a folder to it."""

    folder: str
    ending: str | None
    is_test: bool


class _Adding(NamedTuple):
    """A commit that adds files."""

    number: int
    added: tuple[str, ...]
    others: tuple[str, ...]
    new_folders: frozenset[str]
    """Those that no file lay in before, each without the folders below it."""


def mine(history: History, paths: Sequence[str]) -> tuple[Recipe, ...]:
    """Find the recipes of a history that concern today's files, the most telling first."""
    live = set(paths)
    folders = {folder for path in paths for folder in _folders(path)}
    kinds: dict[_Kind, list[_Adding]] = {}
    dates = history.dates
    oldest = int(dates.max(initial=0)) - YEARS * YEAR_S
    for commit in _adding(history):
        for kind in sorted(_kinds(commit), key=str) if dates[commit.number] >= oldest else ():
            kinds.setdefault(kind, []).append(commit)
    found = []
    for kind, commits in kinds.items():
        if len(commits) >= FEWEST and kind.folder in folders:
            recipe = _recipe(kind, commits[-LATEST:], live, folders)
            if recipe is not None:
                found.append(replace(recipe, year=time.gmtime(int(dates[recipe.commits[-1]])).tm_year))
    return tuple(sorted(found, key=lambda r: (-r.weight, r.folder, r.ending or "", r.is_test)))[:MOST_RECIPES]


def _adding(history: History) -> list[_Adding]:
    """Return the latest commits that add files beside others, oldest first; paths are today's."""
    sizes = np.diff(history.offsets)
    several = telling(history.flags, sizes) & (sizes > 1)
    adds = unique(history.rows[(history.statuses == _ADDED) & several[history.rows]])[-LOOK_BACK:]
    offsets, files, statuses, names = history.offsets, history.files, history.statuses, history.paths
    first = _first_commits(history)
    commits = []
    for commit in adds.tolist():
        entries = slice(int(offsets[commit]), int(offsets[commit + 1]))
        touched = [(names[f], s == _ADDED) for f, s in zip(files[entries], statuses[entries].tolist(), strict=True)]
        added = tuple(dict.fromkeys(path for path, new in touched if new))
        others = tuple(dict.fromkeys(path for path, new in touched if not new))
        highest = (next((f for f in _folders(path) if f and first[f] == commit), "") for path in added)
        commits.append(_Adding(commit, added, others, frozenset(filter(None, highest))))
    return commits


def _first_commits(history: History) -> dict[str, int]:
    """Return the first commit in which a file lay in each folder, by the names of then and of today."""
    earliest = np.full(len(history.paths), len(history), np.int64)
    for ids in (history.path_ids, history.files):
        np.minimum.at(earliest, ids, history.rows)
    first: dict[str, int] = {}
    for path, commit in zip(history.paths, earliest.tolist(), strict=True):
        for folder in _folders(path):
            if commit < first.get(folder, commit + 1):
                first[folder] = commit
    return first


def _folders(path: str) -> list[str]:
    """Return the folders that a path lies in, the top one (empty) included."""
    parts = path.split("/")[:-1]
    return ["/".join(parts[:n]) for n in range(len(parts) + 1)]


def _ending(path: str) -> str:
    name = path.rpartition("/")[2]
    return "." + name.rpartition(".")[2] if "." in name[1:] else ""


def _kinds(commit: _Adding) -> set[_Kind]:
    """Return what kinds of additions a commit makes."""
    kinds: set[_Kind] = set()
    for path in commit.added:
        kinds.add(_Kind(path.rpartition("/")[0], _ending(path), classify_role(path) == "test"))
    for folder in commit.new_folders:
        kinds.add(_Kind(folder.rpartition("/")[0], None, is_test=False))
    return kinds


def _recipe(kind: _Kind, commits: Sequence[_Adding], live: set[str], folders: set[str]) -> Recipe | None:
    """Return the largest set of places that enough of the commits touched together, or None."""
    folder, ending, is_test = kind
    fewest = max(FEWEST, int(np.ceil(LEAST_SHARE * len(commits))))
    places: dict[tuple[str, bool], set[int]] = {}
    for commit in commits:
        for path in commit.others:
            if path in live:
                places.setdefault((path, False), set()).add(commit.number)
        for path in commit.added:
            other = path.rpartition("/")[0]
            outside = (
                other != folder if ending is not None else not f"{other}/".startswith(f"{folder}/" if folder else "")
            )
            if outside and other in folders:
                places.setdefault((other, True), set()).add(commit.number)
    common = sorted(places.items(), key=lambda item: (-len(item[1]), item[0]))
    together: set[int] = {c.number for c in commits}
    kept: list[tuple[str, bool]] = []
    for place, where in common:
        if len(together & where) < fewest or len(kept) == MOST_PLACES:
            break
        together &= where
        kept.append(place)
    if not kept:
        return None
    return Recipe(
        folder,
        ending,
        is_test,
        tuple(sorted(path for path, new in kept if not new)),
        tuple(sorted(path for path, new in kept if new)),
        len(together),
        len(commits),
        tuple(sorted(together)[-3:]),
        year=0,
        weight=round(len(together) / len(commits) * min(len(together), 12) ** 0.5 * len(kept) ** 0.5, 4),
    )
