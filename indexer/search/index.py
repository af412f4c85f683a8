"""A task in, how much each file and unit has to do with it out. Reads what sleep laid out; parses and writes nothing.

Many cheap signals are computed for each file and summed with fixed weights: words (BM25 over files and over the
functions in them), names the task mentions by who defines them, paths and stack frames, past commits in like words,
and what the best of these refer to or change with. `Signals` keeps them apart, so that a reason can be given for each
place in the ranking and the weights can be fitted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from noctule.indexer.arrays import Array, Floats
from noctule.indexer.files.roles import is_code, is_issue_form
from noctule.indexer.history.counts import churn
from noctule.indexer.history.history import MASS_FILES
from noctule.indexer.search.companions import Companions
from noctule.indexer.search.known_names import KnownNames
from noctule.indexer.search.neighbours import Neighbours
from noctule.indexer.search.own_names import own_names
from noctule.indexer.search.past_commits import PastCommits
from noctule.indexer.search.places import NamedPlaces
from noctule.indexer.search.query import TaskQuery
from noctule.indexer.search.scores import divide_by_top, divide_each_by_top
from noctule.indexer.search.view_columns import ViewColumns
from noctule.indexer.search.words import Posting, Said, WordSignals
from noctule.indexer.store.store import Store

ROLES = ("test", "docs", "example", "generated", "vendored", "config", "data", "build")
ENTRY_NAMES = frozenset({"__init__.py", "index.js", "index.ts", "mod.rs", "lib.rs"})


class Signals(NamedTuple):
    """One row of `values` for each name, one column for each file; each row is scaled to at most 1."""

    names: tuple[str, ...]
    values: Floats
    units: Floats
    """One row for each of `UNIT_FIELDS`, one column for each unit of the snapshot's blobs; rows scaled to at most 1."""
    defined: Mapping[int, Sequence[str]]
    """For each file, the names of the task that it defines, the rarest first."""
    said: tuple[Said, ...]
    """The terms of the task that stand anywhere in the snapshot."""
    places: Mapping[str, Sequence[tuple[int, int]]]
    """Where source code defines each name of the task outside of code blocks: files and positions in them."""


class Index(ViewColumns):
    """One view, loaded for searching."""

    def __init__(self, store: Store, parts: Mapping[str, bytes]) -> None:
        view = ViewColumns(parts)
        self.__dict__.update(view.__dict__)
        # These have the columns and not the index: nothing in a circle keeps a view in memory that has been replaced.
        self._words = WordSignals(view, store)
        self.known_names = KnownNames(view, store)
        self._places = NamedPlaces(view)
        self._past = PastCommits(view)
        self._neighbours = Neighbours(view, self._past)
        self.companions = Companions(view, self._past)

    def signals(self, task: TaskQuery) -> Signals:
        """Work out every signal for a task."""
        found: dict[str, Floats] = {}
        unit_scores, said = self._words.add(task, found)
        self._places.add_paths(task, found)
        defined, places = self._names(task, found)
        self._places.add_frames(task, found)
        self._past.add(task, found)
        self._neighbours.add(found)
        values = np.concatenate([divide_each_by_top([*found.values()]), np.stack([*self._prior_scores.values()])])
        return Signals((*found, *self._prior_scores), values, unit_scores, defined, said, places)

    def postings(self, terms: Sequence[str]) -> dict[str, Posting]:
        """Return where each known term stands in this view."""
        return self._words.postings(terms)

    def rarity(self, terms: Sequence[str]) -> dict[str, float]:
        """Return how rare terms are among the files' contents, the rarest the highest."""
        return self._words.rarity(terms)

    def matching_files(self, path: str) -> tuple[list[int], int]:
        """Return the files that a written path may mean: those that share its longest ending."""
        return self._places.matching_files(path)

    def _names(
        self, task: TaskQuery, found: dict[str, Floats]
    ) -> tuple[dict[int, list[str]], dict[str, list[tuple[int, int]]]]:
        owners = {dotted.partition(".")[0] for dotted in task.dotted}
        wanted = {n for n in task.names if len(n) > 2 and (n.lower() not in self._own_names or n in owners)}
        defined = self.known_names.find_definitions(wanted)
        prose = np.zeros(self.size, np.float32)
        code = np.zeros(self.size, np.float32)
        sharp = np.zeros(self.size, np.float32)
        total = np.log1p(self.size)
        for name, places in defined.items():
            files = {f for f, _ in places}
            weight = max(1.0 - float(np.log1p(len(files))) / float(total + 1), 0.05) / len(files) ** 0.5
            target = prose if task.names[name] > 1 else code
            for file in files:
                target[file] += weight * (1.5 if task.names[name] == 3 else 1.0)
            if len(files) <= 2 and task.names[name] > 1:
                for file in files:
                    sharp[file] += 1.0 / len(files)
        found["defines prose"] = prose
        found["defines code"] = code
        found["defines sharp"] = sharp
        named: dict[int, list[str]] = {}
        for name in sorted(defined, key=lambda n: (len({f for f, _ in defined[n]}), n)):
            for file in sorted({f for f, _ in defined[name]}):
                named.setdefault(file, []).append(name)
        spoken = {n: [p for p in places if self.is_source(p[0])] for n, places in defined.items() if task.names[n] > 1}
        return named, spoken

    @cached_property
    def code_blobs(self) -> Array:
        """Which blobs are source code of the product."""
        of_code = np.array([bool(language) for language in self.languages], bool)
        found = np.zeros(len(self.rows), bool)
        found[self.blob[self.have_role("source") & of_code[self.blob]]] = True
        return found

    @cached_property
    def code_units(self) -> Array:
        """Which units stand in source code of the product."""
        units: Array = self.code_blobs[self.unit_blob]
        return units

    @cached_property
    def issue_forms(self) -> list[int]:
        """The files that are forms for issues or pull requests."""
        return [file for file, path in enumerate(self.paths) if is_issue_form(path)]

    @cached_property
    def _own_names(self) -> frozenset[str]:
        return own_names([self.paths[file] for file in np.flatnonzero(self.have_role("source")).tolist()])

    @cached_property
    def _prior_scores(self) -> dict[str, Floats]:
        """What is known of each file before any task: how often it changes, and what it is for."""
        found: dict[str, Floats] = {}
        c = self.commits
        commit_of = np.repeat(np.arange(len(c["sizes"])), np.diff(c["offsets"]))
        plain = (c["sizes"] <= MASS_FILES)[commit_of]
        for half_life in (100, 2000):
            counts = churn(c["files"][plain], c["ages"][commit_of[plain]], half_life, self.size)
            found[f"churn {half_life}"] = np.log1p(counts).astype(np.float32)
        for role in ROLES:
            found[f"is {role}"] = self.have_role(role).astype(np.float32)
        entry = [p.rpartition("/")[2] in ENTRY_NAMES for p in self.paths]
        found["is entry"] = np.array(entry, np.float32)
        known = [bool(self.languages[blob]) for blob in self.blob.tolist()]
        code = [known or is_code(path) for known, path in zip(known, self.paths, strict=True)]
        found["is code"] = np.array(code, np.float32)
        found["length"] = np.log1p(self.blob_length[self.blob]) / 12
        return {name: divide_by_top(values) for name, values in found.items()}
