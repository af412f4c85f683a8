"""Within likely files, how much each definition has to do with a task. Reads what sleep laid out; ranks no files.

Beside its own words, a definition is judged by its name and shape, by its place in a stack trace, by the calls that
join it to a definition which the task names (people name what they called, and what is wrong is often one or two calls
further down), and by how often late commits touched it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import chain
from math import log
from typing import NamedTuple

import numpy as np

from noctule.indexer.arrays import Floats, Ints
from noctule.indexer.files.live_files import LazyLines
from noctule.indexer.lru import WeightedLru
from noctule.indexer.search.index import Index, Signals
from noctule.indexer.search.query import TaskQuery
from noctule.indexer.search.words import UNIT_FIELDS
from noctule.indexer.store.rows import DefinitionRow
from noctule.indexer.symbols import TYPES
from noctule.indexer.terms import WORD, subterms

Touches = tuple[Ints, Floats]
"""The definitions of a file that commits touched, by their places in its outline, and the logarithm of how often."""
CONSTRUCTORS = frozenset({"__init__", "constructor", "initialize", "new", "init", "__construct"})
CALLERS = 40
"""How many definitions are read for what they call, at each of two steps from what the task names."""
LONGEST_CALLER = 10_000
"""Bytes of a definition that are read for what it calls."""
SHARED = frozenset({"all", "title"})
"""The fields of words that count beside the best of the same file too."""
SHORT = 4
"""A definition of so few lines has little in it to change."""
LONGEST_DECLARATION = 12
"""Lines."""
FARTHEST_DOC = 4000
"""Bytes of a definition within which its documentation begins."""
SHAPE = (
    "is type",
    "dunder",
    "private",
    "constructor",
    "short",
    "code lines",
    "doc lines",
    "doc share",
    "declared",
    "macro",
    "tests",
)
"""Signals of a definition that no task changes."""
MOST_TOUCHED = 40_000
"""So many definitions that commits touched are kept."""
_UNTOUCHED: Touches = (np.empty(0, np.int64), np.empty(0, np.float32))
_DOCSTRING = re.compile(rb"^[ \t]*[rRuUbB]{0,2}(\"\"\"|''')", re.MULTILINE)
_DECLARES = re.compile(rb";\s*$", re.MULTILINE)
_DOCSTRINGS = re.compile(r"\"\"\".*?\"\"\"|'''.*?'''", re.DOTALL)


class Definitions(NamedTuple):
    """Candidates with one row of `values` for each name, one column for each candidate."""

    names: tuple[str, ...]
    values: Floats
    files: Ints
    rows: tuple[DefinitionRow, ...]
    namesakes: Ints
    """For each candidate the number of the first one of its file with the same qualified name: of overloads, one."""


class Outline(NamedTuple):
    """The definitions of one blob that have units of their own, in that order, and what no task changes about them."""

    rows: tuple[DefinitionRow, ...]
    names: tuple[str, ...]
    owned: Mapping[str, Sequence[int]]
    """By the name of the enclosing definition; those without one are left out."""
    terms: Mapping[str, Sequence[int]]
    """In whose names each term stands, as often as it does."""
    term_counts: Floats
    """How many terms each name has."""
    places: Mapping[str, Sequence[int]]
    """Where each name is defined."""
    shape: Floats
    """One row for each of `SHAPE`, one column for each definition."""
    around: Ints
    """The place of the enclosing definition among these, -1 where there is none."""
    namesakes: Ints
    """The place of the first definition with the same qualified name."""

    @classmethod
    def of(cls, rows: Sequence[DefinitionRow], text: LazyLines | None) -> Outline:
        """Make the outline of some definitions of a text; without a text, their contents are not read."""
        parts = [row.qualname.rsplit(".", 2) for row in rows]
        names = tuple(p[-1] for p in parts)
        lines = np.array([row.stop - row.start for row in rows], np.float32)
        docs = _documentation(rows, text)
        may_declare = text is not None and _DECLARES.search(text.source) is not None  # which Python's texts lack
        shape = (
            [row.kind in TYPES for row in rows],
            [name.startswith("__") for name in names],
            [name.startswith("_") and not name.startswith("__") for name in names],
            [name in CONSTRUCTORS for name in names],
            lines <= SHORT,
            np.log1p(np.maximum(lines - docs, 0)) / 8,
            np.log1p(docs) / 8,
            docs / np.maximum(lines, 1),
            [may_declare and text is not None and is_declared(row, text) for row in rows],
            [row.kind == "macro" for row in rows],
            [_is_test(row.qualname) for row in rows],
        )
        owned: dict[str, list[int]] = {}
        for at, part in enumerate(parts):
            if len(part) > 1:
                owned.setdefault(part[-2], []).append(at)
        places: dict[str, list[int]] = {}
        for at, name in enumerate(names):
            places.setdefault(name, []).append(at)
        terms: dict[str, list[int]] = {}
        cut = [subterms(name) for name in names]
        for at, mine in enumerate(cut):
            for term in mine:
                terms.setdefault(term, []).append(at)
        counts = np.array([len(mine) for mine in cut], np.float32)
        at_position = {row.position: at for at, row in enumerate(rows)}
        around = np.array([at_position.get(row.parent, -1) for row in rows], np.int64)
        shape_rows = np.array(shape, np.float32)
        first: dict[str, int] = {}
        namesakes = np.array([first.setdefault(row.qualname, at) for at, row in enumerate(rows)], np.int64)
        tables = (_pack(owned), _pack(terms), _pack(places))
        return cls(tuple(rows), names, tables[0], tables[1], counts, tables[2], shape_rows, around, namesakes)


def _pack(table: Mapping[str, Sequence[int]]) -> dict[str, Sequence[int]]:
    """Return the same numbers as tuples, which take two thirds of the memory of lists."""
    return {key: tuple(numbers) for key, numbers in table.items()}


def _is_test(qualname: str) -> bool:
    """Tell whether a definition is a test beside the code: some languages keep modules of tests in the tested files."""
    lowered = qualname.lower()
    if "test" not in lowered:
        return False
    parts = lowered.split(".")
    return parts[-1].startswith("test_") or not {"test", "tests"}.isdisjoint(parts)


def is_declared(row: DefinitionRow, text: LazyLines) -> bool:
    """Tell whether a function is only declared, and its body is elsewhere."""
    if row.kind not in {"function", "method"} or row.stop - row.start > LONGEST_DECLARATION:
        return False
    source = text.between(row.start, row.stop).rstrip()
    return source.endswith(b";") and b"{" not in source and b"=>" not in source


def _documentation(rows: Sequence[DefinitionRow], text: LazyLines | None) -> Floats:
    """Return how many lines of each definition document it; of the languages read, only Python does that inside."""
    found = np.zeros(len(rows), np.float32)
    if text is None or not (b'"""' in text.source or b"'''" in text.source):
        return found
    source = text.source
    for at, row in enumerate(rows):
        if not row.doc:
            continue
        begin, end = text.bounds(row.start, row.stop)
        opened = _DOCSTRING.search(source, begin, min(begin + FARTHEST_DOC, end))
        closed = source.find(opened[1], opened.end(), end) if opened is not None else -1
        if opened is not None and closed >= 0:
            found[at] = source.count(b"\n", opened.start(), closed) + 1
    return found


