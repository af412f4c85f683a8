"""The right to write to a store: one process at a time."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from noctule.indexer.runtime.database import unavailable
from noctule.indexer.runtime.private_folder import make_private_folder
from noctule.indexer.store.connection import KIND

LOCK = "sleeper.lock"


class Lease:
    """The right to write to a store: one process at a time, taken over at once from one that died."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = self._open()

    def _open(self) -> int:
        make_private_folder(self._folder)
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        return os.open(self._folder / LOCK, flags, 0o600)

    def acquire(self) -> bool:
        """Take the lease if no process has it; the operating system returns it when its owner ends. StoreUnavailable.

        The right to a store that was forgotten is worth nothing: others have that to the store in its place.
        """
        while not self._take() or not self.is_in_place():
            if self.is_in_place():
                return False
            os.close(self._file)
            try:
                self._file = self._open()
            except OSError as error:
                self._file = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)  # for `release`
                raise unavailable(self._folder, KIND, error.strerror or str(error)) from error
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)
        return True

    def _take(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def is_in_place(self) -> bool:
        """Tell whether the store was not forgotten since: then its lock is gone, or another one."""
        try:
            return os.path.samestat(os.fstat(self._file), (self._folder / LOCK).lstat())
        except OSError:
            return False

    def owner(self) -> str:
        """Return the process id that the lock file names."""
        return os.pread(self._file, 20, 0).decode("ascii", "replace").strip()

    def release(self) -> None:
        """Give the right back."""
        os.close(self._file)


@contextlib.contextmanager
def lease(folder: Path) -> Iterator[Lease]:
    """Make the folder of a store and offer the lease on it, which ends with the block. StoreUnavailable."""
    try:
        offered = Lease(folder)
    except OSError as error:
        raise unavailable(folder, KIND, error.strerror or str(error)) from error
    try:
        yield offered
    finally:
        offered.release()
