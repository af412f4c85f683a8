"""Within likely files, how much each definition has to do with a task. Reads what sleep laid out; ranks no files.

Beside its own words, a definition is judged by its name, by its place in a stack trace, by the likely definitions that
name it (so that the helper which a named function calls is found), and by how often late commits touched it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from indexer.columns import Floats, Ints
from indexer.search import UNIT_FIELDS, Index, Signals
from indexer.store import DefinitionRow
from indexer.task import Task
from indexer.terms import WORD, subterms

TYPES = frozenset({"class", "interface", "struct", "enum", "trait", "type"})
CALLERS = 60
"""How many of the likeliest definitions vouch for what they name."""
LONGEST_CALLER = 400
SORTS = ("is type", "is test", "dunder")


@dataclass(frozen=True, slots=True)
class Definitions:
    """Candidates with one row of `values` for each name, one column for each candidate."""

    names: tuple[str, ...]
    values: Floats
    files: Ints
    rows: tuple[DefinitionRow, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """The definitions of one blob that have units of their own, in that order, and what no task changes about them."""

    rows: tuple[DefinitionRow, ...]
    names: tuple[str, ...]
    owners: tuple[str, ...]
    """The name of the enclosing definition, or an empty string."""
    terms: tuple[tuple[str, ...], ...]
    """The terms of each name."""
    sorts: Floats
    """One row for each of `SORTS`, one column for each definition."""

    @classmethod
    def of(cls, rows: Sequence[DefinitionRow]) -> Outline:
        """Lay out some definitions."""
        parts = [row.qualname.rsplit(".", 2) for row in rows]
        names = tuple(p[-1] for p in parts)
        sorts = (
            [row.kind in TYPES for row in rows],
            [name.lower().startswith("test") for name in names],
            [name.startswith("__") for name in names],
        )
        outer = tuple(p[-2] if len(p) > 1 else "" for p in parts)
        return cls(tuple(rows), names, outer, tuple(map(subterms, names)), np.array(sorts, np.float32))


@dataclass(frozen=True, slots=True)
class Candidates:
    """The definitions of several files, one after the other; `owners` are numbers of `files`."""

    rows: Sequence[DefinitionRow]
    names: Sequence[str]
    outer: Sequence[str]
    terms: Sequence[tuple[str, ...]]
    sorts: Floats
    units: Ints
    owners: Ints
    files: Ints

    @classmethod
    def of(cls, index: Index, files: Sequence[int], outlines: Mapping[int, Outline]) -> Candidates:
        """Join the outlines of files."""
        mine = [outlines[int(index.rows[index.blob[file]])] for file in files]
        starts = [int(index.unit_start[index.blob[file]]) + 1 for file in files]
        counts = [len(outline.rows) for outline in mine]
        return cls(
            [row for outline in mine for row in outline.rows],
            [name for outline in mine for name in outline.names],
            [name for outline in mine for name in outline.owners],
            [terms for outline in mine for terms in outline.terms],
            np.concatenate([np.empty((len(SORTS), 0), np.float32), *(outline.sorts for outline in mine)], axis=1),
            np.concatenate([np.empty(0, np.int64), *map(np.arange, starts, np.add(starts, counts))]).astype(np.int64),
            np.repeat(np.arange(len(files)), counts),
            np.array(files, np.int64),
        )


def outline(index: Index, blob: int, defined: Sequence[DefinitionRow]) -> Outline:
    """Return the outline of one of the index's blobs, which defines what is given, in source order."""
    units = slice(int(index.unit_start[blob]) + 1, int(index.unit_start[blob + 1]))
    return Outline.of([defined[position] for position in index.unit_definition[units].tolist()])


def definitions(
    index: Index,
    task: Task,
    signals: Signals,
    files: Sequence[int],
    outlines: Mapping[int, Outline],
    texts: Mapping[int, Sequence[str]],
    touched: Mapping[str, Mapping[str, int]],
) -> Definitions:
    """Work out every signal for the definitions of some files, which come best first.

    `outlines` are known by the row of each blob; `texts` maps files to their lines, `touched` paths to how often
    commits touched their symbols.
    """
    here = Candidates.of(index, files, outlines)
    found: dict[str, Floats] = {}
    for at, field in enumerate(UNIT_FIELDS):
        own = signals.units[at, here.units]
        found[field] = own
        found[f"share {field}"] = _best_is_one(own, here)
    found.update(_among_neighbours(index, signals, here))
    found["called"] = _called(found["all"], here, texts)
    found.update(_by_name(task, here, [touched.get(index.paths[file], {}) for file in files]))
    found["length"] = np.log1p(index.unit_length[here.units]) / 8
    values = np.stack([v.astype(np.float32) for v in found.values()])
    return Definitions(tuple(found), values, here.files[here.owners], tuple(here.rows))


