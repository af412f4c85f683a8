"""git on its way to list a work tree, for who does something else before the list is needed. Parses nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from noctule.indexer.files.git import Git, RepositoryPlace
from noctule.indexer.files.git_process import Running

ListingRuns = tuple[Running, Running]
"""git at listing the files, and at telling whether any is staged."""
EMPTY_TREE = {  # git knows these without storing them
    "sha1": "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    "sha256": "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
}


@contextmanager
def begin_listing(place: RepositoryPlace) -> Iterator[ListingRuns]:
    """Have git begin to list a work tree, for who does something else before the list is needed."""
    git = Git(place)
    base = place.head or EMPTY_TREE[place.object_format]
    with (
        git.begin("ls-files", "-z", "-v", "-s", "-c", "-o", "--exclude-standard") as listing,
        git.begin("diff-index", "--cached", "--quiet", base) as staged,
    ):
        yield listing, staged
