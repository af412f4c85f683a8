"""Which blobs of a commit lie together: a function of its tree alone, so that who has the commit knows it too.

Blobs lie in the order of their paths, in groups that end at a path chosen by its hash: a change of a few files leaves
all other groups as they were, byte for byte.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass

from noctule.indexer.files.scan import File
from noctule.indexer.files.secret_paths import may_hold_secrets
from noctule.indexer.learn.ingest import language_hint
from noctule.indexer.share.digests import Key

_ENDS_AT = 16
"""One path in so many ends a group."""
_MOST_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Group:
    """Blobs that lie together; each with the first path that it lies under."""

    paths: Mapping[Key, str]


def group_blobs(files: Mapping[str, File]) -> list[Group]:
    """Return the groups of a tree. Of a file that holds secrets by its name nothing is in any."""
    groups: list[Group] = []
    mine: dict[Key, str] = {}
    seen: set[Key] = set()
    size = 0
    for path in sorted(files):
        file = files[path]
        key = (file.blob, language_hint(path))
        if key in seen or may_hold_secrets(path):
            continue
        seen.add(key)
        mine[key] = path
        size += file.size
        if hashlib.blake2b(os.fsencode(path), digest_size=1).digest()[0] % _ENDS_AT == 0 or size > _MOST_BYTES:
            groups.append(Group(mine))
            mine, size = {}, 0
    return [*groups, Group(mine)] if mine else groups
