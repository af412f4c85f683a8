"""What is published of a repository, and how far the clone here has gone on since. Fetches refs alone."""

from __future__ import annotations

from pathlib import Path

from noctule.indexer.serve.repository import Repository
from noctule.indexer.share.pull import find_nearest, list_refs, open_stores
from noctule.indexer.share.push import identify
from noctule.indexer.share.results import SharedRef, ShareStatus
from noctule.indexer.share.signatures import Trust


def status(path: Path | str, url: str, trust: Trust, *, ref: str = "", may_push: bool = False) -> ShareStatus:
    """Return what is published at an address; without one, what would be. ShareError, RepositoryError."""
    with Repository.open(path) as repository:
        place, identity = identify(repository)
        refs = list_refs(place, open_stores(url, identity, ref), identity, trust, ref) if url else []
        nearest = find_nearest(place, refs)
        return ShareStatus(
            url,
            identity,
            place.head or "",
            nearest.published.commit if nearest is not None else "",
            nearest.ref if nearest is not None else "",
            nearest.behind if nearest is not None else 0,
            tuple(SharedRef(one.name, one.published[0].commit, len(one.published)) for one in refs),
            may_push,
            len(trust.keys),
        )
