"""Uses that a SCIP index knows, as relations of a view: only what the files still bear out.

An index has no hash of the texts that it describes. So a document counts only where the name of each definition stands
where the index says, and a use only where its name does. From then on the document is tied to that content: after an
edit a use stays where its line still stands, and a definition where its line does. Nothing is concluded from what an
index leaves out.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from noctule.indexer.arrays import Ints, pack, pack_texts, unpack, unpack_texts
from noctule.indexer.files.line_tracking import follow
from noctule.indexer.files.paths import decode_paths
from noctule.indexer.files.snapshot import Snapshot
from noctule.indexer.files.text import as_utf8
from noctule.indexer.learn.ingest import language_hint
from noctule.indexer.learn.precise_uses import PreciseUses
from noctule.indexer.learn.scip_file import DEFAULT, ScipFile
from noctule.indexer.resolve.relations import NONE, Relations
from noctule.indexer.resolve.scip import (
    LARGEST_BYTES,
    BadIndex,
    Document,
    ScipIndex,
    is_definition,
    matches_text,
    read_index,
    spellings,
)
from noctule.indexer.store.rows import DefinitionRow
from noctule.indexer.store.store import Store
from noctule.indexer.store.view import ViewFiles
from noctule.indexer.symbols import Span

MOST_DEFINITIONS = 8
"""A symbol that is defined in more places is a namespace or the like."""
_NO_ROWS = np.empty((0, 5), np.int32)


@dataclass(frozen=True)
class FittedIndex:
    """What was taken from one index: its documents with the contents that they fitted, and uses between these.

    A row of `uses` is (document of the definition, its position there, its line, document of the use, line).
    """

    file: ScipFile
    digest: str = ""
    warning: str = ""
    unfit: int = 0
    paths: Sequence[str] = ()
    oids: Sequence[str] = ()
    uses: Ints = field(default_factory=lambda: _NO_ROWS)

    def to_part(self) -> bytes:
        """Return the part of a view that `of_part` reads."""
        head = [self.file.name, self.file.stamp, self.digest, self.warning, self.unfit, *self.oids]
        texts = {f"paths.{k}": v for k, v in pack_texts([os.fsencode(p) for p in self.paths]).items()}
        body = np.frombuffer(json.dumps(head).encode(), np.uint8)
        return pack({"head": body, "uses": self.uses.reshape(-1), **texts})

    @classmethod
    def of_part(cls, part: bytes) -> FittedIndex:
        """Read a part of a view."""
        columns = unpack(part)
        name, stamp, digest, warning, unfit, *oids = json.loads(columns["head"].tobytes())
        paths = decode_paths(unpack_texts(columns["paths.text"], columns["paths.ends"]))
        uses = columns["uses"].reshape(-1, 5)
        return cls(ScipFile(name, stamp), digest, warning, unfit, paths, oids, uses)


def apply_index(
    store: Store, files: ViewFiles, snapshot: Snapshot, file: ScipFile, before: bytes | None, *, again: bool
) -> PreciseUses:
    """Work out what an index says of the files of a view; `again` allows reading one that is not as it was."""
    known = FittedIndex.of_part(before) if before else None
    fitted = known
    if again and (known is None or known.file != file):
        fitted = _read(store, files, snapshot, file, known)
    if fitted is None or not fitted.file.stamp:
        gone = known is not None and bool(known.file.stamp)
        return PreciseUses(parts={"scip": b"", "precise": b""} if gone else {}, changed=gone)
    layout = _Layout(store, files, fitted)
    relations = layout.relations()
    facts: dict[str, object] = {
        "name": fitted.file.name,
        "stamp": fitted.file.stamp,
        "uses": layout.count,
        "documents": layout.documents,
        "changed": fitted.unfit + layout.changed,
    }
    return PreciseUses(
        relations,
        {"scip": fitted.to_part(), "precise": pack(relations.columns())},
        facts,
        (fitted.file.name, fitted.warning) if fitted.warning else None,
        changed=fitted is not known,
    )


def _read(
    store: Store, files: ViewFiles, snapshot: Snapshot, file: ScipFile, known: FittedIndex | None
) -> FittedIndex | None:
    if not file.stamp:
        return None
    try:
        content = _content(file.path(snapshot.root), follows=file.name != DEFAULT)
        digest = hashlib.blake2b(content, digest_size=16).hexdigest()
        if known is not None and known.digest == digest and not known.warning:
            return replace(known, file=file)  # written again as it was
        index = read_index(content)
    except BadIndex as error:
        return FittedIndex(file, warning=f"no SCIP index is used: {error}")
    except OSError as error:
        return FittedIndex(file, warning=f"no SCIP index is used: {error.strerror}")
    return _Fitting(store, files, snapshot, index).fit(file, digest)


def _content(path: Path, *, follows: bool) -> bytes:
    """Read a regular file of bounded size; what stands in for one, such as a pipe, is never waited for."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if follows else os.O_NOFOLLOW))
    seen = os.fstat(descriptor)
    if not stat.S_ISREG(seen.st_mode):
        os.close(descriptor)
        raise BadIndex("it is not a file")
    with os.fdopen(descriptor, "rb") as opened:
        if seen.st_size > LARGEST_BYTES:
            raise BadIndex(f"it has {seen.st_size >> 20} MB, and at most {LARGEST_BYTES >> 20} MB are read")
        return opened.read(LARGEST_BYTES + 1)