def _among_neighbours(index: Index, signals: Signals, here: Candidates) -> dict[str, Floats]:
    """Score words by how rare they are among the definitions of their own file: what all say tells none apart."""
    units, owners, files = here.units, here.owners, len(here.files)
    place = np.full(len(index.unit_blob), -1, np.int32)
    place[units] = np.arange(len(units))
    size = np.bincount(owners, minlength=files)
    total, title = np.zeros(len(units), np.float32), np.zeros(len(units), np.float32)
    norm = (
        0.6 + 0.6 * index.unit_length[units] / max(float(index.unit_length[units].mean()), 1.0)
        if len(units)
        else np.empty(0)
    )
    for said in signals.said:
        at = place[said.units]
        inside = np.flatnonzero(at >= 0)
        if not len(inside):
            continue
        at, counts = at[inside], said.counts[inside]
        holders = np.bincount(owners[at], minlength=files)[owners[at]]
        gain = np.log1p((size[owners[at]] - holders + 0.5) / (holders + 0.5)) * counts / (counts + norm[at])
        total[at] += said.all * gain
        if said.title:
            title[at] += said.title * gain
    return {"local": _best_is_one(total, here), "local title": _best_is_one(title, here)}


def _best_is_one(values: Floats, here: Candidates) -> Floats:
    best = np.zeros(len(here.files), np.float32)
    np.maximum.at(best, here.owners, values)
    return values / np.maximum(best[here.owners], 1e-6)


def _called(relevance: Floats, here: Candidates, texts: Mapping[int, Sequence[str]]) -> Floats:
    """Sum for each definition the relevance of the likeliest ones that name it, less where several have its name."""
    numbers: dict[str, int] = {}
    number = np.array([numbers.setdefault(name, len(numbers)) for name in here.names], np.int64)
    namesakes = np.bincount(number).astype(np.float32)
    total = np.zeros(len(numbers), np.float32)
    for caller in np.argsort(-relevance, kind="stable")[:CALLERS].tolist():
        if relevance[caller] > 0:
            row = here.rows[caller]
            text = texts.get(int(here.files[here.owners[caller]]), ())
            lines = text[row.start : min(row.stop, row.start + LONGEST_CALLER)]
            names = numbers.keys() & set(WORD.findall("\n".join(lines))) - {here.names[caller]}
            at = [numbers[name] for name in names]
            total[at] += relevance[caller] / namesakes[at]
    return total[number] / max(float(total.max(initial=0.0)), 1e-6)


def _by_name(task: Task, here: Candidates, touched: Sequence[Mapping[str, int]]) -> dict[str, Floats]:
    """Judge definitions by their names; `touched` says for each file how often commits touched what it defines."""
    framed = {frame.name for frame in task.frames if len(frame.name) > 2}
    title = frozenset(task.terms["title"])
    said = title | frozenset(task.terms["prose"])
    places = [task.names.get(name, 0) for name in here.names]
    commits = [touched[file].get(name, 0) for file, name in zip(here.owners.tolist(), here.names, strict=True)]
    return {
        "named": np.array([(0.0, 0.5, 1.0, 1.0)[place] for place in places], np.float32),
        "owner named": np.array([task.names.get(owner, 0) > 1 for owner in here.outer], np.float32),
        "dotted": np.array(
            [
                owner != "" and f"{owner}.{name}" in task.dotted
                for owner, name in zip(here.outer, here.names, strict=True)
            ]
            if task.dotted
            else np.zeros(len(here.names)),
            np.float32,
        ),
        "frame": np.array([name in framed for name in here.names], np.float32),
        "name title": _shares(here.terms, title),
        "name words": _shares(here.terms, said),
        **dict(zip(SORTS, here.sorts, strict=True)),
        "touched": np.array([float(np.log1p(n)) if n else 0.0 for n in commits], np.float32),
    }


def _shares(terms: Sequence[tuple[str, ...]], words: frozenset[str]) -> Floats:
    """Return which share of each name's terms are among some words."""
    found = np.zeros(len(terms), np.float32)
    for at in [n for n, mine in enumerate(terms) if not words.isdisjoint(mine)]:
        found[at] = sum(term in words for term in terms[at]) / len(terms[at])
    return found
