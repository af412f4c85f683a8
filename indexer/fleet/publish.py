"""What was learned of a repository, put where others can take it. Learns nothing."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from noctule.indexer.errors import NoctuleError
from noctule.indexer.serve.repository import Repository


@dataclass(frozen=True, slots=True)
class Published:
    """What was published: the name of its content, and its size."""

    content: str
    bytes: int


def check_address(to: str) -> None:
    """Raise where nothing can be published at an address. NoctuleError."""
    parts = urlsplit(to)
    if parts.scheme != "file" or parts.netloc or not parts.path.startswith("/"):
        raise NoctuleError(f"cannot publish at {to}", "give a folder as file:///path")


def publish(repository: Repository, name: str, to: str) -> Published:
    """Put the store of a repository below an address; the same content is put there once. NoctuleError."""
    check_address(to)
    folder = Path(unquote(urlsplit(to).path), name.replace("/", "__"))
    folder.mkdir(parents=True, exist_ok=True)
    begun = folder / f".{os.getpid()}"
    try:
        with closing(sqlite3.connect(repository.folder / "store.db")) as store:
            store.execute("VACUUM INTO ?", (str(begun),))
        content = hashlib.blake2b(begun.read_bytes(), digest_size=16).hexdigest()
        size = begun.stat().st_size
        if not (folder / content).exists():
            begun.rename(folder / content)
        reference = folder / ".ref"
        reference.write_text(content)
        reference.rename(folder / "HEAD")
    finally:
        begun.unlink(missing_ok=True)
    return Published(content, size)
