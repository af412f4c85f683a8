"""The child's side of `indexer.parse.pool`: digests what its parent names. Imports little: it starts often."""

from __future__ import annotations

import gc
import marshal
import os
import sys
from array import array
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain, repeat
from pathlib import Path
from typing import Any, BinaryIO

from noctule.indexer.files.text import blob_id
from noctule.indexer.parse.digest import Digest, Lexicon, digest, without_symbols
from noctule.indexer.parse.messages import CHANGED, LENGTH, UNREADABLE

LAST_LINE = 1 << 16
"""Uses of a name past this line are not recorded; no file that people write is so long."""

MOST_COUNTED, LONGEST_UNIT = 255, 65535
"""More of a term in one unit, and more terms of a unit, are stored as so many."""


def work() -> None:
    """Serve one parent over standard input and output until it closes them."""
    place, mode, nice, kind = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
    if nice:
        os.nice(nice)
    # What is read of a file is many small objects without circles, which all go at once.
    gc.set_threshold(100_000, 50, 50)
    read = _read_revision if mode == "revision" else _read_work_tree
    lexicon = Lexicon()
    whole = partial(digest, facts=kind == "facts")
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while head := source.read(LENGTH.size):
        batch = marshal.loads(source.read(*LENGTH.unpack(head)))
        paths = [os.fsdecode(path) for path, _, _ in batch]
        for path, (_, _, plain), (data, failure) in zip(
            paths, batch, read(place, paths, [b for _, b, _ in batch]), strict=True
        ):
            _answer(sink, path, data, failure, without_symbols if plain else whole, lexicon)


def _answer(
    sink: BinaryIO,
    path: str,
    data: bytes | None,
    failure: str,
    make_digest: Callable[[bytes, str, Lexicon], Digest],
    lexicon: Lexicon,
) -> None:
    columns: tuple[Any, ...] | None = None
    known = len(lexicon.terms)
    if data is not None:
        try:
            digested = make_digest(data, path, lexicon)
            columns, failure = _columns(digested), digested.in_part
        # The outermost loop of a child: whatever a parser does to one file becomes that file's recorded failure.
        except Exception as error:  # noqa: BLE001
            failure = f"error: {type(error).__name__}: {error}"[:200]
            columns = None
    body = marshal.dumps((failure, lexicon.terms[known:], columns))
    sink.write(LENGTH.pack(len(body)) + body)
    sink.flush()


def _read_work_tree(place: Path, paths: list[str], blobs: list[str]) -> Iterator[tuple[bytes | None, str]]:
    for path, blob in zip(paths, blobs, strict=True):
        try:
            data = (place / path).read_bytes()
        except OSError as error:
            yield None, f"{UNREADABLE}: {error.strerror}"
            continue
        same = blob_id(data, "sha256" if len(blob) == 64 else "sha1") == blob
        yield (data, "") if same else (None, CHANGED)


def _read_revision(place: Path, _paths: list[str], blobs: list[str]) -> Iterator[tuple[bytes | None, str]]:
    from noctule.indexer.files.git import Git, discover  # files of a work tree are read without git

    repository = discover(place)
    assert repository is not None
    for _, data in Git(repository).blobs(blobs):
        yield data, "" if data is not None else "its object is missing from the repository"


def _columns(d: Digest) -> tuple[Any, ...]:
    sums = [sum(counted.values()) for counted in d.counts]
    counts = list(chain.from_iterable([counted.values() for counted in d.counts]))
    if max(sums, default=0) > MOST_COUNTED:
        counts = [min(n, MOST_COUNTED) for n in counts]
    used = d.symbols.references
    if len(d.line_hashes) > LAST_LINE:
        used = {name: tuple(line for line in lines if line < LAST_LINE) for name, lines in used.items()}
    return (
        d.symbols.language,
        d.text,
        d.generated,
        d.symbols.broken,
        d.line_hashes.tobytes(),
        [
            (s.name, s.qualname, s.kind, s.span.start, s.span.stop, s.signature, s.doc, s.parent)
            for s in d.symbols.definitions
        ],
        list(used),
        array("I", map(len, used.values())).tobytes(),
        array("H", chain.from_iterable(used.values())).tobytes(),
        [(i.module, i.names, i.line) for i in d.symbols.imports],
        array("i", d.units).tobytes(),
        array("H", [min(length, LONGEST_UNIT) for length in sums]).tobytes(),
        array("I", chain.from_iterable(d.counts)).tobytes(),
        array("I", chain.from_iterable(map(repeat, range(len(sums)), map(len, d.counts)))).tobytes(),
        bytes(counts),
        d.package,
        d.facts,
    )
