"""A task in, how much each file and unit has to do with it out. Reads what sleep laid out; parses and writes nothing.

Many cheap signals are computed for each file and summed with fixed weights: words (BM25 over files and over the
functions in them), names the task mentions by who defines them, paths and stack frames, past commits in like words,
and what the best of these refer to or change with. `Signals` keeps them apart, so that a reason can be given for each
place in the ranking and the weights can be fitted.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from noctule.indexer.arrays import Array, Floats, Ints, unpack, unpack_texts
from noctule.indexer.history.counts import churn
from noctule.indexer.history.history import MASS_FILES
from noctule.indexer.history.remap import earlier_paths, in_line
from noctule.indexer.lru import WeightedLru
from noctule.indexer.search.own_names import own_names
from noctule.indexer.search.query import MOST_TERMS, TaskQuery
from noctule.indexer.store.graph import Graph
from noctule.indexer.store.postings import TermTable, decode_units
from noctule.indexer.store.store import Store

K1, B = 1.2, 0.6
UNIT_B = 0.4
NEIGHBOURS = 60
"""How many past commits vote."""
MOST_KEPT = 2_000_000
"""So many places of terms of earlier tasks are kept; each takes 12 bytes, and a term about as much as 100 of them."""
SEEDS = {"words all": 1.0, "unit all": 1.0, "path": 0.7, "defines prose": 0.7, "path named": 2.0}
"""From where neighbours are looked at: the signals that need no neighbours, by what they are worth."""
ROLES = ("test", "docs", "example", "generated", "vendored", "config", "data", "build")
ENTRY_NAMES = frozenset({"__init__.py", "index.js", "index.ts", "mod.rs", "lib.rs"})
UNIT_FIELDS = ("all", "title", "prose", "code")
_SEPARATORS = re.compile(r"\.|::|#")
PARTS = ("files", "units", "path_terms", "graph", "commits", "commit_terms", "earlier")


@dataclass(frozen=True, slots=True)
class Said:
    """A term of the task: its weight in the title, in the whole task, and the units that hold it, with their counts."""

    title: float
    all: float
    units: Ints
    counts: Floats


@dataclass(frozen=True, slots=True)
class Posting:
    """Where a term stands in a view, and what it is worth there: all that no task changes."""

    units: Ints
    counts: Floats
    unit_gains: Floats
    blobs: Ints
    blob_gains: Floats


@dataclass(frozen=True, slots=True)
class Signals:
    """One row of `values` for each name, one column for each file; each row is scaled to at most 1."""

    names: tuple[str, ...]
    values: Floats
    units: Floats
    """One row for each of `UNIT_FIELDS`, one column for each unit of the snapshot's blobs; rows scaled to at most 1."""
    defined: Mapping[int, Sequence[str]]
    """For each file, the names of the task that it defines, the rarest first."""
    said: tuple[Said, ...]
    """The terms of the task that stand anywhere in the snapshot."""
    coverage: float
    """The share of what the task says, by rarity, that the one file that says most of it holds."""


