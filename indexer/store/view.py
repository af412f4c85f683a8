"""Works out the parts of a view that depend on the files of one snapshot: files, graph, facts.

Each function returns the parts it is responsible for, without those that did not change. Writes nothing and knows no
history: for that there is `indexer.learn.history_parts`.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from noctule.indexer.arrays import Array, Ints, pack, pack_texts, unpack, unpack_texts
from noctule.indexer.files.attributes import Attributes
from noctule.indexer.files.paths import decode_paths
from noctule.indexer.files.roles import classify_role
from noctule.indexer.parse.facts.model import SETTING, is_setting, unpack_text
from noctule.indexer.parse.facts.model import Head as FactsHead
from noctule.indexer.resolve.confidence import IMPORTED
from noctule.indexer.resolve.program import Program
from noctule.indexer.resolve.relations import NONE, Relations, resolve
from noctule.indexer.store import graph as graphs
from noctule.indexer.store.affected import find_affected, find_seers, is_worth
from noctule.indexer.store.defined_names import DefinedNames
from noctule.indexer.store.imports import import_candidates, is_manifest
from noctule.indexer.store.outlines import outlines_part, read_outlines
from noctule.indexer.store.postings import TermTable, by_term
from noctule.indexer.store.rows import decode_imports
from noctule.indexer.store.store import Store
from noctule.indexer.terms import split_terms

FEW_FILES = 40
_MOST_ROLES = 1 << 17


class BlobHead(NamedTuple):
    """The facts about a blob that a view needs."""

    first_unit: int
    unit_lengths: bytes
    unit_definitions: bytes
    generated: bool
    language: str
    status: str
    defined_names: bytes
    used_names: bytes


@dataclass(frozen=True)
class ViewFiles:
    """The files of a view: ascending paths, their blob ids laid end to end, the store's row of each, their roles."""

    paths: Sequence[str]
    oids: bytes
    rows: Sequence[int]
    heads: Mapping[int, BlobHead]
    roles: Sequence[str]

    @classmethod
    def of(cls, store: Store, blobs: Mapping[str, tuple[str, int]]) -> ViewFiles:
        """Look up (blob id, row) by path."""
        paths = sorted(blobs)
        rows = [blobs[p][1] for p in paths]
        oids = bytes.fromhex("".join(blobs[p][0] for p in paths))
        known = store.blobs(sorted(set(rows)), ", ".join(BlobHead._fields))
        heads = {row: BlobHead(*values) for row, values in known.items()}
        attributes = _attributes(store, paths, rows)
        roles = _roles(paths, (heads[row] for row in rows), attributes)
        return cls(paths, oids, rows, heads, roles)


@dataclass(frozen=True)
class Earlier:
    """The files of the previous state of a view, and which of them imports which."""

    paths: Sequence[str]
    oids: bytes
    imports: Ints | None
    relations: Relations | None
    rows: Sequence[int] = ()
    outlines: bytes | None = None

    @classmethod
    def of(cls, parts: Mapping[str, bytes]) -> Earlier:
        """Read the parts PARTS of a view."""
        columns = unpack(parts["files"])
        paths = decode_paths(unpack_texts(columns["text"], columns["ends"]))
        imports = unpack(parts["imports"])["pairs"].reshape(-1, 2) if "imports" in parts else None
        relations = Relations.of_columns(unpack(parts["relations"])) if "relations" in parts else None
        rows = columns["rows"][columns["blob"]].tolist()
        return cls(paths, parts["oids"], imports, relations, rows, parts.get("outlines"))

    PARTS = ("files", "oids", "imports", "relations", "outlines")

    def places(self, files: ViewFiles) -> Ints:
        """Return the position of each path in another view; -1 if it is not there."""
        at = {path: place for place, path in enumerate(files.paths)}
        return np.array([at.get(path, -1) for path in self.paths], np.int32)

    def in_line(self, files: ViewFiles) -> Earlier:
        """Return the same for the paths of another view: those that are gone are dropped, new ones have no row (-1)."""
        if self.paths == files.paths or self.imports is None or self.relations is None:
            return self
        places = self.places(files)
        width = len(files.oids) // max(len(files.paths), 1)
        oids, rows = bytearray(len(files.oids)), [-1] * len(files.paths)
        for n, place in enumerate(places.tolist()):
            if place >= 0:
                oids[place * width : (place + 1) * width] = self.oids[n * width : (n + 1) * width]
                rows[place] = self.rows[n]
        imports = places[self.imports]
        imports = imports[(imports >= 0).all(axis=1)]
        return Earlier(files.paths, bytes(oids), imports, self.relations.renumber(places), rows, self.outlines)

    def changed(self, files: ViewFiles) -> list[int]:
        """Return the positions whose blob is another now; the paths are the same."""
        width = len(files.oids) // max(len(files.paths), 1)
        cuts = range(0, len(files.oids), width or 1)
        return [i for i, at in enumerate(cuts) if files.oids[at : at + width] != self.oids[at : at + width]]


def earlier_part(earlier: Earlier) -> dict[str, bytes]:
    """Keep the list of files that the parts of history were laid out for, where those stay as they are."""
    return {"earlier": pack(pack_texts([os.fsencode(p) for p in earlier.paths]))}


