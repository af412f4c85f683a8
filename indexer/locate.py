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


@dataclass(frozen=True, slots=True)
class Definitions:
    """Candidates with one row of `values` for each name, one column for each candidate."""

    names: tuple[str, ...]
    values: Floats
    files: Ints
    rows: tuple[DefinitionRow, ...]


def definitions(
    index: Index,
    task: Task,
    signals: Signals,
    files: Sequence[int],
    known: Mapping[int, Sequence[DefinitionRow]],
    texts: Mapping[int, Sequence[str]],
    touched: Mapping[str, Mapping[str, int]],
) -> Definitions:
    """Work out every signal for the definitions of some files, which come best first.

    `known` maps the row of each blob to its definitions, `texts` files to their lines, `touched` paths to how often
    commits touched their symbols.
    """
    units: list[int] = []
    owners: list[int] = []
    rows: list[DefinitionRow] = []
    for file in files:
        blob = int(index.blob[file])
        defined = known[int(index.rows[blob])]
        for position in range(int(index.unit_start[blob]) + 1, int(index.unit_start[blob + 1])):
            units.append(position)
            owners.append(file)
            rows.append(defined[int(index.unit_definition[position])])
    unit, owner = np.array(units, np.int64), np.array(owners, np.int64)
    found: dict[str, Floats] = {}
    for at, field in enumerate(UNIT_FIELDS):
        own = signals.units[at, unit]
        found[field] = own
        found[f"share {field}"] = _best_is_one(own, owner, index.size)
    found.update(_among_neighbours(index, signals, unit, owner))
    found["called"] = _called(found["all"], owner, rows, texts)
    found.update(_by_name(index, task, rows, owner, touched))
    found["length"] = np.log1p(index.unit_length[unit]) / 8
    values = np.stack([v.astype(np.float32) for v in found.values()])
    return Definitions(tuple(found), values, owner, tuple(rows))


def _among_neighbours(index: Index, signals: Signals, units: Ints, owners: Ints) -> dict[str, Floats]:
    """Score words by how rare they are among the definitions of their own file: what all say tells none apart."""
    place = np.full(len(index.unit_blob), -1, np.int64)
    place[units] = np.arange(len(units))
    size = np.bincount(owners, minlength=index.size)
    total, title = np.zeros(len(units), np.float32), np.zeros(len(units), np.float32)
    norm = (
        0.6 + 0.6 * index.unit_length[units] / max(float(index.unit_length[units].mean()), 1.0)
        if len(units)
        else np.empty(0)
    )
    for said in signals.said:
        at = place[said.units]
        here = at >= 0
        at, counts = at[here], said.counts[here]
        holders = np.bincount(owners[at], minlength=index.size)[owners[at]]
        gain = np.log1p((size[owners[at]] - holders + 0.5) / (holders + 0.5)) * counts / (counts + norm[at])
        total[at] += said.all * gain
        title[at] += said.title * gain
    return {"local": _best_is_one(total, owners, index.size), "local title": _best_is_one(title, owners, index.size)}


def _best_is_one(values: Floats, owners: Ints, files: int) -> Floats:
    best = np.zeros(files, np.float32)
    np.maximum.at(best, owners, values)
    return values / np.maximum(best[owners], 1e-6)


def _called(
    relevance: Floats, owners: Ints, rows: Sequence[DefinitionRow], texts: Mapping[int, Sequence[str]]
) -> Floats:
    """Sum for each definition the relevance of the likeliest ones that name it, less where several have its name."""
    named: dict[str, list[int]] = {}
    for at, row in enumerate(rows):
        named.setdefault(row.name, []).append(at)
    total = np.zeros(len(rows), np.float32)
    for caller in np.argsort(-relevance, kind="stable")[:CALLERS].tolist():
        row = rows[caller]
        lines = texts.get(int(owners[caller]), ())[row.start : min(row.stop, row.start + LONGEST_CALLER)]
        for name in set(WORD.findall("\n".join(lines))) - {row.name}:
            for at in named.get(name, ()):
                total[at] += relevance[caller] / len(named[name])
    return total / max(float(total.max(initial=0.0)), 1e-6)


def _by_name(
    index: Index,
    task: Task,
    rows: Sequence[DefinitionRow],
    owners: Ints,
    touched: Mapping[str, Mapping[str, int]],
) -> dict[str, Floats]:
    names = (
        "named",
        "owner named",
        "dotted",
        "frame",
        "name title",
        "name words",
        "is type",
        "is test",
        "dunder",
        "touched",
    )
    values = np.zeros((len(names), len(rows)), np.float32)
    framed = {frame.name for frame in task.frames if len(frame.name) > 2}
    title = set(task.terms["title"])
    said = title | set(task.terms["prose"])
    for at, (row, file) in enumerate(zip(rows, owners.tolist(), strict=True)):
        parts = row.qualname.split(".")
        name, owner = parts[-1], parts[-2] if len(parts) > 1 else ""
        terms = subterms(name)
        place = task.names.get(name, 0)
        values[:, at] = (
            (place > 1) + 0.5 * (place == 1),
            task.names.get(owner, 0) > 1,
            len(parts) > 1 and f"{owner}.{name}" in task.dotted,
            name in framed,
            sum(t in title for t in terms) / max(len(terms), 1),
            sum(t in said for t in terms) / max(len(terms), 1),
            row.kind in TYPES,
            name.lower().startswith("test"),
            name.startswith("__"),
            np.log1p(touched.get(index.paths[file], {}).get(name, 0)),
        )
    return dict(zip(names, values, strict=True))