class Touched:
    """How often commits touched the definitions of one view's files; what was asked for last is kept."""

    def __init__(self, symbols: Mapping[str, Mapping[str, int]]) -> None:
        self._symbols = symbols
        self._known: WeightedLru[str, Touches] = WeightedLru(MOST_TOUCHED, lambda one: len(one[0]) + 10)

    def find(self, path: str, places: Mapping[str, Sequence[int]]) -> Touches:
        """Return what was touched of a file whose definitions stand at these places, by name."""
        commits = self._symbols.get(path)
        if not commits:
            return _UNTOUCHED
        return self._known.get((path,), lambda _: {path: _count(commits, places)})[path]


def _count(commits: Mapping[str, int], places: Mapping[str, Sequence[int]]) -> Touches:
    named = commits.keys() & places.keys()
    where = [at for name in named for at in places[name]]
    often = [commits[name] for name in named for _ in places[name]]
    return np.array(where, np.int64), np.log1p(np.array(often, np.float64)).astype(np.float32)


class Candidates(NamedTuple):
    """The definitions of several files, one after the other; `owners` are numbers of `files`."""

    rows: tuple[DefinitionRow, ...]
    outlines: Sequence[Outline]
    owned: Sequence[tuple[int, Mapping[str, Sequence[int]]]]
    """For each file, the number of its first definition, and what stands in definitions of each name from there."""
    terms: Sequence[tuple[int, Mapping[str, Sequence[int]]]]
    """For each file, the number of its first definition, and in whose names each term stands from there."""
    term_counts: Floats
    shape: Floats
    units: Ints
    owners: Ints
    files: Ints
    around: Ints
    """The number of the enclosing definition; its own where there is none."""
    places: Sequence[tuple[int, Mapping[str, Sequence[int]]]]
    """For each file, the number of its first definition, and where each name is defined from there."""
    namesakes: Ints

    @classmethod
    def of(cls, index: Index, files: Sequence[int], outlines: Mapping[int, Outline]) -> Candidates:
        """Join the outlines of files."""
        mine = [outlines[int(index.rows[index.blob[file]])] for file in files]
        starts = [int(index.unit_start[index.blob[file]]) + 1 for file in files]
        counts = [len(outline.rows) for outline in mine]
        starting = np.cumsum([0, *counts])
        firsts = starting.tolist()
        around = np.concatenate([np.empty(0, np.int64), *(o.around for o in mine)])
        namesakes = np.concatenate([np.empty(0, np.int64), *(o.namesakes for o in mine)])
        around = np.where(around >= 0, around + np.repeat(starting[:-1], counts), np.arange(len(around)))
        return cls(
            tuple(chain.from_iterable(outline.rows for outline in mine)),
            mine,
            [(start, outline.owned) for start, outline in zip(firsts, mine, strict=False)],
            [(start, outline.terms) for start, outline in zip(firsts, mine, strict=False)],
            np.concatenate([np.empty(0, np.float32), *(outline.term_counts for outline in mine)]),
            np.concatenate([np.empty((len(SHAPE), 0), np.float32), *(outline.shape for outline in mine)], axis=1),
            np.concatenate([np.empty(0, np.int64), *map(np.arange, starts, np.add(starts, counts))]).astype(np.int64),
            np.repeat(np.arange(len(files)), counts),
            np.array(files, np.int64),
            around,
            [(start, outline.places) for start, outline in zip(firsts, mine, strict=False)],
            namesakes + np.repeat(starting[:-1], counts),
        )


