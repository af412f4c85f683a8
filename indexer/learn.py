"""Brings a store up to date with a snapshot: the sleeping side, in steps that can be cut off between any two.

Blobs come first and are committed every few seconds, then history, then what is worked out from both for this one
snapshot: its view. Each step is skipped where its inputs are what they were.
"""

from __future__ import annotations

import json
import os
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from indexer import graph as graphs
from indexer import predict, trials
from indexer.answers import Progress
from indexer.columns import Array, pack, pack_texts, unpack, unpack_texts
from indexer.errors import GitError
from indexer.git import Git, RepositoryPlace
from indexer.history import Commit, History, read
from indexer.languages import by_name, language_of
from indexer.parse import Job, Parsed, Parsers
from indexer.roles import role_of
from indexer.segments import References, Segment, TermTable, by_term
from indexer.snapshot import Snapshot
from indexer.store import PARTIAL, BlobRow, Store, imports_from
from indexer.terms import terms_of
from indexer.touched import Touches, touched_symbols

REFIT_AFTER = 50
"""A fit serves until this many commits have come after it."""
LONGEST_DIFF_S = 2.0
UNREAD = frozenset({"not in this clone"})
COMMIT_EVERY_S = 5.0
COMMIT_EVERY_POSTINGS = 4_000_000
PROCESSES = 2
MOST_TIPS = 500
"""Commits whose ancestors git is told to leave out: what it is not told, `History` recognises."""

Report = Callable[[Progress], None]


class OutOfTime(Exception):
    """The deadline came; what was committed stays and the next sleep goes on from there."""


@dataclass(slots=True)
class Work:
    """What a sleep has done so far, and until when it may go on (monotonic seconds)."""

    report: Report
    deadline: float | None
    parsed: int = 0
    known: int = 0
    commits_read: int = 0
    commits_known: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    child_memory: int = 0
    stopped: bool = False

    def check(self) -> None:
        """Raise OutOfTime past the deadline, or where the rest of the work has stopped."""
        if self.stopped or (self.deadline is not None and time.monotonic() > self.deadline):
            raise OutOfTime

    def timed(self, stage: str, since: float) -> None:
        """Add the time since `since` (monotonic) to a stage."""
        self.seconds[stage] = self.seconds.get(stage, 0.0) + time.monotonic() - since


def hint_of(path: str) -> str:
    """Return the language that a path promises, or an empty string."""
    language = language_of(path)
    return language.name if language is not None else ""


def blobs(store: Store, snapshot: Snapshot, place: Path, work: Work) -> dict[tuple[str, str], int]:
    """Digest the blobs that the store has never seen; return the row ids of all blobs of the snapshot."""
    keys = {(f.blob, hint_of(p)): p for p, f in snapshot.files.items()}
    known = store.blob_ids(keys)
    work.known = len(known)
    unseen = [(key, path) for key, path in keys.items() if key not in known]
    if not unseen:
        return known
    jobs = [Job(i, path, key[0], snapshot.files[path].size) for i, (key, path) in enumerate(unseen)]
    batch = _Batch(store)
    started = last = time.monotonic()
    with Parsers(place, revision=snapshot.objects is not None, processes=PROCESSES) as parsers:
        try:
            for parsed in parsers.digest(jobs):
                key, path = unseen[parsed.job.position]
                if parsed.failure:
                    work.failed[path] = parsed.failure
                if batch.add(key, parsed):
                    work.parsed += 1
                work.report(Progress("reading", work.parsed, len(jobs)))
                if time.monotonic() - last > COMMIT_EVERY_S or batch.segment.size > COMMIT_EVERY_POSTINGS:
                    batch.write()
                    last = time.monotonic()
                work.check()
        finally:
            work.child_memory = max(work.child_memory, sum(map(_peak_memory, parsers.process_ids)))
            batch.write()
    work.timed("reading", started)
    return {**known, **batch.ids}


