"""Replies that a job was given, kept until it is done: one that was killed begins again without paying twice.

Each is found by the hash of the request and by how many of the same came before. They hold what a model said of the
repository, so they lie where its store lies, and go when the job ends, or after two days. Knows no provider.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any

from noctule.indexer.errors import StoreError
from noctule.indexer.runtime import state

KEPT_S = 2 * 86_400.0
_OLD = "SELECT job FROM reply GROUP BY job HAVING max(at) < ?"


class ReplyCache:
    """The replies of one job; `folder` is that of the store."""

    def __init__(self, folder: Path, job: str) -> None:
        self._folder = folder
        self._job = hashlib.blake2b(job.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
        self._asked: Counter[str] = Counter()
        self._lock = Lock()

    def claim(self, digest: str) -> str:
        """Return the name under which the reply to this request is kept: parallel thoughts may ask the same."""
        with self._lock:
            self._asked[digest] += 1
            return f"{digest}-{self._asked[digest]}"

    def get(self, name: str) -> Mapping[str, Any] | None:
        """Return the reply that an earlier run of the job was given, if any."""
        for (content,) in state.rows(
            self._folder, "SELECT content FROM reply WHERE job = ? AND name = ?", self._job, name
        ):
            record: Mapping[str, Any] = json.loads(content)
            return record
        return None

    def put(self, name: str, record: Mapping[str, Any]) -> None:
        """Keep a reply. Where the disk does not take it, it is only paid for again after a crash."""
        with contextlib.suppress(StoreError), state.transaction(self._folder) as db:
            values = self._job, name, time.time(), json.dumps(record)
            db.execute("INSERT OR REPLACE INTO reply VALUES (?, ?, ?, ?)", values)

    def delete(self) -> None:
        """Delete the job's replies, and those that no job came back for."""
        with contextlib.suppress(StoreError), state.transaction(self._folder, durable=False) as db:
            db.execute("DELETE FROM reply WHERE job = ?", (self._job,))
        delete_old_replies(self._folder)


def delete_old_replies(folder: Path) -> None:
    """Delete the replies that no job came back for; `folder` is that of the store."""
    oldest = time.time() - KEPT_S
    if state.rows(folder, _OLD, oldest):
        with contextlib.suppress(StoreError), state.transaction(folder, durable=False) as db:
            db.execute(f"DELETE FROM reply WHERE job IN ({_OLD})", (oldest,))