def outline(index: Index, blob: int, defined: Sequence[DefinitionRow], text: LazyLines | None) -> Outline:
    """Return the outline of one of the index's blobs; `defined` are its definitions in source order.

    `text` is the content of the blob, if the caller has it.
    """
    units = slice(int(index.unit_start[blob]) + 1, int(index.unit_start[blob + 1]))
    return Outline.of([defined[position] for position in index.unit_definition[units].tolist()], text)


def definitions(
    index: Index,
    task: TaskQuery,
    signals: Signals,
    files: Sequence[int],
    outlines: Mapping[int, Outline],
    texts: Mapping[int, LazyLines],
    touched: Touched,
) -> Definitions:
    """Work out every signal for the definitions of some files, which come best first.

    `outlines` are known by the row of each blob; `texts` maps files to their lines.
    """
    here = Candidates.of(index, files, outlines)
    found: dict[str, Floats] = {}
    for at, field in enumerate(UNIT_FIELDS):
        own = signals.units[at, here.units]
        found[field] = own
        if field in SHARED:
            found[f"share {field}"] = _best_is_one(own, here)
    found["owner all"] = np.where(here.around == np.arange(len(here.around)), 0, found["all"][here.around])
    found.update(_among_neighbours(index, signals, here))
    each = zip(files, here.places, strict=True)
    found.update(_follow_calls(task, here, texts))
    found.update(_by_name(task, here, [touched.find(index.paths[file], places[1]) for file, places in each]))
    found.update(zip(SHAPE, here.shape, strict=True))
    found["length"] = np.log1p(index.unit_length[here.units]) / 8
    values = np.stack([v.astype(np.float32) for v in found.values()])
    return Definitions(tuple(found), values, here.files[here.owners], here.rows, here.namesakes)


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
    if signals.said and files:
        # All terms at once: a call of numpy costs more than its work for one term.
        at = place[np.concatenate([said.units for said in signals.said])]
        inside = np.flatnonzero(at >= 0)
        terms = np.repeat(np.arange(len(signals.said)), [len(said.units) for said in signals.said])[inside]
        at, counts = at[inside], np.concatenate([said.counts for said in signals.said])[inside]
        places = terms * files + owners[at]
        holders = np.bincount(places, minlength=len(signals.said) * files)[places]
        gain = np.log1p((size[owners[at]] - holders + 0.5) / (holders + 0.5)) * counts / (counts + norm[at])
        ends = np.searchsorted(terms, np.arange(1, len(signals.said) + 1)).tolist()
        for said, start, stop in zip(signals.said, [0, *ends], ends, strict=False):
            if start < stop:
                total[at[start:stop]] += said.all * gain[start:stop]
                if said.title:
                    title[at[start:stop]] += said.title * gain[start:stop]
    return {"local": _best_is_one(total, here), "local title": _best_is_one(title, here)}


def _best_is_one(values: Floats, here: Candidates) -> Floats:
    best = np.zeros(len(here.files), np.float32)
    np.maximum.at(best, here.owners, values)
    return values / np.maximum(best[here.owners], 1e-6)