class _Batch:
    """Blobs on their way into the store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.ids: dict[tuple[str, str], int] = {}
        self._next_blob = store.next_blob()
        self._next_unit = store.next_unit()
        self._clear()

    def _clear(self) -> None:
        self.segment = Segment()
        self._digests: list[tuple[int, int, tuple[str, str], Parsed]] = []

    def add(self, key: tuple[str, str], parsed: Parsed) -> bool:
        """Take what a child sent back; whether there is anything to store."""
        if parsed.digest is None:
            return False
        blob, unit = self._next_blob, self._next_unit
        self._next_blob += 1
        self._next_unit += len(parsed.digest.lengths) // 2
        self.segment.add(parsed.digest, unit)
        self._digests.append((blob, unit, key, parsed))
        self.ids[key] = blob
        return True

    def write(self) -> None:
        """Commit what was collected."""
        if not self._digests:
            return
        store = self._store
        names: set[str] = set()
        for *_, parsed in self._digests:
            names.update(parsed.packed.used_names)
            names.update(d[0] for d in parsed.packed.definitions)
        with store.transaction():
            number = store.intern(names)
            rows: list[tuple[int, BlobRow]] = []
            definitions: list[tuple[object, ...]] = []
            references = References()
            for blob, unit, key, parsed in self._digests:
                d = parsed.packed
                for position, (name, qualname, kind, start, stop, signature, doc, parent) in enumerate(d.definitions):
                    definitions.append(
                        (blob, position, number[name], qualname, kind, start, stop, signature, doc, parent)
                    )
                used = np.array([number[n] for n in d.used_names], np.uint32)
                references.add(blob, used, d)
                rows.append((blob, _blob_row(key, parsed, unit, number, used)))
            store.add_blobs(rows, definitions, references.rows())
            store.add_segment(self.segment.first_unit, self.segment.rows())
        self._clear()


def _blob_row(key: tuple[str, str], parsed: Parsed, unit: int, number: dict[str, int], used: Array) -> BlobRow:
    d = parsed.packed
    return BlobRow(
        oid=key[0],
        hint=key[1],
        language=d.language,
        size=parsed.job.size,
        status=parsed.failure or ("text" if d.text else "binary"),
        generated=d.generated,
        broken=d.broken,
        line_hashes=d.line_hashes,
        first_unit=unit,
        unit_definitions=d.unit_definitions,
        unit_lengths=d.lengths,
        defined_names=np.array(sorted({number[x[0]] for x in d.definitions}), np.uint32).tobytes(),
        used_names=np.sort(used).tobytes(),
        imports=json.dumps(d.imports, separators=(",", ":")),
    )


def _peak_memory(process: int) -> int:
    """Return the peak resident bytes of a live process, 0 where the platform does not tell."""
    try:
        text = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("VmHWM")), 0)


# History


def history_of(store: Store) -> History:
    """Return the history that the store holds, of all revisions ever asked for."""
    data = store.shared("history")
    return _history(data) if data is not None else History.empty()


def _grown(known: History, place: RepositoryPlace | None, head: str | None, work: Work) -> History:
    """Read the commits up to `head` that are not known yet. OutOfTime, GitError."""
    work.commits_known = len(known)
    if place is None or head is None or head in set(known.oids):
        return known
    started = time.monotonic()
    parents = set(known.parent_ids.tolist())
    tips = [oid for i, oid in enumerate(known.oids) if i not in parents]

    def counted() -> Iterator[Commit]:
        for n, commit in enumerate(read(Git(place), head, tips[:MOST_TIPS], exact_renames=place.partial), 1):
            if n % 500 == 0:
                work.check()
            work.commits_read = n
            yield commit

    grown = known.extended(counted())
    work.commits_read = len(grown) - len(known)
    work.timed("history", started)
    return grown


def _kept(store: Store, known: History, grown: History, work: Work) -> History:
    if grown is not known:
        started = time.monotonic()
        with store.transaction():
            store.put_shared("history", _history_bytes(grown))
        work.timed("history", started)
    return grown


_TEXTS = ("paths", "terms", "author_names", "subjects")


def _history_bytes(history: History) -> bytes:
    columns: dict[str, Array] = {"oids": np.frombuffer("".join(history.oids).encode(), np.uint8)}
    columns["oid_count"] = np.array([len(history)], np.int64)
    for name in History.__dataclass_fields__:
        value = getattr(history, name)
        if name in _TEXTS:
            texts = pack_texts([t.encode("utf-8", "surrogateescape") for t in value])
            columns |= {f"{name}.{k}": v for k, v in texts.items()}
        elif name == "renames":
            columns[name] = value.reshape(-1)
        elif name != "oids":
            columns[name] = value
    return pack(columns)


def _history(data: bytes) -> History:
    columns = unpack(data)
    count = int(columns.pop("oid_count")[0])
    text = columns.pop("oids").tobytes().decode()
    width = len(text) // count if count else 1
    values: dict[str, Any] = {"oids": [text[i : i + width] for i in range(0, len(text), width)]}
    for name in _TEXTS:
        if f"{name}.text" in columns:
            raw = unpack_texts(columns.pop(f"{name}.text"), columns.pop(f"{name}.ends"))
            values[name] = [t.decode("utf-8", "surrogateescape") for t in raw]
    columns["renames"] = columns["renames"].reshape(-1, 2)
    values |= columns
    return History(**values)


# The view of one snapshot


def view(store: Store, snapshot: Snapshot, place: RepositoryPlace | None, root: Path, name: str, work: Work) -> bool:
    """Learn a snapshot and lay out its view; whether it was finished before the deadline.

    A view that was cut off is laid out from what was read until then, and marked so that the next sleep goes on.
    """
    complete = True
    with ThreadPoolExecutor(1) as beside:
        # git's log is read while the children parse: this process has little else to do until they are done.
        known = history_of(store)
        growing = beside.submit(_grown, known, place, snapshot.revision, work)
        try:
            ids = blobs(store, snapshot, root, work)
        except OutOfTime:
            complete = False
            ids = store.blob_ids((f.blob, hint_of(p)) for p, f in snapshot.files.items())
        except BaseException:
            work.stopped = True
            raise
    try:
        learned = _kept(store, known, growing.result(), work)
        learned = learned.as_of(snapshot.revision) if snapshot.revision is not None else History.empty()
    except OutOfTime:
        complete = False
        learned = History.empty()
    started = time.monotonic()
    work.report(Progress("laying out", 0, 0))
    before = store.view(name)
    earlier = store.parts(before.id, ["fitted"]) if before is not None else {}
    paths = [p for p in sorted(snapshot.files) if (snapshot.files[p].blob, hint_of(p)) in ids]
    rows = [ids[snapshot.files[p].blob, hint_of(p)] for p in paths]
    parts = files_part(store, snapshot, ids)
    parts |= graph_part(store, paths, rows)
    parts |= commits_part(learned, paths)
    work.timed("laying out", started)
    started = time.monotonic()
    work.report(Progress("predicting", 0, 0))
    fitted = fitted_on(learned, earlier.get("fitted"))
    parts |= forecast_parts(learned, paths, fitted)
    parts["touches"] = touches_part(place, snapshot.revision)
    work.timed("predicting", started)
    started = time.monotonic()
    work.failed.update({p: why for p, why in snapshot.left_out.items() if why in UNREAD})
    parts["facts"] = facts_part(store, paths, rows, learned, fitted, work)
    key = snapshot.key if complete else f"{PARTIAL}{snapshot.key}"
    with store.transaction():
        store.put_view(name, key, snapshot.revision, snapshot.dirty, parts)
    work.timed("laying out", started)
    return complete


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


def fitted_on(history: History, earlier: bytes | None) -> dict[str, Any]:
    """Fit the change points on a history, unless an earlier fit lies at most REFIT_AFTER commits back in it."""
    if earlier is not None:
        known: dict[str, Any] = json.loads(earlier)
        if known["at"] in history.oids[-REFIT_AFTER:] or not len(history):
            return known
    return {"at": history.oids[-1] if len(history) else "", "model": trials.fit(history).to_dict()}


def forecast_parts(history: History, paths: Sequence[str], fitted: Mapping[str, Any]) -> dict[str, bytes]:
    """Lay out what a prediction reads."""
    state = predict.state_of(history, paths)
    return {"state": zlib.compress(pack(state.to_columns()), 1), "fitted": json.dumps(fitted).encode()}


def touches_part(place: RepositoryPlace | None, revision: str | None) -> bytes:
    """Lay out which symbols the latest commits touched; a clone that lacks their blobs says nothing."""
    if place is None or revision is None:
        return b'{"files": {}, "symbols": {}}'
    try:
        touches = Touches.of(touched_symbols(Git(place), revision, seconds=LONGEST_DIFF_S))
    except GitError:
        return b'{"files": {}, "symbols": {}}'
    return json.dumps({"files": touches.files, "symbols": touches.symbols}).encode()


def _predicted(fitted: Mapping[str, Any]) -> dict[str, object]:
    """Return what `status` says of the change points: how often their like came true, or why there are none."""
    model = predict.Fitted.from_dict(fitted["model"])
    return {
        **{kind: {"trials": m.trials, **m.hit_rate} for kind, m in model.models.items()},
        **{kind: {"withheld": why} for kind, why in model.withheld.items()},
    }


def facts_part(
    store: Store,
    paths: Sequence[str],
    rows: Sequence[int],
    learned: History,
    fitted: Mapping[str, Any],
    work: Work,
) -> bytes:
    """Count what `status` reports, so that it need not count again."""
    heads = store.blobs(sorted(set(rows)), "language, status, generated, length(defined_names) / 4")
    roles = Counter("generated" if heads[r][2] else role_of(p) for p, r in zip(paths, rows, strict=True))
    failed = {p: heads[r][1] for p, r in zip(paths, rows, strict=True) if heads[r][1] not in ("text", "binary")}
    return json.dumps(
        {
            "languages": dict(Counter(heads[r][0] for r in rows if heads[r][0]).most_common()),
            "symbols": sum(heads[r][3] for r in rows),
            "commits": len(learned),
            "blobs": len(heads),
            "prediction": _predicted(fitted),
            "ranked_down": {role: n for role, n in roles.most_common() if role != "source"},
            "failed": {**work.failed, **failed},
        }
    ).encode()


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
