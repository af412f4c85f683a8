"""What is worked out for one snapshot, as the named parts of its view: files, graph, commits, forecast, facts.

Each function returns the parts it is responsible for; what reads them is named beside it. Writes nothing.
"""

from __future__ import annotations

import json
import os
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from indexer import graph as graphs
from indexer import predict, trials
from indexer.columns import Array, pack, pack_texts
from indexer.errors import GitError
from indexer.git import Git, RepositoryPlace
from indexer.history import History
from indexer.intake import hint_of
from indexer.languages import by_name
from indexer.roles import role_of
from indexer.segments import TermTable, by_term
from indexer.snapshot import Snapshot
from indexer.store import Store, imports_from
from indexer.terms import terms_of
from indexer.touched import Touches, touched_symbols

REFIT_AFTER = 50
"""A fit serves until this many commits have come after it."""
TRIALS = 120
LONGEST_DIFF_S = 2.0


def files_part(store: Store, snapshot: Snapshot, ids: dict[tuple[str, str], int]) -> dict[str, bytes]:
    """Lay out which files the snapshot has, what they are, and where their units lie."""
    paths = [p for p in sorted(snapshot.files) if (snapshot.files[p].blob, hint_of(p)) in ids]
    rows = [ids[snapshot.files[p].blob, hint_of(p)] for p in paths]
    distinct = sorted(set(rows))
    position = {row: i for i, row in enumerate(distinct)}
    heads = store.blobs(distinct, "first_unit, unit_lengths, unit_definitions, generated, language, status")
    ordered = [heads[row] for row in distinct]
    roles = ["generated" if heads[row][3] else role_of(path) for path, row in zip(paths, rows, strict=True)]
    role_names = sorted(set(roles))
    texts = pack_texts([os.fsencode(p) for p in paths])
    tongues = sorted({h[4] for h in ordered})
    files: dict[str, Array] = {
        "text": texts["text"],
        "ends": texts["ends"],
        "blob": np.array([position[row] for row in rows], np.int32),
        "role": np.array([role_names.index(r) for r in roles], np.int8),
        "rows": np.array(distinct, np.int64),
        "language": np.array([tongues.index(h[4]) for h in ordered], np.int16),
        "first_unit": np.array([h[0] for h in ordered], np.int64),
        "units": np.array([len(h[1]) // 2 for h in ordered], np.int32),
    }
    files |= {f"roles.{k}": v for k, v in pack_texts([r.encode() for r in role_names]).items()}
    files |= {f"languages.{k}": v for k, v in pack_texts([t.encode() for t in tongues]).items()}
    oids = "".join(snapshot.files[p].blob for p in paths)
    units: dict[str, Array] = {
        "length": np.frombuffer(b"".join(h[1] for h in ordered), np.uint16),
        "definition": np.frombuffer(b"".join(h[2] for h in ordered), np.int32),
    }
    words = by_term((i, terms_of(path.replace("/", " ").replace("_", " "))) for i, path in enumerate(paths))
    return {
        "files": pack(files),
        "oids": bytes.fromhex(oids),
        "units": pack(units),
        "path_terms": pack(TermTable.columns(words)),
    }


def graph_part(store: Store, paths: Sequence[str], blob_of_file: Sequence[int]) -> dict[str, bytes]:
    """Work out who refers to whom."""
    heads = store.blobs(sorted(set(blob_of_file)), "defined_names, used_names, language, imports")
    mine = [heads[row] for row in blob_of_file]
    statements = [
        (i, by_name(h[2]).candidates, imports_from(h[3])) for i, h in enumerate(mine) if h[2] and h[3] != "[]"
    ]
    edges = graphs.import_edges(paths, statements)
    built = graphs.build(
        len(paths),
        [np.frombuffer(h[0], np.uint32) for h in mine],
        [np.frombuffer(h[1], np.uint32) for h in mine],
        [h[2] for h in mine],
        edges,
    )
    return {"graph": pack(built.columns())}


def commits_part(history: History, paths: Sequence[str]) -> dict[str, bytes]:
    """Lay out what past commits said and which of today's files they touched."""
    position = {p: i for i, p in enumerate(paths)}
    file_of = np.array([position.get(p, -1) for p in history.paths] or [-1], np.int32)
    files = file_of[history.files] if len(history.files) else np.empty(0, np.int32)
    there = files >= 0
    counts = np.bincount(history.rows[there], minlength=len(history)) if len(history) else np.empty(0, np.int64)
    order = np.argsort(history.term_ids, kind="stable")
    documents = np.repeat(np.arange(len(history), dtype=np.int32), np.diff(history.term_offsets))[order]
    ends = np.cumsum(np.bincount(history.term_ids, minlength=len(history.terms)))
    ranked = sorted(range(len(history.terms)), key=history.terms.__getitem__)
    spans = [documents[(ends[i - 1] if i else 0) : ends[i]] for i in ranked]
    terms = TermTable.columns_of([history.terms[i] for i in ranked], spans)
    sizes = np.bincount(history.rows, minlength=len(history)) if len(history) else np.empty(0, np.int64)
    columns: dict[str, Array] = {
        "offsets": np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        "files": files[there].astype(np.int32),
        "sizes": sizes.astype(np.int32),
        "flags": history.flags,
        "lengths": np.diff(history.term_offsets).astype(np.int32),
        "ages": history.ages.astype(np.int64),
    }
    return {"commits": pack(columns), "commit_terms": pack(terms)}


def fitted_on(history: History, earlier: bytes | None) -> dict[str, Any]:
    """Fit the change points on a history, unless an earlier fit lies at most REFIT_AFTER commits back in it."""
    if earlier is not None:
        known: dict[str, Any] = json.loads(earlier)
        if known["at"] in history.oids[-REFIT_AFTER:] or not len(history):
            return known
    return {"at": history.oids[-1] if len(history) else "", "model": trials.fit(history, TRIALS).to_dict()}


def forecast_parts(history: History, paths: Sequence[str], fitted: Mapping[str, Any]) -> dict[str, bytes]:
    """Lay out what a prediction reads."""
    state = predict.state_of(history, paths)
    return {"state": zlib.compress(pack(state.to_columns()), 1), "fitted": json.dumps(fitted).encode()}


def touches_part(place: RepositoryPlace | None, revision: str | None) -> dict[str, bytes]:
    """Lay out which symbols the latest commits touched; a clone that lacks their blobs says nothing."""
    touches = Touches({}, {})
    if place is not None and revision is not None:
        try:
            touches = Touches.of(touched_symbols(Git(place), revision, seconds=LONGEST_DIFF_S))
        except GitError:
            touches = Touches({}, {})
    return {"touches": json.dumps({"files": touches.files, "symbols": touches.symbols}).encode()}


def _predicted(fitted: Mapping[str, Any]) -> dict[str, object]:
    """Return what `status` says of the change points: how often their like came true, or why there are none."""
    model = predict.Fitted.from_dict(fitted["model"])
    return {
        **{kind: {"trials": m.trials, **m.hit_rate} for kind, m in model.models.items()},
        **{kind: {"withheld": why} for kind, why in model.withheld.items()},
    }


def past_facts_part(learned: History, fitted: Mapping[str, Any]) -> dict[str, bytes]:
    """Count what `status` reports of history, so that it need not count again."""
    facts = {"commits": len(learned), "prediction": _predicted(fitted)}
    return {"past_facts": json.dumps(facts).encode()}


def facts_part(store: Store, paths: Sequence[str], rows: Sequence[int], failed: Mapping[str, str]) -> dict[str, bytes]:
    """Count what `status` reports of the files."""
    heads = store.blobs(sorted(set(rows)), "language, status, generated, length(defined_names) / 4")
    roles = Counter("generated" if heads[r][2] else role_of(p) for p, r in zip(paths, rows, strict=True))
    broken = {p: heads[r][1] for p, r in zip(paths, rows, strict=True) if heads[r][1] not in ("text", "binary")}
    facts = {
        "blobs": len(heads),
        "languages": dict(Counter(heads[r][0] for r in rows if heads[r][0]).most_common()),
        "symbols": sum(heads[r][3] for r in rows),
        "ranked_down": {role: n for role, n in roles.most_common() if role != "source"},
        "failed": {**failed, **broken},
    }
    return {"facts": json.dumps(facts).encode()}
