"""What a branch, or a pull request, has published: a small value that is moved, and only forward, by compare-and-swap.

Besides the commit that it stands at, a ref lists the commits published before, so that who stands at an earlier commit,
or on a branch of one, finds the nearest. A commit that does not lead on from where the ref stands is added to the list.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import quote

from noctule.indexer.share.manifest import DAMAGED, FORMAT, Piece, parse_piece, read_json
from noctule.indexer.share.objects import ObjectStore, ShareError
from noctule.indexer.share.signatures import Signer, Trust

WHAT = "ref"
MOST_PUBLISHED = 400
_ATTEMPTS = 30

Step = Literal["forward", "same", "behind", "aside"]
"""How a commit stands to the one that a ref stands at; "behind" is one of its ancestors, or one that led to it."""


@dataclass(frozen=True, slots=True)
class Published:
    """A commit, and the piece that lists what was learned of it."""

    commit: str
    manifest: Piece


@dataclass(frozen=True, slots=True)
class Ref:
    """Where a branch stands: the first of what was published is its commit."""

    repository: str
    name: str
    published: tuple[Published, ...]

    def to_bytes(self, signer: Signer | None) -> bytes:
        """Return the ref as it is stored, signed where there is a key."""
        written = {
            "noctule": WHAT,
            "format": FORMAT,
            "repository": self.repository,
            "name": self.name,
            "published": [[p.commit, *p.manifest] for p in self.published],
        }
        text = json.dumps(written, sort_keys=True, separators=(",", ":"))
        envelope = {"ref": text}
        if signer is not None:
            envelope["signature"] = base64.b64encode(signer.sign(text.encode())).decode()
        return json.dumps(envelope, sort_keys=True).encode()

    @classmethod
    def from_bytes(cls, data: bytes, repository: str, name: str, trust: Trust) -> Ref:
        """Read what `to_bytes` wrote, if it is of this name and signed as is required. ShareError."""
        try:
            envelope = json.loads(data)
            text = envelope["ref"]
            signature = base64.b64decode(envelope.get("signature", ""), validate=True)
            trust.check(text.encode(), signature, name)
            written = read_json(text.encode(), WHAT)
            published = tuple(
                Published(str(c), parse_piece([digest, size])) for c, digest, size in written["published"]
            )
            found = cls(str(written["repository"]), str(written["name"]), published)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ShareError(f"{DAMAGED}: the ref {name} cannot be read", "publish it again") from error
        if (found.repository, found.name) != (repository, name) or not published:
            raise ShareError(f"{DAMAGED}: the ref {name} is another one", "publish it again")
        return found


def place_of(name: str) -> str:
    """Return where a ref lies below the prefix of its repository."""
    return f"refs/{quote(name, safe='/')}.json"


def move(
    store: ObjectStore,
    start: Ref,
    step: Callable[[str], Step],
    signer: Signer | None,
    trust: Trust,
    *,
    force: bool = False,
) -> tuple[Ref, bool]:
    """Bring a ref to the commit of `start`, or add that to what it lists; return the ref, and whether it stands there.

    Where another publisher was first, its ref is read and the step is decided anew: nothing of it is lost. ShareError.
    """
    mine = start.published[0]
    where = place_of(start.name)
    for _ in range(_ATTEMPTS):
        found = store.read(where)
        if found is None:
            if store.create(where, start.to_bytes(signer)):
                return start, True
            continue
        before = Ref.from_bytes(found.data, start.repository, start.name, trust)
        how: Step = "forward" if force else step(before.published[0].commit)
        after = replace(before, published=_join(mine, before.published, first=how in ("forward", "same")))
        stands_here = after.published[0] == mine
        if after == before or store.replace(where, after.to_bytes(signer), found.version):
            return after, stands_here
    raise ShareError(f"the ref {start.name} moved again and again", "publish again later; what was sent is kept")


def _join(mine: Published, known: Sequence[Published], *, first: bool) -> tuple[Published, ...]:
    """Put a commit in front of those known, or behind the first one."""
    others = [one for one in known if one.commit != mine.commit]
    joined = [mine, *others] if first or not others else [others[0], mine, *others[1:]]
    return tuple(joined[:MOST_PUBLISHED])