class Index:
    """One view, loaded for searching."""

    def __init__(self, store: Store, parts: Mapping[str, bytes]) -> None:
        self._store = store
        files = unpack(parts["files"])
        self.paths = [os.fsdecode(p) for p in unpack_texts(files["text"], files["ends"])]
        self.size = len(self.paths)
        self.blob: Ints = files["blob"].astype(np.int64)
        self.rows = files["rows"]
        role_names = [r.decode() for r in unpack_texts(files["roles.text"], files["roles.ends"])]
        self.role = files["role"]
        self.role_names = role_names
        languages = [t.decode() for t in unpack_texts(files["languages.text"], files["languages.ends"])]
        self.languages = [languages[i] for i in files["language"].tolist()]
        units = unpack(parts["units"])
        self.unit_length = units["length"].astype(np.float32)
        self.unit_definition = units["definition"]
        counts = files["units"].astype(np.int64)
        self.unit_start = np.concatenate([[0], np.cumsum(counts)])
        self.unit_blob = np.repeat(np.arange(len(counts)), counts)
        # From the store's numbering of units to this view's: -1 for units of blobs that it does not hold.
        first = files["first_unit"]
        self._local = np.full(int((first + counts).max(initial=0)), -1, np.int32)
        self._local[np.repeat(first - self.unit_start[:-1], counts) + np.arange(int(counts.sum()))] = np.arange(
            int(counts.sum())
        )
        self.blob_length = np.bincount(self.unit_blob, self.unit_length, len(counts)).astype(np.float32)
        self.path_terms = TermTable(unpack(parts["path_terms"]))
        self.graph = Graph.of_columns(unpack(parts["graph"]))
        self.earlier = earlier_paths(parts)
        commits = unpack(parts["commits"])
        self.commits = commits if self.earlier is None else in_line(commits, self.earlier, self.paths)
        self.commit_terms = TermTable(unpack(parts["commit_terms"]))
        self._postings: WeightedLru[str, Posting] = WeightedLru(MOST_KEPT, lambda posting: len(posting.units) + 100)
        self._files_of_row: dict[int, list[int]] = {}
        for file, blob in enumerate(self.blob.tolist()):
            self._files_of_row.setdefault(int(self.rows[blob]), []).append(file)

    def blob_files(self, row: int) -> list[int]:
        """Return the files whose content is the stored blob of that row id."""
        return self._files_of_row.get(row, [])

    def signals(self, task: TaskQuery) -> Signals:
        """Work out every signal for a task."""
        found: dict[str, Floats] = {}
        unit_scores, said, coverage = self._words(task, found)
        self._paths(task, found)
        defined = self._names(task, found)
        self._frames(task, found)
        self._commits(task, found)
        self._neighbours(found)
        self._priors(found)
        values = np.stack([_divide_by_top(v) for v in found.values()])
        return Signals(tuple(found), values, unit_scores, defined, said, coverage)

    # Words

    def _words(self, task: TaskQuery, found: dict[str, Floats]) -> tuple[Floats, tuple[Said, ...], float]:
        fields = {
            "all": _weigh(task, {"title": 2.0, "prose": 1.0, "code": 0.5}),
            "title": _weigh(task, {"title": 1.0}),
            "prose": _weigh(task, {"title": 1.0, "prose": 1.0}),
            "code": _weigh(task, {"code": 1.0}),
        }
        postings = self.postings(list(fields["all"]))
        if len(postings) > MOST_TERMS:
            kept = sorted(postings, key=lambda t: (len(postings[t].units) / fields["all"][t], t))[:MOST_TERMS]
            postings = {t: postings[t] for t in kept}
        for name, weights in fields.items():
            by_file = np.zeros(len(self.rows), np.float32)
            for term, posting in postings.items():
                if term in weights:
                    by_file[posting.blobs] += weights[term] * posting.blob_gains
            found[f"words {name}"] = by_file[self.blob]
        units = self._by_unit([[fields[name].get(t, 0.0) for t in postings] for name in UNIT_FIELDS], postings)
        for name, scores in zip(UNIT_FIELDS[:-1], units, strict=False):
            found[f"unit {name}"] = self._best_unit(scores)[self.blob]
        found["units"] = self._sum_of_best(units[0], 3)[self.blob]
        for scores in units:
            _scale(scores)
        coverage = self._coverage(_weigh(task, {"title": 2.0, "prose": 1.0}) or fields["all"], postings)
        said = (Said(fields["title"].get(t, 0.0), fields["all"][t], p.units, p.counts) for t, p in postings.items())
        return units, tuple(said), coverage

    def _coverage(self, weights: Mapping[str, float], postings: Mapping[str, Posting]) -> float:
        """Return the share of what a task says, by weight and rarity, that the one file that says most of it holds."""
        total, mine = 0.0, np.zeros(len(self.rows), np.float32)
        for term, weight in weights.items():
            found = postings.get(term)
            worth = weight * self._idf(len(found.blobs) if found is not None else 0, len(self.rows))
            total += worth
            if found is not None:
                mine[found.blobs] += worth
        return float(mine.max(initial=0.0)) / total if total else 0.0

    def _by_unit(self, weights: Sequence[Sequence[float]], postings: Mapping[str, Posting]) -> Floats:
        """Sum what the terms add to each unit: one row for each row of `weights`, which has one weight a term."""
        total = np.zeros((len(weights), len(self.unit_blob)), np.float32)
        if not postings:
            return total
        where = np.concatenate([p.units for p in postings.values()]).astype(np.intp, copy=False)
        gains = np.concatenate([p.unit_gains for p in postings.values()])
        lengths = [len(p.units) for p in postings.values()]
        for row, mine in enumerate(weights):
            if mine in weights[:row]:
                total[row] = total[weights.index(mine)]
            elif any(mine):
                each = gains * np.repeat(np.array(mine, np.float32), lengths)
                total[row] = np.bincount(where, each, total.shape[1])
        return total

    def postings(self, terms: Sequence[str]) -> dict[str, Posting]:
        """Return where each known term stands in this view. Terms of earlier tasks are kept, up to a bound."""
        known = self._postings.known(terms)
        unread = self._store.postings([t for t in terms if t not in known])
        fresh = {term: posting for term, at in unread.items() if (posting := self._posting(at)) is not None}
        self._postings.keep(fresh)
        known |= fresh
        return {t: known[t] for t in terms if t in known}

    def _posting(self, segments: Sequence[tuple[int, bytes, bytes]]) -> Posting | None:
        where = np.concatenate([decode_units(units, len(counts), first) for first, units, counts in segments])
        counts = np.concatenate([np.frombuffer(counts, np.uint8) for _, _, counts in segments]).astype(np.float32)
        inside = where < len(self._local)
        units = self._local[where[inside]]
        held = units >= 0
        units, counts = units[held], counts[inside][held]
        if not len(units):
            return None
        tf = np.bincount(self.unit_blob[units], counts, len(self.rows)).astype(np.float32)
        blobs = np.flatnonzero(tf).astype(np.int32)
        tf, norm = tf[blobs], self._norm[blobs]
        gains = self._idf(len(blobs), len(self.rows)) * tf * (K1 + 1) / (tf + norm)
        unit_gains = self._idf(len(units), len(self.unit_blob)) * counts * (K1 + 1) / (counts + self._unit_norm[units])
        return Posting(units, counts, unit_gains.astype(np.float32), blobs, gains)

    @cached_property
    def _norm(self) -> Floats:
        """What BM25 adds to a term's count for the length of each blob, and likewise for each unit."""
        norm: Floats = K1 * (1 - B + B * self.blob_length / _mean(self.blob_length))
        return norm

    @cached_property
    def _unit_norm(self) -> Floats:
        norm: Floats = K1 * (1 - UNIT_B + UNIT_B * self.unit_length / _mean(self.unit_length))
        return norm

    def rarity(self, terms: Sequence[str]) -> dict[str, float]:
        """Return how rare terms are among the files' contents, the rarest the highest."""
        found = self.postings(terms)
        return {term: self._idf(len(found[term].blobs) if term in found else 0, len(self.rows)) for term in terms}

    @staticmethod
    def _idf(documents: int, total: int) -> float:
        return float(np.log1p((total - documents + 0.5) / (documents + 0.5)))

    def _best_unit(self, scores: Floats) -> Floats:
        best = np.zeros(len(self.rows), np.float32)
        there = np.flatnonzero(np.diff(self.unit_start))  # a blob without text has no units
        if len(there):
            best[there] = np.maximum.reduceat(scores, self.unit_start[there])
        return best

    def _sum_of_best(self, scores: Floats, most: int) -> Floats:
        left, total = scores.copy(), np.zeros(len(self.rows))
        for _ in range(most):
            best = self._best_unit(left)
            total += best
            # Of several that are best, one goes: the first of its blob.
            at = np.flatnonzero((left > 0) & (left == best[self.unit_blob]))
            left[at[np.diff(self.unit_blob[at], prepend=-1) > 0]] = 0
        return total.astype(np.float32)

    # Paths

    def _paths(self, task: TaskQuery, found: dict[str, Floats]) -> None:
        for name, fields in (("path", {"title": 2.0, "prose": 1.0, "code": 0.5}), ("path title", {"title": 1.0})):
            scores = np.zeros(self.size, np.float32)
            for term, weight in _weigh(task, fields).items():
                named_so = self.path_terms.documents(term)
                if len(named_so):
                    scores[named_so] += weight * self._idf(len(named_so), self.size)
            found[name] = scores
        named = np.zeros(self.size, np.float32)
        for path, place in task.paths.items():
            files, depth = self.matching_files(path)
            for file in files:
                named[file] = max(named[file], place * min(depth, 3) / len(files))
        found["path named"] = named
        modules = np.zeros(self.size, np.float32)
        for dotted, place in task.dotted.items():
            files, parts = self._module(dotted)
            for file in files[:5]:
                modules[file] = max(modules[file], place * parts / len(files))
        found["module named"] = modules

    @cached_property
    def _by_name(self) -> dict[str, list[int]]:
        """The files of each name, and of each name without its ending."""
        found: dict[str, list[int]] = {}
        for file, path in enumerate(self.paths):
            name = path.rpartition("/")[2]
            found.setdefault(name, []).append(file)
            stem = name.partition(".")[0]
            if stem and stem != name:
                found.setdefault(stem, []).append(file)
        return found

    def _module(self, dotted: str) -> tuple[list[int], int]:
        """Return the files that the longest possible beginning of a dotted name means, and its number of parts."""
        parts = [p for p in _SEPARATORS.split(dotted) if p]
        for end in range(len(parts), 1, -1):
            ending = "/" + "/".join(parts[:end])
            files = [f for f in self._by_name.get(parts[end - 1], ()) if self._stem(f).endswith(ending)]
            if not files:
                files = [f for f in self._by_name.get("__init__", ()) if self._stem(f).endswith(ending + "/__init__")]
            if files:
                return files, end
        return [], 0

    def _stem(self, file: int) -> str:
        return ("/" + self.paths[file]).rpartition(".")[0]

    def matching_files(self, path: str) -> tuple[list[int], int]:
        """Return the files that a written path may mean: those that share its longest ending."""
        parts = [p for p in path.split("/") if p not in ("", ".", "..")]
        if not parts:
            return [], 0
        files, depth = self._by_name.get(parts[-1], []), 1
        for n in range(2, len(parts) + 1):
            ending = "/" + "/".join(parts[-n:])
            longer = [f for f in files if ("/" + self.paths[f]).endswith(ending)]
            if not longer:
                break
            files, depth = longer, n
        return files, depth

    # Names

    def _names(self, task: TaskQuery, found: dict[str, Floats]) -> dict[int, list[str]]:
        owners = {dotted.partition(".")[0] for dotted in task.dotted}
        wanted = {n for n in task.names if len(n) > 2 and (n.lower() not in self._own_names or n in owners)}
        defined: dict[str, list[tuple[int, int]]] = {}
        for name, row, position in self._store.find_definitions(sorted(wanted)):
            for file in self.blob_files(row)[:1]:
                defined.setdefault(name, []).append((file, position))
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
        return named

    @cached_property
    def _own_names(self) -> frozenset[str]:
        source = self.role_names.index("source") if "source" in self.role_names else -1
        return own_names([self.paths[file] for file in np.flatnonzero(self.role == source).tolist()])

    # Stack frames

    def _frames(self, task: TaskQuery, found: dict[str, Floats]) -> None:
        scores = np.zeros(self.size, np.float32)
        last = np.zeros(self.size, np.float32)
        hits = [files for frame in task.frames if (files := self.matching_files(frame.path)[0])]
        for n, files in enumerate(reversed(hits)):
            for file in files:
                scores[file] = max(scores[file], 1.0 / (len(files) * (1 + n)))
                if n < 3:
                    last[file] = max(last[file], 1.0 / len(files))
        found["frame"] = scores
        found["frame last"] = last

    # Past commits

    def _commits(self, task: TaskQuery, found: dict[str, Floats]) -> None:
        c = self.commits
        count = len(c["sizes"])
        votes = np.zeros(self.size, np.float32)
        found["commits"] = votes
        if not count:
            return
        scores = np.zeros(count, np.float32)
        for term, weight in _weigh(task, {"title": 2.0, "prose": 1.0, "code": 0.3}).items():
            documents = self.commit_terms.documents(term)
            if len(documents):
                scores[documents] += weight * self._idf(len(documents), count)
        scores /= 6.0 + c["lengths"]
        scores[self._pointless] = 0
        best = np.argpartition(-scores, min(NEIGHBOURS, count - 1))[:NEIGHBOURS]
        for commit in best[scores[best] > 0].tolist():
            files = c["files"][c["offsets"][commit] : c["offsets"][commit + 1]]
            if len(files):
                age = 0.5 + 0.5 * 2.0 ** (-float(c["ages"][commit]) / 3000)
                votes[files] += scores[commit] * age / len(files) ** 0.5

    @cached_property
    def _pointless(self) -> Array:
        """The commits that point to no file in particular."""
        sizes = self.commits["sizes"]
        return np.flatnonzero((sizes > MASS_FILES) | (sizes == 0))

    # Neighbours

    def _neighbours(self, found: dict[str, Floats]) -> None:
        seeds = np.zeros(self.size, np.float32)
        for name, weight in SEEDS.items():
            seeds += weight * _divide_by_top(found[name])
        top = np.argpartition(-seeds, min(30, self.size - 1))[:30] if self.size else np.empty(0, np.int64)
        seed = np.zeros(self.size, np.float32)
        if len(top):
            seed[top] = seeds[top] ** 2
        found["uses"] = self._spread(seed, self.graph.sources, self.graph.targets, self._strengths[0])
        found["used by"] = self._spread(seed, self.graph.targets, self.graph.sources, self._strengths[1])
        found["with"] = self._cochange(top, seed)

    @cached_property
    def _strengths(self) -> tuple[Floats, Floats]:
        """How strong all edges of a file are together: those to what it uses, and those to its users."""
        each = self.graph.weights * self.graph.confidence
        return (
            np.maximum(np.bincount(self.graph.sources, each, self.size), 1e-9),
            np.maximum(np.bincount(self.graph.targets, each, self.size), 1e-9),
        )

    def _spread(self, seed: Floats, here: Ints, there: Ints, strengths: Floats) -> Floats:
        """Do what `Graph.spread` does, where few files have anything to send."""
        at = np.flatnonzero((seed > 0)[here])
        here, there, graph = here[at], there[at], self.graph
        share = seed[here] * (graph.weights[at] * graph.confidence[at]) / strengths[here]
        return np.bincount(there, share, self.size).astype(np.float32)

    def _cochange(self, top: Array, seed: Floats) -> Floats:
        """Send each seed's score to the files that past commits touched together with it."""
        scores = np.zeros(self.size, np.float32)
        c = self.commits
        if not len(c["files"]):
            return scores
        files, commits = self._together
        isin = np.zeros(self.size, bool)
        isin[top] = True
        mine = isin[files]
        seeded: Floats = np.bincount(commits[mine], seed[files[mine]], len(c["sizes"]))
        touched = np.bincount(files[mine], minlength=self.size)
        weight: Floats = seeded / np.maximum(c["sizes"], 1)
        beside = (weight > 0)[commits]
        got: Floats = np.bincount(files[beside], weight[commits[beside]], self.size)
        return np.asarray(got / np.sqrt(np.maximum(touched, 1) + 5), np.float32)

    @cached_property
    def _together(self) -> tuple[Ints, Ints]:
        """The files of late commits that are not too large, and for each of them the commit."""
        c = self.commits
        fine = np.repeat((c["sizes"] <= 20) & (c["ages"] < 8000), np.diff(c["offsets"]))
        commits = np.repeat(np.arange(len(c["sizes"])), np.diff(c["offsets"]))
        return c["files"][fine], commits[fine]

    # What is known before any task

    def _priors(self, found: dict[str, Floats]) -> None:
        found.update(self._prior_scores)

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
            at = self.role_names.index(role) if role in self.role_names else -1
            found[f"is {role}"] = (self.role == at).astype(np.float32)
        entry = [p.rpartition("/")[2] in ENTRY_NAMES for p in self.paths]
        found["is entry"] = np.array(entry, np.float32)
        found["is code"] = np.array([bool(self.languages[b]) for b in self.blob.tolist()], np.float32)
        found["length"] = np.log1p(self.blob_length[self.blob]) / 12
        return found


def _weigh(task: TaskQuery, fields: Mapping[str, float]) -> dict[str, float]:
    """Return the terms of some fields with their weights, heaviest first; a long log has more than can say anything."""
    weights: dict[str, float] = {}
    for field, weight in fields.items():
        for term, count in task.terms[field].items():
            weights[term] = weights.get(term, 0.0) + weight * (1 + math.log(count))
    heaviest = sorted(weights, key=lambda term: (-weights[term], term))[: 3 * MOST_TERMS]
    return {term: weights[term] for term in heaviest}


def _mean(lengths: Floats) -> float:
    return max(float(lengths.mean()), 1.0) if len(lengths) else 1.0


def _scale(values: Floats) -> None:
    """Divide by the largest, where there is one."""
    top = float(values.max(initial=0.0))
    if top > 0:
        np.divide(values, top, out=values)


def _divide_by_top(values: Floats) -> Floats:
    top = float(values.max(initial=0.0))
    return (values / top).astype(np.float32) if top > 0 else values.astype(np.float32)
