"""Which one process sleeps on a work tree: the leader's lock, and the status that it publishes. Knows no jobs.

A lock of the operating system, which gives it back when its owner dies, however that happens; beside it a file that the
owner writes when its state changes.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Self

from noctule.indexer.errors import StoreUnavailable, advise_store
from noctule.indexer.results import Value
from noctule.indexer.runtime.private_folder import make_private_folder
from noctule.indexer.runtime.scratch_file import replace_file

FOLDER = "sleepers"

State = Literal["awake", "reading", "sleeping", "resting"]
"""Held awake; bringing answers up to date; at a job that could wait; with nothing left that is worth doing."""


@dataclass(frozen=True, slots=True)
class SleeperStatus(Value):
    """What a sleeper does since a moment (seconds since the epoch).

    `held_by` says what holds it awake, `signal` in a word (`indexer.runtime.idle.HoldKind`), `job` what it is at;
    `failing` are jobs that failed, with the reason. `pids` are its own process and those that work for it.
    """

    state: State
    since: float
    root: str
    pid: int
    pids: tuple[int, ...] = ()
    held_by: str = ""
    job: str = ""
    failing: Mapping[str, str] = field(default_factory=dict)
    watches: int = 0
    polled: tuple[str, ...] = ()
    fault: str = ""
    fix: str = ""
    refresh_ms: float | None = None
    signal: str = ""

    @classmethod
    def from_json(cls, text: bytes) -> Self | None:
        """Read what a sleeper wrote; None where it is torn or of another version."""
        try:
            values = json.loads(text)
            known = {name: values[name] for name in cls.__dataclass_fields__ if name in values}
            known |= {name: tuple(known[name]) for name in ("pids", "polled") if name in known}
            return cls(**known)
        except (ValueError, TypeError):
            return None


class LeaderLock:
    """The lock of one work tree of a store; `name` tells work trees of the same store apart."""

    def __init__(self, folder: Path, view_name: str) -> None:
        self.name = hashlib.blake2b(view_name.encode("utf-8", "surrogateescape"), digest_size=6).hexdigest()
        self._folder = folder / FOLDER
        self._lock = self._folder / f"{self.name}.lock"
        self._status = self._folder / f"{self.name}.json"
        self._held: int | None = None

    def acquire(self, *, wait: bool) -> bool:
        """Take the lock, or wait until its owner has gone, without looking again and again. StoreUnavailable."""
        try:
            return self._acquire(wait=wait)
        except OSError as error:
            why = error.strerror or str(error)
            raise StoreUnavailable(f"{self._folder} cannot be used: {why}", advise_store(why)) from error

    def _acquire(self, *, wait: bool) -> bool:
        make_private_folder(self._folder.parent)
        make_private_folder(self._folder)
        if self._held is not None:
            os.close(self._held)
            self._held = None
        while True:
            lock = os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                os.close(lock)
                return False
            if _is_same(lock, self._lock):
                self._held = lock
                return True
            os.close(lock)  # the store was forgotten meanwhile, and the lock with it

    @property
    def is_lost(self) -> bool:
        """Whether the lock was swept away with the store, so that another process may take it."""
        return self._held is not None and not _is_same(self._held, self._lock)

    def release(self) -> None:
        """Give the lock back, and remove the status."""
        if self._held is not None:
            self._status.unlink(missing_ok=True)
            os.close(self._held)
            self._held = None

    def publish(self, status: SleeperStatus) -> None:
        """Write the status for others to read. A disk that is full or read-only is no reason to stop."""
        with contextlib.suppress(OSError):
            replace_file(self._status, json.dumps(status.to_json()).encode())

    def owner(self) -> SleeperStatus | None:
        """Return the status of the living owner, or None where there is none."""
        try:
            lock = os.open(self._lock, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            pass
        else:
            return None
        finally:
            os.close(lock)
        try:
            return SleeperStatus.from_json(self._status.read_bytes())
        except OSError:
            return None


def _is_same(descriptor: int, path: Path) -> bool:
    try:
        here, there = os.fstat(descriptor), path.stat()
    except FileNotFoundError:
        return False
    return (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino)
