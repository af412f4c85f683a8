"""What sharing did, as values."""

from __future__ import annotations

from dataclasses import dataclass

from noctule.indexer.results import Answer, Value


@dataclass(frozen=True, slots=True)
class Pushed(Answer):
    """What one push did. `moved` says whether the ref stands at the commit now; else it lists it."""

    repository: str
    commit: str
    content: str  # the hash of the list of all pieces: the same from everybody who publishes this commit
    ref: str
    moved: bool
    blobs: int
    left_out: int  # files that are not published: they may hold secrets, or could not be read as they should be
    commits: int
    pieces: int
    pieces_sent: int
    bytes_sent: int
    signed: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class Pulled(Answer):
    """What one pull did. `commit` is empty where no ancestor is published; `behind` counts the commits since it."""

    repository: str
    commit: str
    ref: str
    behind: int
    blobs: int
    known_blobs: int
    checked_blobs: int
    parsed_blobs: int  # of this commit, learned here: what is not published
    commits: int
    checked_commits: int
    pieces: int
    bytes_read: int
    seconds: float


@dataclass(frozen=True, slots=True)
class SharedRef(Value):
    """What one branch has published: the commit that it stands at, and how many it lists."""

    name: str
    commit: str
    published: int


@dataclass(frozen=True, slots=True)
class ShareStatus(Answer):
    """What is published of a repository. `published` is empty where no ancestor of `commit` is."""

    url: str
    repository: str
    commit: str
    published: str
    ref: str
    behind: int
    refs: tuple[SharedRef, ...]
    may_push: bool  # without naming an address
    trusted: int  # keys; none: all refs are read
