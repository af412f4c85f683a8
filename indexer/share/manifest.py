"""What is published of one commit: a list of pieces by their hashes, and what they were made by. No clock, no machine.

A piece is stored under the SHA-256 of its bytes, compressed; the compression may differ from machine to machine.
"""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib import metadata
from typing import Any, NamedTuple

from noctule.indexer.share.objects import MOST_BYTES, ShareError
from noctule.indexer.store.connection import KIND

FORMAT = 1
WHAT = "learned of a commit"
_NAME = re.compile(r"[\w.-]*")
DAMAGED = "what is shared is damaged"


class Piece(NamedTuple):
    """The hash and the length of bytes."""

    hash: str
    size: int

    @classmethod
    def of(cls, data: bytes) -> Piece:
        """Return what names some bytes."""
        return cls(hashlib.sha256(data).hexdigest(), len(data))

    @property
    def name(self) -> str:
        """The name under which it is stored, below the prefix of its repository."""
        return f"objects/{self.hash[:2]}/{self.hash[2:]}"

    def open(self, stored: bytes) -> bytes:
        """Return the bytes that were stored. ShareError where these are others."""
        expand = zlib.decompressobj()
        try:
            data = expand.decompress(stored, self.size + 1)
        except zlib.error:
            data = b""
        if len(data) != self.size or not expand.eof or hashlib.sha256(data).hexdigest() != self.hash:
            raise ShareError(f"{DAMAGED}: {self.name} is not what its name says", "nothing was taken over")
        return data


def close_piece(data: bytes) -> bytes:
    """Return bytes as they are stored."""
    return zlib.compress(data, 6)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is published of a commit. `groups` are in the order of `layout`; `parts` are named parts of a view."""

    repository: str
    commit: str
    schema: int
    grammars: Mapping[str, str]
    groups: tuple[Piece, ...]
    history: Mapping[str, tuple[Piece, ...]]
    parts: Mapping[str, Piece]

    def to_bytes(self) -> bytes:
        """Return the manifest as it is stored."""
        written = {"noctule": WHAT, "format": FORMAT, **asdict(self)}
        return json.dumps(written, sort_keys=True, separators=(",", ":")).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Manifest:
        """Read what `to_bytes` wrote, and refuse what another version wrote. ShareError."""
        written = read_json(data, WHAT)
        try:
            return cls(
                str(written["repository"]),
                str(written["commit"]),
                int(written["schema"]),
                {str(name): str(version) for name, version in written["grammars"].items()},
                tuple(map(parse_piece, written["groups"])),
                {str(name): tuple(map(parse_piece, pieces)) for name, pieces in written["history"].items()},
                {str(name): parse_piece(piece) for name, piece in written["parts"].items()},
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ShareError(f"{DAMAGED}: its list of pieces cannot be read") from error

    def refuse_foreign(self, repository: str, commit: str) -> None:
        """Raise where it is not of this repository and commit, or was made by other rules. ShareError."""
        if (self.repository, self.commit) != (repository, commit):
            raise ShareError(f"{DAMAGED}: it is about another commit", "nothing was taken over")
        refuse_version("rules of reading", self.schema, schema())
        mine = grammars()
        for name, version in self.grammars.items():
            if mine.get(name) != version:
                raise ShareError(
                    f"what is shared was read with {name} {version}, and here is {mine.get(name, 'none')}",
                    "install the same versions everywhere; nothing was taken over",
                )


def refuse_version(what: str, theirs: int, ours: int) -> None:
    """Raise where something was written by another version. ShareError."""
    if theirs > ours:
        raise ShareError(
            f"what is shared was written by a newer noctule ({what} {theirs}, here {ours})", "upgrade noctule"
        )
    if theirs < ours:
        raise ShareError(
            f"what is shared was written by an older noctule ({what} {theirs}, here {ours})", "publish it again"
        )


def read_json(data: bytes, what: str) -> dict[str, Any]:
    """Return a JSON object that says of itself what it is. ShareError."""
    try:
        written = json.loads(data)
    except (ValueError, RecursionError):
        written = None
    if not isinstance(written, dict) or written.get("noctule") != what or not isinstance(written.get("format"), int):
        raise ShareError(f"{DAMAGED}: what should be {what!r} is not")
    refuse_version("format", written["format"], FORMAT)
    return written


def parse_piece(written: object) -> Piece:
    """Return the piece that a pair of hash and length names. TypeError, ValueError."""
    if not isinstance(written, list) or len(written) != 2:
        raise TypeError("no piece")
    digest, size = written
    if not isinstance(digest, str) or len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
        raise TypeError("no hash")
    if not isinstance(size, int) or not 0 <= size <= MOST_BYTES:
        raise TypeError("no size")
    return Piece(digest, size)


def schema() -> int:
    """Return the number of the rules by which blobs and history are read: that of the newest migration."""
    return len(KIND.migrations())


@cache
def grammars() -> dict[str, str]:
    """Return the versions of the grammars that Noctule reads with."""
    names = (requirement.split(";")[0] for requirement in metadata.requires("noctule") or ())
    found = {name for each in names if (name := _NAME.match(each)[0].lower()).startswith("tree-sitter")}  # type: ignore[index]
    return {name: metadata.version(name) for name in sorted(found)}