class _Fitting:
    """Holds the documents of an index against the files as they are."""

    def __init__(self, store: Store, files: ViewFiles, snapshot: Snapshot, index: ScipIndex) -> None:
        self._store = store
        self._files = files
        self._snapshot = snapshot
        self._index = index
        self._spelled: dict[int, tuple[str, ...]] = {}

    def fit(self, file: ScipFile, digest: str) -> FittedIndex:
        position = {path: at for at, path in enumerate(self._files.paths)}
        documents = [d for d in self._index.documents if d.path in position]
        paths: list[str] = []
        oids: list[str] = []
        unfit = 0
        defined: dict[int, list[tuple[int, int, int]]] = {}
        used: list[tuple[int, int, int]] = []
        contents = self._snapshot.read_all([d.path for d in documents])
        for document, (path, content) in zip(documents, contents, strict=True):
            rows = self._standing(document, content)
            if rows is None:
                unfit += 1
                continue
            definitions = self._definitions(position[path])
            for line, _, _, symbol, roles in rows:
                if is_definition(roles):
                    found = _find(definitions, line, self._spell(symbol))
                    if found is not None:
                        defined.setdefault(symbol, []).append((len(paths), found.position, line))
                else:
                    used.append((symbol, len(paths), line))
            paths.append(path)
            oids.append(self._snapshot.files[path].blob)
        uses = {
            (*at, user, line)
            for symbol, user, line in used
            for at in _few(defined.get(symbol, ()))
            if paths[at[0]] != paths[user]
        }
        rows_ = np.array(sorted(uses), np.int32).reshape(-1, 5)
        return FittedIndex(file, digest, "", unfit, paths, oids, rows_)

    def _spell(self, symbol: int) -> tuple[str, ...]:
        found = self._spelled.get(symbol)
        if found is None:
            found = self._spelled[symbol] = spellings(self._index.symbols[symbol])
        return found

    def _standing(self, document: Document, content: bytes | None) -> list[tuple[int, int, int, int, int]] | None:
        """Return the occurrences whose name stands where they say; None where the file is not what was indexed."""
        source = as_utf8(content) if content is not None else None
        if source is None:
            return None
        lines = source.split(b"\n")
        kept, lost = [], 0
        for row in document.rows():
            words = self._spell(row[3])
            if not words or (row[1] == row[2] and is_definition(row[4])):
                continue  # a whole file, or what has no name in it
            if row[0] < len(lines) and matches_text(lines[row[0]], row, document.encoding, words):
                kept.append(row)
            elif is_definition(row[4]):
                return None
            else:
                lost += 1
        return kept if kept or not lost else None

    def _definitions(self, file: int) -> Sequence[DefinitionRow]:
        row = self._files.rows[file]
        return self._store.definitions([row])[row]


def _few(places: Sequence[tuple[int, int, int]]) -> Sequence[tuple[int, int, int]]:
    return places if len(places) <= MOST_DEFINITIONS else ()


