"""What left the machine: to whom, when, about what, how large, and a hash of it. Keeps no text and no key.

Written before the request is sent: what could not be written down is not sent. Bytes are those of the request as this
program makes it; the library that sends it adds headers and may word it as the provider wants it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from dataclasses import fields
from pathlib import Path

from noctule.indexer.errors import StoreError
from noctule.indexer.llm.errors import NotSendable
from noctule.indexer.llm.reports import Sent
from noctule.indexer.runtime import state


def request_hash(body: bytes) -> str:
    """Return the hash by which a request is told in the log."""
    return hashlib.blake2b(body, digest_size=16).hexdigest()


class AuditLog:
    """The log of one repository; `folder` is that of its store."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, sent: Sent) -> None:
        """Write down what is about to be sent. NotSendable where that is not possible."""
        try:
            with state.transaction(self._folder) as db:
                values = sent.at, json.dumps(sent.to_json())
                db.execute("INSERT INTO sent (at, content) VALUES (?, ?)", values)
        except StoreError as error:
            raise NotSendable(
                f"cannot record what is sent: {error}",
                f"nothing is sent until {self._folder} can be written",
            ) from error

    def read(self) -> tuple[Sent, ...]:
        """Return all that was ever sent about this repository, in order of time."""
        found: list[Sent] = []
        for (content,) in state.rows(self._folder, "SELECT content FROM sent ORDER BY at, id"):
            with contextlib.suppress(ValueError, KeyError, TypeError):
                record = json.loads(content)
                record["paths"] = tuple(record["paths"])
                found.append(Sent(**{f.name: record[f.name] for f in fields(Sent)}))
        return tuple(found)
