"""Places to share at, by their address."""

from __future__ import annotations

import secrets
from pathlib import Path
from urllib.parse import unquote, urlsplit

from noctule.indexer.share.bucket import BUCKETS, PLAIN, open_bucket
from noctule.indexer.share.objects import PROBE, BadAddress, FolderStore, ObjectStore, ShareError

ADVICE = "give file:///folder, s3://bucket/prefix, gs://bucket/prefix, az://account/container/prefix or https://"


def check_address(url: str, *, to_write: bool) -> None:
    """Raise where nothing can be shared at an address; asks no server. ShareError."""
    parts = urlsplit(url)
    if parts.scheme in PLAIN and to_write:
        raise BadAddress(f"{url} can only be read", "publish at s3://, gs://, az:// or file://")
    if parts.scheme == "file" and (parts.netloc not in ("", "localhost") or not parts.path.strip("/")):
        raise BadAddress(f"{url} names no folder", "write it with three slashes: file:///folder")
    if parts.scheme not in ("file", *BUCKETS, *PLAIN):
        raise BadAddress(f"{url} is not an address to share at", ADVICE)


def open_place(url: str, *, to_write: bool = False) -> ObjectStore:
    """Open a place by its address. ShareError."""
    check_address(url, to_write=to_write)
    parts = urlsplit(url)
    return FolderStore(Path(unquote(parts.path))) if parts.scheme == "file" else open_bucket(url)


def refuse_unconditional(place: ObjectStore) -> None:
    """Raise where a place writes whatever the condition: two publishers would overwrite each other. ShareError."""
    place.create(PROBE, b"noctule")
    found = place.read(PROBE)
    writes_twice = place.create(PROBE, b"noctule")
    if found is not None and not writes_twice:
        # Another publisher may be first, and then the first condition fails as it should.
        marks = (secrets.token_bytes(8), secrets.token_bytes(8))
        writes_twice = all(place.replace(PROBE, mark, found.version) for mark in marks)
    if writes_twice or found is None:
        raise ShareError(
            "this object store ignores conditional writes (If-None-Match, If-Match)",
            "use one that has them: two publishers would overwrite each other",
        )
