"""What was learned of a commit, published: pieces first, then the list of them, then the ref.

    push(path, url)     of the commit that is checked out

What is sent is a function of the commit, the versions of the grammars and the user's rules for what may leave the
machine: no path, no name, no time of the publisher, no budget and no setting is in it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from noctule.indexer.arrays import pack, unpack
from noctule.indexer.files.git import Git, RepositoryPlace
from noctule.indexer.files.identity import find_identity
from noctule.indexer.files.snapshot import Snapshot, of_revision
from noctule.indexer.history import codec
from noctule.indexer.history.history import EXACT, UNREAD, History
from noctule.indexer.learn.history_parts import fit_forecast
from noctule.indexer.learn.ingest import language_hint
from noctule.indexer.llm.egress import EgressPolicy
from noctule.indexer.llm.settings import Choice
from noctule.indexer.progress import Report
from noctule.indexer.results import Progress
from noctule.indexer.serve.repository import Repository, ignore
from noctule.indexer.share.contents import BlobContents
from noctule.indexer.share.digests import Key, encode
from noctule.indexer.share.history_pieces import to_pieces
from noctule.indexer.share.layout import group_blobs
from noctule.indexer.share.manifest import Manifest, Piece, close_piece, grammars, schema
from noctule.indexer.share.objects import Below, ObjectStore, ShareError
from noctule.indexer.share.places import open_place, refuse_unconditional
from noctule.indexer.share.ref_names import PULLS, choose_ref
from noctule.indexer.share.refs import Published, Ref, Step, move
from noctule.indexer.share.results import Pushed
from noctule.indexer.share.signatures import Signer, Trust
from noctule.indexer.store.rows import ViewRow
from noctule.indexer.store.store import Store

SENT_AT_ONCE = 16
VIEW_PARTS = ("relations", "imports")
"""Parts of a view that take long to work out; they count files by their place among the paths of the commit."""


@dataclass(frozen=True, slots=True)
class Publisher:
    """How somebody publishes: under which name, signed with which key, and what may leave the machine.

    `ref` is `main` or `pulls/7`; empty: what is checked out, or what the CI runs for. A pull request has a place of its
    own, which no branch refers to. `force` moves the branch also where the commit does not lead on from it.
    """

    ref: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    force: bool = False
    signer: Signer | None = None
    trust: Trust = field(default_factory=Trust)
    choice: Choice = field(default_factory=Choice)


def push(
    path: Path | str,
    url: str,
    publisher: Publisher | None = None,
    *,
    at: str | None = None,
    cache: Path | None = None,
    progress: Report = ignore,
) -> Pushed:
    """Publish what was learned of a commit, of the one that is checked out; learn it first where it is not known.

    ShareError, RepositoryError, StoreError, GitError.
    """
    started = time.monotonic()
    publisher = publisher or Publisher()
    with Repository.open(path, at=at, cache=cache) as repository:
        place, identity = identify(repository)
        commit = repository.at or place.head
        if commit is None:
            raise ShareError(f"{repository.root} has no commit yet", "commit something first")
        store = open_place(url, to_write=True)
        refuse_unconditional(store)
        name = choose_ref(publisher.ref, place, publisher.environment)
        with _Learned.of(repository, commit, progress) as learned, Sender(store, identity, name.pull_request) as sender:
            manifest = _send(learned, identity, publisher, sender, progress)
            listed = sender.send(manifest.to_bytes())
            sender.finish()
        start = Ref(identity, name.full, (Published(commit, listed),))
        step = _steps(Git(place), commit)
        ref, moved = move(sender.own, start, step, publisher.signer, publisher.trust, force=publisher.force)
    return Pushed(
        identity,
        commit,
        listed.hash,
        ref.name,
        moved,
        learned.sent_blobs,
        learned.left_out,
        len(learned.history),
        sender.pieces,
        sender.sent,
        sender.bytes,
        publisher.signer is not None,
        time.monotonic() - started,
    )


def identify(repository: Repository) -> tuple[RepositoryPlace, str]:
    """Return where git keeps a repository, and its identity. ShareError where it has none."""
    place = repository.place
    if place is None:
        raise ShareError(f"{repository.root} is a plain folder", "only git repositories are shared")
    identity = find_identity(place)
    if identity is None:
        raise ShareError(f"{repository.root} is a shallow clone or has no commit", "run `git fetch --unshallow`")
    return place, identity


@dataclass
class _Learned:
    """A commit, and all that is known of it."""

    store: Store
    snapshot: Snapshot
    view: ViewRow
    history: History
    sent_blobs: int = 0
    left_out: int = 0

    @classmethod
    def of(cls, repository: Repository, commit: str, progress: Report) -> _Learned:
        """Read what is known of a commit; learn it first where it is not all known. ShareError."""
        place = repository.place
        assert place is not None
        snapshot = of_revision(place, commit)
        found = cls._known(repository, snapshot, commit)
        if found is None:
            with Repository.open(repository.root, at=commit, cache=repository.folder.parent) as past:
                past.sleep(progress)
            found = cls._known(repository, snapshot, commit)
        if found is None:
            raise ShareError(f"commit {commit[:10]} could not be learned in whole", "run `noctule sleep` to see why")
        if (found.history.flags & (EXACT | UNREAD)).any():
            found.store.close()
            raise ShareError("this clone lacks objects of its history", "publish from a full clone")
        return found

    @classmethod
    def _known(cls, repository: Repository, snapshot: Snapshot, commit: str) -> _Learned | None:
        store = repository.ref.open_store()
        if store is None:
            return None
        view = store.find_view(snapshot.key, commit)
        packed = store.shared("history") if view is not None else None
        if view is not None and packed is not None:
            history = codec.from_bytes(packed)
            if commit in set(history.oids):
                return cls(store, snapshot, view, history.ancestors_only(commit))
        store.close()
        return None

    def __enter__(self) -> _Learned:
        return self

    def __exit__(self, *_: object) -> None:
        self.store.close()


def place_of_pull_request(identity: str, number: str) -> str:
    """Return the prefix of all that a pull request publishes."""
    return f"{identity}/{PULLS}{number}"


class Sender:
    """Sends pieces that are not there yet, several at once. `own` is where this publisher may write."""

    def __init__(self, store: ObjectStore, identity: str, pull_request: str) -> None:
        self._shared = Below(store, identity)
        self.own = Below(store, place_of_pull_request(identity, pull_request)) if pull_request else self._shared
        self._pool = ThreadPoolExecutor(SENT_AT_ONCE)
        self._open: set[Future[int]] = set()
        self.pieces = self.sent = self.bytes = 0

    def send(self, data: bytes) -> Piece:
        """Send a piece when there is room; return what names it. ShareError of one that was sent before."""
        piece = Piece.of(data)
        self.pieces += 1
        self._open.add(self._pool.submit(self._put, piece, data))
        if len(self._open) >= 2 * SENT_AT_ONCE:
            self._collect(wait(self._open, return_when=FIRST_COMPLETED).done)
        return piece

    def finish(self) -> None:
        """Wait until all was sent. ShareError."""
        self._collect(wait(self._open).done)

    def __enter__(self) -> Sender:
        return self

    def __exit__(self, *_: object) -> None:
        # Where one piece was not taken, nobody waits until the others have failed as well.
        self._pool.shutdown(cancel_futures=True)

    def _collect(self, done: set[Future[int]]) -> None:
        self._open -= done
        for one in done:
            self.bytes += one.result()
            self.sent += one.result() > 0

    def _put(self, piece: Piece, data: bytes) -> int:
        if self._shared.has(piece.name) or (self.own is not self._shared and self.own.has(piece.name)):
            return 0
        stored = close_piece(data)
        return len(stored) if self.own.create(piece.name, stored) else 0


def _send(learned: _Learned, identity: str, publisher: Publisher, sender: Sender, progress: Report) -> Manifest:
    store, snapshot = learned.store, learned.snapshot
    egress = EgressPolicy.of(publisher.choice, snapshot)
    groups = group_blobs(snapshot.files)
    allowed = {key for group in groups for key, path in group.paths.items() if not egress.why_not(path)}
    contents = BlobContents(store, store.blob_ids(allowed))
    pieces: list[Piece] = []
    for number, group in enumerate(groups):
        blobs = contents.blobs([key for key in group.paths if key in allowed])
        learned.sent_blobs += len(blobs)
        pieces.append(sender.send(encode(blobs)))
        progress(Progress("publishing", number + 1, len(groups)))
    every: set[Key] = {(file.blob, language_hint(path)) for path, file in snapshot.files.items()}
    learned.left_out = len(every) - learned.sent_blobs
    history = {name: tuple(map(sender.send, parts)) for name, parts in to_pieces(learned.history)}
    # Uses that were resolved without a file that could not be read here would be wrong where it can be read.
    is_whole = all(key in contents for key in allowed)
    parts = {name: sender.send(data) for name, data in _parts(learned, VIEW_PARTS if is_whole else ())}
    return Manifest(identity, snapshot.revision or "", schema(), grammars(), tuple(pieces), history, parts)


def _parts(learned: _Learned, of_view: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Yield what was worked out of the commit as a whole: the forecast, and some parts of its view."""
    known = learned.store.parts(learned.view.id, ("fitted", *of_view))
    fitted = json.loads(known["fitted"]) if "fitted" in known else {}
    if fitted.get("at") != learned.history.oids[-1]:
        fitted = fit_forecast(learned.history, None)  # one of an earlier commit depends on when somebody learned
    yield "fitted", json.dumps(fitted, sort_keys=True, separators=(",", ":")).encode()
    for name in of_view:
        if name in known:
            yield name, pack({key: np.ascontiguousarray(column) for key, column in unpack(known[name]).items()})


def _steps(git: Git, commit: str) -> Callable[[str], Step]:
    def step(other: str) -> Step:
        if other == commit:
            return "same"
        if git.try_run("merge-base", "--is-ancestor", other, commit).returncode == 0:
            return "forward"
        # A commit that this clone lacks was published by somebody who has fetched since.
        known = git.try_run("cat-file", "-e", f"{other}^{{commit}}").returncode == 0
        return "aside" if known and git.try_run("merge-base", "--is-ancestor", commit, other).returncode else "behind"

    return step
