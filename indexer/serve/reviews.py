"""A review of a change of one repository: what is read for it, from git and from the store."""

from __future__ import annotations

from noctule.indexer.errors import BadTask
from noctule.indexer.files.git import Git
from noctule.indexer.history import codec
from noctule.indexer.history.history import History
from noctule.indexer.history.line_counts import read_line_counts
from noctule.indexer.review.change import read_change, read_staged_change
from noctule.indexer.review.companions import TRIALS
from noctule.indexer.review.results import Review
from noctule.indexer.review.review import review_change
from noctule.indexer.serve.queries import Reader
from noctule.indexer.store.reference import RepositoryRef
from noctule.indexer.store.store import Store

COUNTED = 2 * TRIALS
"""So many commits are looked at line by line: not each of them is one that hints are tried on."""


def make_review(
    ref: RepositoryRef, reader: Reader, store: Store, base: str, head: str | None, precision: float
) -> Review:
    """Review the change from `base` to `head`, or to what `ref` looks at. UnknownRevision, BadTask, GitError."""
    if ref.place is None:
        raise BadTask(f"{ref.root} is not a git repository, so it has no changes to review", "run it in a repository")
    if head == "index":
        change = read_staged_change(ref.place)
    else:
        git = Git(ref.place)
        change = read_change(ref.place, git.resolve(base), git.resolve(head) if head else ref.at, reader.live)
    lines = read_line_counts(Git(ref.place), change.base, COUNTED)
    return review_change(reader.ground, change, _past_of(store, change.base), lines, reader.freshness, precision)


def _past_of(store: Store, base: str) -> History:
    """Return the commits that are known up to `base`, so that nothing of the change itself is among them."""
    kept = store.shared("history")
    history = codec.from_bytes(kept) if kept is not None else History.empty()
    return history.ancestors_only(base) if base in history.oids else History.empty()