def _follow_calls(task: TaskQuery, here: Candidates, texts: Mapping[int, LazyLines]) -> dict[str, Floats]:
    """Follow calls from the definitions that the task names, by one step and by two; a common name counts less."""
    is_type = here.shape[SHAPE.index("is type")]
    named: dict[int, float] = {}
    for name, best in task.names.items():
        if len(name) > 2:
            mine = [first + at for first, places in here.places if name in places for at in places[name]]
            mine = [at for at in mine if not is_type[at]]
            named.update((at, (1.0 if best > 1 else 0.5) / len(mine) ** 0.5) for at in mine)
    names = list(chain.from_iterable(outline.names for outline in here.outlines)) if named else []
    once = _follow(named, here, names, texts, elsewhere=True)
    twice = _follow(once, here, names, texts, elsewhere=False)
    steps = np.zeros((2, len(here.rows)), np.float32)
    for row, found in zip(steps, (once, twice), strict=True):
        row[list(found)] = list(found.values())
    return {"called": np.minimum(steps[0], 2), "called most": _to_one(steps[0]), "called twice": _to_one(steps[1])}


def _follow(
    worth: Mapping[int, float],
    here: Candidates,
    names: Sequence[str],
    texts: Mapping[int, LazyLines],
    *,
    elsewhere: bool,
) -> dict[int, float]:
    """Pass on what definitions are worth to those that their text names; `names` are those of all candidates.

    Those are of the same file; or `elsewhere`, where there is only one of that name.
    """
    total: dict[int, float] = {}
    if not worth:
        return total
    count = len(names) if elsewhere else 0
    last = dict(zip(names, range(count), strict=False))
    first_of = dict(zip(reversed(names), range(count - 1, -1, -1), strict=True)) if count else {}
    for caller in sorted(worth, key=lambda at: (-worth[at], at))[:CALLERS]:
        row, file = here.rows[caller], int(here.owners[caller])
        text = texts.get(int(here.files[file]))
        if text is None:
            continue
        words = text.derive((row.start, row.stop), _find_words)
        first, places = here.places[file]
        passed = worth[caller] / log(8 + len(words))
        own = names[caller]
        for name in (last if elsewhere else places).keys() & words:
            if name == own:
                continue
            if name in places:
                for at in places[name]:
                    total[first + at] = total.get(first + at, 0.0) + passed / len(places[name]) ** 0.5
            elif (at := last[name]) == first_of[name]:
                total[at] = total.get(at, 0.0) + passed
    return total


def _find_words(source: bytes) -> frozenset[str]:
    """Return the words of a definition's code."""
    return frozenset(WORD.findall(_DOCSTRINGS.sub("", source[:LONGEST_CALLER].decode("utf-8", "replace"))))


def _to_one(values: Floats) -> Floats:
    return values / max(float(values.max(initial=0.0)), 1e-6)


def _by_name(task: TaskQuery, here: Candidates, touched: Sequence[Touches]) -> dict[str, Floats]:
    """Judge definitions by their names; `touched` says for each file how often commits touched what it defines."""
    framed = {frame.name for frame in task.frames if len(frame.name) > 2}
    title = frozenset(task.terms["title"])
    said = title | frozenset(task.terms["prose"])
    owners = {name for name, place in task.names.items() if place > 1}
    named = {name: (0.0, 0.5, 1.0, 1.0)[place] for name, place in task.names.items()}
    count = len(here.rows)
    return {
        "named": _by_place(here.places, count, named),
        "owner named": _by_place(here.owned, count, dict.fromkeys(owners, 1.0)),
        "frame": _by_place(here.places, count, dict.fromkeys(framed, 1.0)),
        "name title": _shares(here, title),
        "name words": _shares(here, said),
        "touched": _touches(here, touched),
    }


def _by_place(
    places_by_file: Sequence[tuple[int, Mapping[str, Sequence[int]]]], count: int, worth: Mapping[str, float]
) -> Floats:
    """Give each of so many definitions what the name is worth that leads to it."""
    found = np.zeros(count, np.float32)
    for first, places in places_by_file if worth else ():
        for name in places.keys() & worth.keys():
            found[[first + at for at in places[name]]] = worth[name]
    return found


def _touches(here: Candidates, touched: Sequence[Touches]) -> Floats:
    """Return the logarithm of how often commits touched each definition."""
    found = np.zeros(len(here.rows), np.float32)
    for (first, _), (where, often) in zip(here.places, touched, strict=True):
        if len(where):
            found[where + first] = often
    return found


def _shares(here: Candidates, words: frozenset[str]) -> Floats:
    """Return which share of each name's terms are among some words."""
    found = [first + at for first, terms in here.terms for term in terms.keys() & words for at in terms[term]]
    counts = np.bincount(np.array(found, np.int64), minlength=len(here.rows))
    return (counts / np.maximum(here.term_counts, 1)).astype(np.float32)