NOTHING_EARLIER = {"earlier": b""}
"""The parts of history are those of the view's own files."""
NOTHING = Earlier((), b"", None, None)


def files_part(files: ViewFiles, earlier: Earlier) -> dict[str, bytes]:
    """Return the part with the files of the snapshot, their roles, and the positions of their units."""
    paths, rows, heads = files.paths, files.rows, files.heads
    distinct = sorted(set(rows))
    position = {row: i for i, row in enumerate(distinct)}
    ordered = [heads[row] for row in distinct]
    roles = files.roles
    role_names = {name: i for i, name in enumerate(sorted(set(roles)))}
    tongues = {name: i for i, name in enumerate(sorted({h.language for h in ordered}))}
    columns: dict[str, Array] = {
        **pack_texts([os.fsencode(p) for p in paths]),
        "blob": np.array([position[row] for row in rows], np.int32),
        "role": np.array([role_names[r] for r in roles], np.int8),
        "rows": np.array(distinct, np.int64),
        "language": np.array([tongues[h.language] for h in ordered], np.int16),
        "first_unit": np.array([h.first_unit for h in ordered], np.int64),
        "units": np.array([len(h.unit_lengths) // 2 for h in ordered], np.int32),
    }
    columns |= {f"roles.{k}": v for k, v in pack_texts([r.encode() for r in role_names]).items()}
    columns |= {f"languages.{k}": v for k, v in pack_texts([t.encode() for t in tongues]).items()}
    units: dict[str, Array] = {
        "length": np.frombuffer(b"".join(h.unit_lengths for h in ordered), np.uint16),
        "definition": np.frombuffer(b"".join(h.unit_definitions for h in ordered), np.int32),
    }
    parts = {"files": pack(columns), "oids": files.oids, "units": pack(units)}
    if earlier is NOTHING or earlier.paths != paths:
        words = by_term((i, split_terms(path.replace("/", " ").replace("_", " "))) for i, path in enumerate(paths))
        parts["path_terms"] = pack(TermTable.columns(words))
    return parts


def _attributes(store: Store, paths: Sequence[str], numbers: Sequence[int]) -> Attributes:
    """Join the roles that the .gitattributes files of a snapshot set."""
    rows = {
        path.removesuffix(".gitattributes").rstrip("/"): row
        for path, row in zip(paths, numbers, strict=True)
        if path == ".gitattributes" or path.endswith("/.gitattributes")
    }
    known = store.blobs(sorted(set(rows.values())), "imports")
    texts = {folder: "\n".join(line for line, _, _ in decode_imports(known[row][0])) for folder, row in rows.items()}
    return Attributes.join(
        Attributes.parse(text.encode("utf-8", "surrogateescape"), folder) for folder, text in texts.items() if text
    )


@lru_cache(maxsize=4)
def _known_roles(_attributes: Attributes) -> dict[str, str]:
    """Return where the roles by these attributes are noted, for a process that stays."""
    return {}


def _roles(paths: Sequence[str], heads: Iterable[BlobHead], attributes: Attributes) -> list[str]:
    known = _known_roles(attributes)
    if len(known) > _MOST_ROLES:
        known.clear()
    roles: list[str] = []
    for path, head in zip(paths, heads, strict=True):
        role = known.get(path)
        if role is None:
            role = known[path] = classify_role(path, attributes)
        # A person who says that a file is not generated has seen more than the mark in its head.
        is_marked = head.generated and "linguist-generated" not in attributes.of(path)
        roles.append("generated" if is_marked else role)
    return roles


def graph_part(
    store: Store,
    files: ViewFiles,
    earlier: Earlier,
    precise: Relations = NONE,
    failed: dict[str, str] | None = None,
    *,
    anew: bool = False,
) -> dict[str, bytes]:
    """Work out which file uses which: resolved uses where the language allows it, else by imports and names.

    `precise` is what a SCIP index adds; `anew`: it has changed, though perhaps no file has. `failed` gets the files
    whose uses could not be resolved, each with the reason.

    Only changed files and those that may see a difference are looked at again.
    """
    everything = range(len(files.paths))
    now = earlier.in_line(files)
    changed: Sequence[int] = everything
    known = now.imports is not None and now.relations is not None
    if known:
        changed = now.changed(files)
        if not changed and now is earlier and not anew:
            return {}
        # Who is called what says what all imports mean.
        touched = {files.paths[i] for i in changed}.union(set(earlier.paths).difference(files.paths))
        known = not any(is_manifest(path) or is_setting(path) for path in touched)
    packages = store.packages(sorted(set(files.rows)))
    outlines = read_outlines(earlier.outlines)
    program = make_program(store, files, packages, outlines)
    resolved = _resolve_again(store, files, program, earlier, now, changed) if known else None
    if resolved is None:
        resolved = resolve_relations(store, files, program, everything)
    if failed is not None:
        failed.update({files.paths[file]: why for file, why in program.failed.items()})
    asked = everything if now is not earlier or not known else changed
    plain = [i for i in asked if files.rows[i] not in packages]
    pairs = resolve_imports(store, files, plain)
    if known and now.imports is not None:
        kept = ~np.isin(now.imports[:, 0], [*plain, *changed])
        pairs = np.concatenate([now.imports[kept], pairs])
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    known_pairs = [(pairs, np.full(len(pairs), IMPORTED, np.float32)), resolved.pairs(), precise.pairs()]
    mine = [files.heads[row] for row in files.rows]
    built = graphs.build(
        len(files.paths),
        graphs.NumberedNames.of([h.defined_names for h in mine]),
        graphs.NumberedNames.of([h.used_names for h in mine]),
        [h.language for h in mine],
        np.concatenate([rows for rows, _ in known_pairs]),
        np.concatenate([confidence for _, confidence in known_pairs]),
    )
    return {
        "graph": pack(built.columns()),
        "imports": pack({"pairs": pairs.reshape(-1)}),
        "relations": pack(resolved.columns()),
        **outlines_part(program, files.rows, outlines),
    }


def _resolve_again(
    store: Store, files: ViewFiles, program: Program, earlier: Earlier, now: Earlier, changed: Sequence[int]
) -> Relations | None:
    """Return the relations where some files changed, came or went; None where all have to be resolved again.

    `now` is what was known `earlier`, in line with the files.
    """
    assert earlier.relations is not None
    assert now.relations is not None
    before = {file: now.rows[file] for file in changed if now.rows[file] >= 0}
    places = earlier.places(files)
    gone = np.flatnonzero(places < 0).tolist()
    if not is_worth(len(changed) + len(gone), len(files.paths)):
        return None
    seen: set[int] = set()
    if now is not earlier:
        moved = {files.paths[i]: files.rows[i] for i in changed if i not in before}
        moved |= {earlier.paths[n]: earlier.rows[n] for n in gone}
        found = find_seers(store, program, files.rows, moved, before)
        if found is None:
            return None
        seen = {*found[0], *now.relations.find_all_users(found[1]), *changed}
        seen |= {*places[earlier.relations.users_of(gone)].tolist()} - {-1}
    kept, again = find_affected(store, program, files.rows, before, now.relations)
    if again is None:
        return None
    again |= seen
    return kept.replace(sorted(again), resolve_relations(store, files, program, sorted(again)))


def make_program(
    store: Store, files: ViewFiles, packages: Mapping[int, str], outlines: Mapping[int, bytes] | None = None
) -> Program:
    """Return the files of a view as what relations are resolved in; `outlines` are known by row."""
    heads = [
        FactsHead(files.heads[row].language, packages[row]) if row in packages and packages[row] != SETTING else None
        for row in files.rows
    ]
    texts = {
        path: unpack_text(store.load_facts(row))
        for path, row in zip(files.paths, files.rows, strict=True)
        if packages.get(row) == SETTING and is_setting(path)
    }
    outlined = {file: outlines[row] for file, row in enumerate(files.rows) if row in outlines} if outlines else None
    return Program(files.paths, heads, lambda file: store.load_facts(files.rows[file]), texts, outlined)


def resolve_relations(store: Store, files: ViewFiles, program: Program, users: Sequence[int]) -> Relations:
    """Resolve what some files use."""
    if not any(program.heads[user] is not None for user in users):
        return NONE
    names = DefinedNames(store, files.rows)
    # What a few files use is asked for by name; what many use, all at once.
    return Relations.of(resolve(program, names if len(users) <= FEW_FILES else frozenset(names), users))


def resolve_imports(store: Store, files: ViewFiles, positions: Sequence[int]) -> Ints:
    """Resolve the imports of some files into (importer, imported)."""
    statements = store.blobs(sorted({files.rows[i] for i in positions}), "imports")

    def read_manifests(manifests: Sequence[int]) -> list[str]:
        found = store.blobs(sorted({files.rows[i] for i in manifests}), "imports")
        return [found[files.rows[i]][0] for i in manifests]

    candidates = import_candidates(files.paths, read_manifests)
    said = (
        (i, candidates[files.heads[files.rows[i]].language], decode_imports(statements[files.rows[i]][0]))
        for i in positions
        if files.heads[files.rows[i]].language and statements[files.rows[i]][0] != "[]"
    )
    return np.array(graphs.import_edges(files.paths, said), np.int32).reshape(-1, 2)


def facts_part(files: ViewFiles, failed: Mapping[str, str], scip: Mapping[str, object]) -> dict[str, bytes]:
    """Count what `status` reports of the files; `scip` is what a SCIP index added."""
    mine = [(path, files.heads[row]) for path, row in zip(files.paths, files.rows, strict=True)]
    roles = Counter(files.roles)
    facts = {
        "blobs": len(files.heads),
        "languages": dict(Counter(head.language for _, head in mine if head.language).most_common()),
        "symbols": sum(len(head.defined_names) // 4 for _, head in mine),
        "ranked_down": {role: n for role, n in roles.most_common() if role != "source"},
        "failed": {**failed, **{path: head.status for path, head in mine if head.status not in ("text", "binary")}},
        "scip": dict(scip),
    }
    return {"facts": json.dumps(facts).encode()}
