"""Where shared content lies: names to bytes, in a folder. `bucket` reaches what is elsewhere.

Two promises are all that is asked of a place: a name that exists is not made again (`create`), and a value is replaced
only while it is still the one that was read (`replace`). `refuse_unconditional` tells a place that keeps neither.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple, Protocol

from noctule.indexer.errors import MissingSetting, NoctuleError
from noctule.indexer.runtime.private_folder import MODE
from noctule.indexer.runtime.scratch_file import scratch_file

MOST_BYTES = 256 << 20
"""No object is longer."""
PROBE = "conditional-writes"
EXTRA = "install it with: pip install 'noctule[share]'"


class ShareError(NoctuleError):
    """What is shared cannot be read or written; nothing here was changed."""


class BadAddress(ShareError, MissingSetting):
    """An address, or a name of a branch, that cannot be used: no place is named by it."""


class PlaceMissing(ShareError, MissingSetting):
    """No place is named, or publishing is turned off."""


class PlaceUnreachable(ShareError):
    """The place did not answer, or not as it should; it may do so later."""


class VersionedValue(NamedTuple):
    """A value, and what tells it from the values before and after it."""

    data: bytes
    version: str


class ObjectStore(Protocol):
    """A place for shared content. Every method: ShareError."""

    def read(self, name: str) -> VersionedValue | None:
        """Return a value, None where there is none."""
        ...

    def has(self, name: str) -> bool:
        """Tell whether there is a value."""
        ...

    def create(self, name: str, data: bytes) -> bool:
        """Write a value where there is none; whether there was none."""
        ...

    def replace(self, name: str, data: bytes, version: str) -> bool:
        """Write a value in place of the one of this version; whether it was still there."""
        ...

    def names(self, prefix: str) -> list[str] | None:
        """Return the names below a prefix that ends in a slash; None where the place cannot tell."""
        ...


class Below:
    """The part of a place that lies below a prefix."""

    def __init__(self, store: ObjectStore, prefix: str) -> None:
        self._store = store
        self._prefix = f"{prefix}/"

    def read(self, name: str) -> VersionedValue | None:
        """Return a value, None where there is none."""
        return self._store.read(self._prefix + name)

    def has(self, name: str) -> bool:
        """Tell whether there is a value."""
        return self._store.has(self._prefix + name)

    def create(self, name: str, data: bytes) -> bool:
        """Write a value where there is none; whether there was none."""
        return self._store.create(self._prefix + name, data)

    def replace(self, name: str, data: bytes, version: str) -> bool:
        """Write a value in place of the one of this version; whether it was still there."""
        return self._store.replace(self._prefix + name, data, version)

    def names(self, prefix: str) -> list[str] | None:
        """Return the names below a prefix that ends in a slash; None where the place cannot tell."""
        found = self._store.names(self._prefix + prefix)
        return None if found is None else [name.removeprefix(self._prefix) for name in found]


class FolderStore:
    """A folder of this machine, or of a network share that has locks."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str) -> VersionedValue | None:
        """Return a value, None where there is none."""
        try:
            with self._path(name).open("rb") as file:
                data = file.read(MOST_BYTES + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._refuse(name, error) from error
        return VersionedValue(data, hashlib.sha256(data).hexdigest())

    def has(self, name: str) -> bool:
        """Tell whether there is a value."""
        return self._path(name).exists()

    def create(self, name: str, data: bytes) -> bool:
        """Write a value where there is none; whether there was none."""
        path = self._path(name)
        if path.exists():
            return False
        try:
            with self._scratch(path, data) as scratch:
                os.link(scratch, path)
        except FileExistsError:
            return False
        except OSError as error:
            raise self._refuse(name, error) from error
        return True

    def replace(self, name: str, data: bytes, version: str) -> bool:
        """Write a value in place of the one of this version; whether it was still there."""
        path = self._path(name)
        try:
            with path.with_name(f".{path.name}.lock").open("ab") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                found = self.read(name)
                if found is None or found.version != version:
                    return False
                with self._scratch(path, data) as scratch:
                    scratch.replace(path)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise self._refuse(name, error) from error
        return True

    def names(self, prefix: str) -> list[str] | None:
        """Return the names below a prefix that ends in a slash."""
        folder = self._path(prefix)
        found = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
        return sorted(path.relative_to(self._folder).as_posix() for path in found)

    def _scratch(self, path: Path, data: bytes) -> AbstractContextManager[Path]:
        path.parent.mkdir(parents=True, exist_ok=True, mode=MODE)
        return scratch_file(path, data, is_durable=True)

    def _path(self, name: str) -> Path:
        return self._folder / name

    def _refuse(self, name: str, error: OSError) -> ShareError:
        return ShareError(f"cannot reach {self._path(name)}: {error.strerror or error}", "check the folder")
