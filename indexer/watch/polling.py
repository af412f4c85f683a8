"""Events of folders that no system tells of, from what the file system says of their entries. Waits for nobody."""

from __future__ import annotations

import os
import stat as modes
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from noctule.indexer.watch.event_source import EventListener, Kind

BEAT_S = 2.0

# Of the time between two looks, what a look may take: on a slow file system the beat grows.
SHARE = 0.02


@dataclass(frozen=True, slots=True)
class FolderEntry:
    """What tells that an entry of a folder is another one, or holds something else."""

    is_folder: bool
    inode: int
    mode: int
    size: int
    mtime_ns: int
    ctime_ns: int


class Polling:
    """Tells of folders by comparing what is in them; `look` is called when `next_look` has come."""

    def __init__(self, beat_s: float = BEAT_S) -> None:
        self._beat_s = beat_s
        self._folders: dict[str, tuple[EventListener, Mapping[str, FolderEntry]]] = {}
        self._due_at = 0.0
        self.interval_s = beat_s

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders that are looked at."""
        return tuple(self._folders.copy())

    @property
    def next_look(self) -> float | None:
        """When to look again, by the monotonic clock; None while there is nothing to look at."""
        return self._due_at if self._folders else None

    def watch(self, folder: str, told: EventListener) -> None:
        """Tell of a folder from here on."""
        if not self._folders:
            self._due_at = time.monotonic() + self._beat_s
        self._folders[folder] = (told, listing(folder) or {})

    def drop(self, folder: str) -> None:
        """Tell of a folder no longer."""
        self._folders.pop(folder, None)

    def close(self) -> None:
        """Forget all folders."""
        self._folders.clear()

    def look(self) -> None:
        """Tell what happened in all folders since the last look."""
        started = time.monotonic()
        for folder in self.folders:
            self.scan(folder)
        ended = time.monotonic()
        self.interval_s = max(self._beat_s, (ended - started) / SHARE)
        self._due_at = ended + self.interval_s

    def scan(self, folder: str) -> None:
        """Tell what happened in one folder."""
        told, before = self._folders[folder]
        after = listing(folder)
        if after is None:
            return
        self._folders[folder] = (told, after)
        for name, kind, is_folder in differences(before, after):
            told(name, kind, is_folder)


def listing(folder: str) -> dict[str, FolderEntry] | None:
    """Return the entries of a folder; none where it is gone, None where that cannot be told."""
    found: dict[str, FolderEntry] = {}
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                try:
                    found[entry.name] = _entry(entry.stat(follow_symlinks=False))
                except FileNotFoundError:
                    continue  # removed while the folder was read
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError:
        return None  # a server that is away for a moment has removed nothing
    return found


def _entry(seen: os.stat_result) -> FolderEntry:
    if modes.S_ISDIR(seen.st_mode):
        return FolderEntry(True, seen.st_ino, seen.st_mode, 0, 0, 0)  # its times tell of what is in it
    return FolderEntry(False, seen.st_ino, seen.st_mode, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns)


def differences(
    before: Mapping[str, FolderEntry], after: Mapping[str, FolderEntry]
) -> Iterator[tuple[str, Kind, bool]]:
    """Yield (name, what became of it, whether it is a folder)."""
    for name, was in before.items():
        later = after.get(name)
        if later is None or is_another(was, later):
            yield name, "went", was.is_folder
    for name, now in after.items():
        earlier = before.get(name)
        if earlier is None or is_another(earlier, now):
            yield name, "came", now.is_folder
        elif earlier != now:
            yield name, "changed", now.is_folder


def is_another(was: FolderEntry, now: FolderEntry) -> bool:
    """Tell whether what lies below a name is to be looked at anew."""
    return was.is_folder != now.is_folder or (was.is_folder and was.inode != now.inode)
