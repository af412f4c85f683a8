"""Replies that a job was given, kept until it is done: one that was killed begins again without paying twice.

A file each, named by the hash of the request and by how many of the same came before. They hold what a model said of
the repository, so they lie where its store lies, and go when the job ends, or after two days. Knows no provider.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any

FOLDER = "replies"
KEPT_S = 2 * 86_400.0


class KeptReplies:
    """The replies of one job; `folder` is that of the store."""

    def __init__(self, folder: Path, job: str) -> None:
        self._all = folder / FOLDER
        self._folder = self._all / hashlib.blake2b(job.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
        self._asked: Counter[str] = Counter()
        self._lock = Lock()

    def claim(self, digest: str) -> str:
        """Return the name under which the reply to this request is kept: parallel thoughts may ask the same."""
        with self._lock:
            self._asked[digest] += 1
            return f"{digest}-{self._asked[digest]}"

    def get(self, name: str) -> Mapping[str, Any] | None:
        """Return the reply that an earlier run of the job was given, if any."""
        try:
            record: Mapping[str, Any] = json.loads((self._folder / f"{name}.json").read_bytes())
        except (OSError, ValueError):
            return None
        return record

    def put(self, name: str, record: Mapping[str, Any]) -> None:
        """Keep a reply. Where the disk does not take it, it is only paid for again after a crash."""
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            scratch = self._folder / f"{name}.{os.getpid()}"
            file = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with os.fdopen(file, "w", encoding="utf-8") as opened:
                json.dump(record, opened)
                opened.flush()
                os.fsync(opened.fileno())
            scratch.replace(self._folder / f"{name}.json")

    def done(self) -> None:
        """Let go of the job's replies, and of those that no job came back for."""
        shutil.rmtree(self._folder, ignore_errors=True)
        let_go(self._all.parent)


def let_go(folder: Path) -> None:
    """Remove replies that no job came back for, from beside the store in `folder`."""
    with contextlib.suppress(OSError):
        for kept in (folder / FOLDER).iterdir():
            if kept.stat().st_mtime < time.time() - KEPT_S:
                shutil.rmtree(kept, ignore_errors=True)
