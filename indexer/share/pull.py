"""What others learned of the nearest commit, taken over: fetched as far as it is missing, checked, then all or nothing.

    pull(path, url)     of the nearest published ancestor of the commit that is checked out

Everything is written in one transaction, which ends when all was checked against this clone's own files and commits.
Hashes of lines are worked out here, from the files.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from noctule.indexer.errors import NoctuleError, StoreUnavailable
from noctule.indexer.files.cuts import find_cut
from noctule.indexer.files.git import Git, RepositoryPlace
from noctule.indexer.files.redaction import holds_secret
from noctule.indexer.files.snapshot import Snapshot, of_revision
from noctule.indexer.files.text import line_hashes
from noctule.indexer.forecast.model import Fitted
from noctule.indexer.history import codec
from noctule.indexer.history.history import History
from noctule.indexer.learn.ingest import MOST_POSTINGS, language_hint
from noctule.indexer.parse.pool import Parsed, ParseJob
from noctule.indexer.progress import Report
from noctule.indexer.resolve.relations import Relations
from noctule.indexer.results import Progress
from noctule.indexer.runtime import notify
from noctule.indexer.runtime.collections import no_collections
from noctule.indexer.serve.repository import Repository, ignore
from noctule.indexer.share.check import check_blob, check_history, check_relations, digest_again, draw, refuse
from noctule.indexer.share.digests import BadChunk, Key, SharedBlob, decode, unpack_safely
from noctule.indexer.share.history_pieces import from_pieces
from noctule.indexer.share.layout import Group, group_blobs
from noctule.indexer.share.manifest import DAMAGED, Manifest, Piece
from noctule.indexer.share.objects import Below, ObjectStore, ShareError
from noctule.indexer.share.places import open_place
from noctule.indexer.share.push import VIEW_PARTS, identify, place_of_pull_request
from noctule.indexer.share.ref_names import read_ref_name
from noctule.indexer.share.refs import Published, Ref, place_of
from noctule.indexer.share.results import Pulled
from noctule.indexer.share.signatures import Trust
from noctule.indexer.store import store as stores
from noctule.indexer.store.lease import lease as offer_lease
from noctule.indexer.store.store import Store
from noctule.indexer.store.view import NOTHING as NOTHING_EARLIER
from noctule.indexer.store.view import ViewFiles, files_part
from noctule.indexer.store.writer import Rows, close_pending

READ_AT_ONCE = 16
LONGEST_WAIT_S = 60.0
_MOST_BRANCHES = 40


@dataclass(frozen=True, slots=True)
class Nearest:
    """The published commit that is nearest, the ref that lists it, and how many commits came after it."""

    ref: str
    published: Published
    behind: int


def pull(
    path: Path | str,
    url: str,
    trust: Trust | None = None,
    *,
    ref: str = "",
    cache: Path | None = None,
    progress: Report = ignore,
) -> Pulled:
    """Take over what is published of the nearest ancestor of the commit that is checked out.

    All branches are asked, or the `ref` that is named, which may be that of a pull request.

    A mismatch refuses the whole, and the store is as it was. ShareError, RepositoryError, StoreError, GitError.
    """
    started = time.monotonic()
    with Repository.open(path, cache=cache) as repository:
        place, identity = identify(repository)
        stores = open_stores(url, identity, ref)
        nearest = find_nearest(place, list_refs(place, stores, identity, trust or Trust(), ref))
        if nearest is None:
            return Pulled(identity, "", "", 0, 0, 0, 0, 0, 0, 0, 0, 0, time.monotonic() - started)
        commit = nearest.published.commit
        reader = PieceReader(stores)
        manifest = Manifest.from_bytes(reader.read(nearest.published.manifest))
        manifest.refuse_foreign(identity, commit)
        snapshot = of_revision(place, commit)
        # What is taken over has no circles, and to look for them among so much took a part of the time.
        with no_collections(), _write(repository.folder) as local:
            taken = _Intake(local, repository, place, snapshot, manifest, reader)
            try:
                taken.take(progress)
            except BadChunk as error:
                raise ShareError(f"{DAMAGED}: {error}", "nothing was taken over") from error
            local.finish()
        notify.send(repository.folder, "learned")
    return Pulled(
        identity,
        commit,
        nearest.ref,
        nearest.behind,
        taken.blobs,
        taken.known,
        taken.checked,
        taken.parsed,
        taken.commits,
        taken.checked_commits,
        reader.pieces,
        reader.bytes,
        time.monotonic() - started,
    )


def open_stores(url: str, identity: str, ref: str = "") -> list[ObjectStore]:
    """Open the places of a repository: that of its branches, and before it that of a pull request. ShareError."""
    place = open_place(url)
    number = read_ref_name(ref).pull_request if ref else ""
    own = [Below(place, place_of_pull_request(identity, number))] if number else []
    return [*own, Below(place, identity)]


def list_refs(
    place: RepositoryPlace, stores: Sequence[ObjectStore], identity: str, trust: Trust, ref: str = ""
) -> list[Ref]:
    """Return the refs of all branches, or the one that is named, as far as they are published. ShareError."""
    names = [read_ref_name(ref).full] if ref else _find_refs(place, stores[-1])
    found = [(name, stores[0].read(place_of(name))) for name in names]
    return [Ref.from_bytes(one.data, identity, name, trust) for name, one in found if one is not None]


def find_nearest(place: RepositoryPlace, refs: Sequence[Ref]) -> Nearest | None:
    """Return the newest published ancestor of the commit that is checked out; None where there is none."""
    published: dict[str, tuple[str, Published]] = {}
    for ref in refs:
        for one in ref.published:
            published.setdefault(one.commit, (ref.name, one))
    if not published or place.head is None:
        return None
    git = Git(place)
    ancestors = git.run("rev-list", "--topo-order", "--end-of-options", place.head, "--").decode("ascii").split()
    found_at = next((oid for oid in ancestors if oid in published), None)
    if found_at is None:
        return None
    count = git.run("rev-list", "--count", "--end-of-options", place.head, f"^{found_at}", "--")
    return Nearest(published[found_at][0], published[found_at][1], int(count))


def _find_refs(place: RepositoryPlace, store: ObjectStore) -> list[str]:
    """Return the names of the refs of branches: all that there are, or those that this clone has heard of."""
    listed = store.names("refs/heads/")
    if listed is not None:
        from urllib.parse import unquote

        return [unquote(name.removeprefix("refs/").removesuffix(".json")) for name in listed]
    asked = ("for-each-ref", "--sort=-committerdate", "--format=%(refname)", "refs/heads", "refs/remotes")
    names = os.fsdecode(Git(place).run(*asked)).splitlines()
    local = [name.removeprefix("refs/heads/") for name in names if name.startswith("refs/heads/")]
    remote = [name.split("/", 3)[3] for name in names if name.startswith("refs/remotes/")]
    branches = dict.fromkeys((*local, *remote, "main", "master"))
    return [f"heads/{name}" for name in branches if name != "HEAD" and not holds_secret(name)][:_MOST_BRANCHES]


class PieceReader:
    """Reads pieces, several at once, from the first place that has them."""

    def __init__(self, stores: Sequence[ObjectStore]) -> None:
        self._stores = stores
        self.pieces = self.bytes = 0

    def read(self, piece: Piece) -> bytes:
        """Return the bytes of a piece. ShareError where they are not there, or not what the hash says."""
        return self._open(piece, self._get(piece))

    def read_all(self, pieces: Sequence[Piece]) -> Iterator[bytes]:
        """Yield the bytes of pieces, in this order."""
        with ThreadPoolExecutor(READ_AT_ONCE) as pool:
            left = iter(pieces)
            waiting = [(piece, pool.submit(self._get, piece)) for piece in islice(left, 2 * READ_AT_ONCE)]
            while waiting:
                piece, got = waiting.pop(0)
                waiting += [(more, pool.submit(self._get, more)) for more in islice(left, 1)]
                yield self._open(piece, got.result())

    def _get(self, piece: Piece) -> bytes:
        found = next((found for store in self._stores if (found := store.read(piece.name)) is not None), None)
        if found is None:
            raise ShareError(f"{DAMAGED}: {piece.name} is missing", "nothing was taken over; publish it again")
        return found.data

    def _open(self, piece: Piece, stored: bytes) -> bytes:
        self.pieces += 1
        self.bytes += len(stored)
        return piece.open(stored)


class PulledStore(Store):
    """A store whose transaction ends when all that is pulled was checked."""

    def commit(self) -> None:
        """Leave the transaction open."""

    def finish(self) -> None:
        """Commit all that was written."""
        super().commit()


@contextlib.contextmanager
def _write(folder: Path) -> Iterator[PulledStore]:
    """Open a store to write to it; what is not finished is taken back. StoreError."""
    until = time.monotonic() + LONGEST_WAIT_S
    with offer_lease(folder) as lease:
        while not lease.acquire():
            if time.monotonic() > until:
                raise StoreUnavailable(f"process {lease.owner()} indexes this repository", "pull again when it is done")
            notify.send(folder, "wanted")
            time.sleep(0.05)
        with contextlib.closing(stores.open_for_sleep(folder)) as sound:  # makes it, and rebuilds one that is damaged
            close_pending(sound)
        store = PulledStore(folder)
        try:
            with store.roll_back():
                store.begin()
                yield store
        finally:
            store.close()


class _Intake:
    """Takes one published commit into a store, and checks it on the way."""

    def __init__(
        self,
        store: PulledStore,
        repository: Repository,
        place: RepositoryPlace,
        snapshot: Snapshot,
        manifest: Manifest,
        reader: PieceReader,
    ) -> None:
        self._store, self._place, self._snapshot = store, place, snapshot
        self._root, self._manifest, self._reader = repository.root, manifest, reader
        self._keys: dict[Key, str] = {}
        for path in sorted(snapshot.files):
            self._keys.setdefault((snapshot.files[path].blob, language_hint(path)), path)
        self._ids = dict(store.blob_ids(self._keys))
        self.known = len(self._ids)
        self.blobs = self.checked = self.parsed = self.commits = self.checked_commits = 0

    def take(self, progress: Report) -> None:
        """Fetch, check and write all of it. ShareError, BadChunk."""
        groups = group_blobs(self._snapshot.files)
        if len(groups) != len(self._manifest.groups):
            raise refuse("the list of files")
        missing = [
            (group, piece)
            for group, piece in zip(groups, self._manifest.groups, strict=True)
            if any(key not in self._ids for key in group.paths)
        ]
        drawn = draw([key for group, _ in missing for key in group.paths if key not in self._ids])
        again = digest_again(self._root, self._snapshot, {key: self._keys[key] for key in drawn})
        rows = Rows(self._store)
        wanted = [key for group, _ in missing for key in group.paths if key not in self._ids]
        contents = Git(self._place).blobs(oid for oid, _ in wanted)
        pulled = self._reader.read_all([piece for _, piece in missing])
        for number, ((group, _), data) in enumerate(zip(missing, pulled, strict=True), 1):
            self._take_group(group, data, contents, again, rows)
            progress(Progress("pulling", number, len(missing)))
        self._learn_rest(again, rows)
        rows.close()
        self._ids |= rows.ids
        history = self._take_history()
        self._take_parts(history)

    def _take_group(
        self,
        group: Group,
        data: bytes,
        contents: Iterator[tuple[str, bytes | None]],
        again: Mapping[Key, Parsed],
        rows: Rows,
    ) -> None:
        blobs = {blob.key: blob for blob in decode(data, len(self._manifest.commit) // 2)}
        if not blobs.keys() <= group.paths.keys():
            raise refuse("the list of files")
        for key, path in group.paths.items():
            if key in self._ids:
                continue
            _, content = next(contents)
            blob = blobs.get(key)
            if content is None or blob is None:
                continue
            if key in again:
                check_blob(blob, again[key], path)
                self.checked += 1
            self._add(blob, path, content, rows)

    def _add(self, blob: SharedBlob, path: str, content: bytes, rows: Rows) -> None:
        if blob.size != len(content):
            raise refuse(path)
        hashes = line_hashes(content).tobytes() if blob.digest.text else b""
        job = ParseJob(0, path, blob.key[0], blob.size)
        rows.add(blob.key, Parsed(job, replace(blob.digest, line_hashes=hashes), ""))
        self.blobs += 1
        if rows.segment.size > MOST_POSTINGS:
            rows.close()

    def _learn_rest(self, again: Mapping[Key, Parsed], rows: Rows) -> None:
        """Read the few blobs that are not published: their names or contents are nobody else's business."""
        left = {key: path for key, path in self._keys.items() if key not in self._ids and key not in rows.ids}
        read = digest_again(self._root, self._snapshot, {key: path for key, path in left.items() if key not in again})
        for key in left:
            self.parsed += rows.add(key, read[key] if key in read else again[key])

    def _take_history(self) -> History:
        """Take the commits, where they are more than what is known here would lose."""
        pieces = [(name, piece) for name, parts in self._manifest.history.items() for piece in parts]
        columns: dict[str, bytearray] = {}
        for (name, _), data in zip(pieces, self._reader.read_all([piece for _, piece in pieces]), strict=True):
            columns.setdefault(name, bytearray()).extend(data)
        history = from_pieces({name: bytes(data) for name, data in columns.items()})
        self.checked_commits = check_history(history, self._place, self._manifest.commit)
        self.commits = len(history)
        stored = self._store.shared("history")
        known = set(codec.from_bytes(stored).oids) if stored is not None else set()
        theirs = set(history.oids)
        if len(theirs - known) > len(known - theirs):
            self._store.set_shared("history", codec.to_bytes(history, find_cut(self._place)))
        return history

    def _take_parts(self, history: History) -> None:
        """Take what was fitted, and who uses whom, as a view that the next sleep grows from.

        Uses that differ a little from those that are found here are left to the next sleep.
        """
        parts = {name: self._reader.read(piece) for name, piece in self._manifest.parts.items()}
        if (fitted := parts.get("fitted")) is not None:
            if _read_fitted(fitted) != history.oids[-1]:
                raise refuse("the commit that the forecast was fitted at")
            self._store.set_shared("fitted", fitted)
        if not all(name in parts for name in VIEW_PARTS) or not self._keys.keys() <= self._ids.keys():
            return
        by_path = {
            path: (file.blob, self._ids[file.blob, language_hint(path)]) for path, file in self._snapshot.files.items()
        }
        files = ViewFiles.of(self._store, by_path)
        try:
            relations = Relations.of_columns(unpack_safely(parts["relations"]))
            pairs = unpack_safely(parts["imports"])["pairs"].reshape(-1, 2)
        except (ValueError, KeyError, TypeError) as error:
            raise BadChunk(str(error)) from error
        if len(pairs) and not 0 <= int(pairs.min()) <= int(pairs.max()) < len(files.paths):
            raise refuse("the list of imports")
        counts = self._store.count_definitions()
        if not check_relations(self._store, files, relations, [counts.get(row, 0) for row in files.rows]):
            return
        commit = self._manifest.commit
        laid_out = files_part(files, NOTHING_EARLIER) | {name: parts[name] for name in VIEW_PARTS}
        self._store.drop_views("shared:")
        self._store.put_view(f"shared:{commit}", self._snapshot.key, commit, False, laid_out)


def _read_fitted(data: bytes) -> str:
    """Return the commit that a forecast was fitted at; refuse what is none. BadChunk."""
    try:
        fitted = json.loads(data)
        Fitted.from_dict(fitted["model"])
        return str(fitted["at"])
    except (ValueError, KeyError, TypeError, AttributeError, NoctuleError) as error:
        raise BadChunk(f"the forecast cannot be read: {error}") from error