def _find(definitions: Sequence[DefinitionRow], line: int, words: Sequence[str]) -> DefinitionRow | None:
    """Return the innermost definition of a name that holds a line."""
    around = [d for d in definitions if d.start <= line < d.stop and d.name in words]
    return max(around, key=lambda d: d.start, default=None)


class _Layout:
    """The uses of an index for the files as they are."""

    def __init__(self, store: Store, files: ViewFiles, fitted: FittedIndex) -> None:
        self._store = store
        self._files = files
        self._fitted = fitted
        position = {path: at for at, path in enumerate(files.paths)}
        width = len(files.oids) // max(len(files.paths), 1)
        self._places = np.array([position.get(path, -1) for path in fitted.paths], np.int32)
        self._edited = np.array(
            [
                at >= 0 and files.oids[at * width : (at + 1) * width].hex() != oid
                for at, oid in zip(self._places.tolist(), fitted.oids, strict=True)
            ],
            bool,
        )
        self.count = 0
        """Distinct pairs of a definition and a file that uses it."""
        self.documents = 0
        """Files with such a use."""
        self.changed = int(self._edited.sum())
        """Documents that are not as they were when they fitted."""

    def relations(self) -> Relations:
        """Return the relations, each line at its place in the file as it is."""
        uses = self._fitted.uses
        if not len(uses):
            return NONE
        there = (self._places[uses[:, 0]] >= 0) & (self._places[uses[:, 3]] >= 0)
        edited = self._edited[uses[:, 0]] | self._edited[uses[:, 3]]
        plain, moved = uses[there & ~edited], [self._move(row) for row in uses[there & edited].tolist()]
        columns = [self._places[plain[:, 0]], plain[:, 1], self._places[plain[:, 3]], plain[:, 4]]
        rows = np.concatenate(
            [
                np.stack(columns, axis=1).astype(np.int32),
                np.array([row for row in moved if row is not None], np.int32).reshape(-1, 4),
            ]
        )
        self.count = len(np.unique(rows[:, :3], axis=0))
        self.documents = len(np.unique(rows[:, 2]))
        return Relations.of_precise(rows)

    def _move(self, row: Sequence[int]) -> tuple[int, int, int, int] | None:
        target, definition, head, user, line = row
        line = self._follow(user, line)
        if self._edited[target]:
            definition = self._find_again(target, definition, self._follow(target, head))
        if line < 0 or definition < 0:
            return None
        return int(self._places[target]), definition, int(self._places[user]), line

    def _follow(self, document: int, line: int) -> int:
        """Return where a line of a document stands; -1 where it does not any more."""
        if not self._edited[document]:
            return line
        before, now = self._rows(document)
        if before is None:
            return -1
        found = follow(Span(line, line + 1), self._hashes[before], self._hashes[now])
        return -1 if found is None else found.start

    def _find_again(self, document: int, definition: int, line: int) -> int:
        before, now = self._rows(document)
        if before is None or line < 0:
            return -1
        named = self._rows_of_definitions[before]
        if definition >= len(named):
            return -1
        found = _find(self._rows_of_definitions[now], line, (named[definition].name,))
        return -1 if found is None else found.position

    def _rows(self, document: int) -> tuple[int | None, int]:
        """Return the blob that a document fitted, if it is known, and the one that it is."""
        path = self._fitted.paths[document]
        key = self._fitted.oids[document], language_hint(path)
        return self._earlier.get(key), self._files.rows[int(self._places[document])]

    @cached_property
    def _earlier(self) -> dict[tuple[str, str], int]:
        at = np.flatnonzero(self._edited).tolist()
        return self._store.blob_ids((self._fitted.oids[d], language_hint(self._fitted.paths[d])) for d in at)

    @cached_property
    def _both(self) -> list[int]:
        at = np.flatnonzero(self._edited).tolist()
        return sorted({*self._earlier.values(), *(self._files.rows[int(self._places[d])] for d in at)})

    @cached_property
    def _hashes(self) -> dict[int, array[int]]:
        return self._store.line_hashes(self._both)

    @cached_property
    def _rows_of_definitions(self) -> dict[int, list[DefinitionRow]]:
        return self._store.definitions(self._both)
