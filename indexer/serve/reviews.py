"""A review of a change of one repository: reads what it needs from git and from the store."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

from noctule.indexer.errors import BadTask
from noctule.indexer.files.git import Git, RepositoryPlace
from noctule.indexer.history import codec
from noctule.indexer.history.history import History
from noctule.indexer.history.line_counts import read_line_counts
from noctule.indexer.review.change import EditedDefinition, read_change, read_staged_change
from noctule.indexer.review.companions import TRIALS, PastChanges, Record
from noctule.indexer.review.earlier_uses import EarlierUses
from noctule.indexer.review.results import Review
from noctule.indexer.review.review import review_change
from noctule.indexer.serve.queries import Reader
from noctule.indexer.store.outlines import read_outlines
from noctule.indexer.store.reference import RepositoryRef
from noctule.indexer.store.store import Store

COUNTED = 2 * TRIALS
"""So many commits are looked at line by line: not each of them is one that hints are tried on."""
MOST_KEPT = 4

_tried: OrderedDict[tuple[str, str, int, float], tuple[PastChanges, Record]] = OrderedDict()
"""The pasts used last, by store, commit, number of commits and precision: an editor asks after each save."""


def require_repository(place: RepositoryPlace | None, root: Path, base: str) -> RepositoryPlace:
    """Return the repository if it can have a change from `base`. BadTask."""
    if place is None:
        raise BadTask(f"{root} is not a git repository, so it has no changes to review", "run it in a repository")
    if base == "HEAD" and place.head is None:
        raise BadTask(f"{root} has no commit yet, so there is no change to review", "make a commit first")
    return place


def make_review(
    ref: RepositoryRef, reader: Reader, store: Store, base: str, head: str | None, precision: float | None
) -> Review:
    """Review the change from `base` to `head`, or to what `ref` looks at. UnknownRevision, BadTask, GitError.

    With no `precision`, no forgotten files are looked for.
    """
    place = require_repository(ref.place, ref.root, base)
    if head == "index":
        change = read_staged_change(place)
    else:
        git = Git(place)
        change = read_change(place, git.resolve(base), git.resolve(head) if head else ref.at, reader.live)
    past = None if precision is None or not change.files else _record_past(ref, store, change.base, precision)

    def find_earlier(edited: Sequence[EditedDefinition]) -> EarlierUses:
        return EarlierUses(store, reader.ground, change, edited, lambda: _load_outlines(ref, store))

    return review_change(reader.ground, change, past, precision, reader.freshness, find_earlier)


def _load_outlines(ref: RepositoryRef, store: Store) -> dict[int, bytes]:
    """Return the outlines of files, by the rows of their blobs, which saves reading the facts of each file."""
    loaded = store.load_view(ref.view_name, ("outlines",))
    return read_outlines(loaded[1].get("outlines")) if loaded is not None else {}


def _record_past(ref: RepositoryRef, store: Store, base: str, precision: float) -> tuple[PastChanges, Record]:
    """Return the commits that are known up to `base`, with how hints did on them; nothing of the change is in them."""
    kept = store.shared("history")
    history = codec.from_bytes(kept) if kept is not None else History.empty()
    history = history.ancestors_only(base) if base in history.oids else History.empty()
    key = (str(ref.folder), base, len(history.oids), precision)
    if key not in _tried:
        place = ref.place
        lines = read_line_counts(Git(place), base, COUNTED) if place is not None else {}
        past = PastChanges(history, lines)
        _tried[key] = past, past.record(precision)
        while len(_tried) > MOST_KEPT:
            _tried.popitem(last=False)
    _tried.move_to_end(key)
    return _tried[key]
