"""What left the machine: to whom, when, about what, how large, and a hash of it. Keeps no text and no key.

One JSON object a line and one file a month in the store's folder, written before the request is sent: what could not be
written down is not sent. Bytes are those of the request as this program makes it; the library that sends it adds
headers and may word it as the provider wants it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from noctule.indexer.llm.errors import NotSendable
from noctule.indexer.llm.reports import Sent
from noctule.indexer.runtime.ledger import month_of

FOLDER = "sent"


def digest_of(body: bytes) -> str:
    """Return the hash by which a request is told in the log."""
    return hashlib.blake2b(body, digest_size=16).hexdigest()


class SentLog:
    """The log of one repository; `folder` is that of its store."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / FOLDER

    def add(self, sent: Sent) -> None:
        """Write down what is about to be sent. NotSendable where that is not possible."""
        line = json.dumps(sent.to_json()).encode() + b"\n"
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            path = self.folder / f"{month_of(sent.at)}.jsonl"
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            try:
                if os.write(file, line) < len(line):
                    raise OSError(28, "no space is left on the disk")
            finally:
                os.close(file)
        except OSError as error:
            raise NotSendable(
                f"cannot record what is sent: {error.strerror or error}",
                f"nothing is sent until {self.folder} can be written",
            ) from error

    def read(self) -> tuple[Sent, ...]:
        """Return all that was ever sent about this repository, in order of time."""
        found: list[Sent] = []
        with contextlib.suppress(OSError):
            for path in sorted(self.folder.glob("*.jsonl")):
                found.extend(_sent_in(path.read_bytes()))
        return tuple(sorted(found, key=lambda sent: sent.at))


def _sent_in(content: bytes) -> Iterator[Sent]:
    for line in content.splitlines():
        with contextlib.suppress(ValueError, KeyError, TypeError):
            record: dict[str, Any] = json.loads(line)
            record["paths"] = tuple(record["paths"])
            yield Sent(**{f.name: record[f.name] for f in fields(Sent)})
