"""Folders told of by events as far as the system has watches, and looked at from time to time where it has not."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from noctule.indexer.watch.event_source import EventListener, EventSource, Left
from noctule.indexer.watch.mounts import Mount, find_mount
from noctule.indexer.watch.polling import Polling

LIMITS = Path("/proc/sys/fs/inotify")
ENOUGH_WATCHES = 524_288
ENOUGH_INSTANCES = 1_024


class Watches:
    """Tells of folders by their absolute paths; `obtain` returns the source of events, None where there is none."""

    def __init__(self, obtain: Callable[[], EventSource] | None, polling: Polling) -> None:
        self._obtain = obtain
        self._source: EventSource | None = None
        self._polling = polling
        self._mounts: Sequence[Mount] = ()
        self._anchors: Sequence[str] = ()
        self._left: Left = ignore
        self._short: dict[str, EventListener] = {}
        self._shared: dict[str, str] = {}
        self._fault = ""

    @property
    def count(self) -> int:
        """How many watches of the system are taken."""
        source = self._source
        return source.count if source is not None else 0

    def start(self, mounts: Sequence[Mount], anchors: Sequence[str], left: Left) -> None:
        """Obtain the source of events, and have it say when one of the anchors is moved or removed."""
        self._mounts, self._anchors, self._left = mounts, anchors, left
        self._open()

    def add(self, folder: str, told: EventListener) -> None:
        """Tell of a folder from here on."""
        mount = find_mount(folder, self._mounts)
        if mount is not None and mount.is_shared:
            self._shared[folder] = mount.kind
        if self._source is None or not self._source.watch(folder, told):
            self._short[folder] = told
        if folder in self._short or folder in self._shared:
            self._polling.watch(folder, told)

    def drop(self, folder: str) -> None:
        """Tell of a folder no longer."""
        if self._source is not None:
            self._source.drop(folder)
        self._polling.drop(folder)
        self._short.pop(folder, None)
        self._shared.pop(folder, None)

    def look(self) -> None:
        """Look at the folders without events; watch them from here on if the system has watches again."""
        self._polling.look()
        if self._short and self._source is None:
            self._open()
        for folder, told in list(self._short.items()):
            if self._source is None or not self._source.watch(folder, told):
                return
            self._polling.scan(folder)  # what happened between the last look and the watch
            self._short.pop(folder)
            if folder not in self._shared:
                self._polling.drop(folder)

    def close(self) -> None:
        """Free what the system holds."""
        if self._source is not None:
            self._source.close()
        self._source = None
        self._obtain = None
        self._polling.close()
        self._short.clear()
        self._shared.clear()

    def complaint(self) -> tuple[str, str]:
        """Say in a sentence why folders are looked at from time to time, and what to do about it in one line."""
        short, shared = len(self._short), sorted(set(self._shared.copy().values()))
        every = f"checked every {self._polling.interval_s:.0f} s"
        if short and self._obtain is None:
            return f"this system does not report changes in single folders: {every}", ""
        if short and self._source is None:
            more = max(ENOUGH_INSTANCES, 2 * _limit("max_user_instances"))
            return (
                f"{self._fault}, so all folders are {every}",
                f"sudo sysctl fs.inotify.max_user_instances={more}",
            )
        if short:
            more = max(ENOUGH_WATCHES, 2 * _limit("max_user_watches"))
            return (
                f"no inotify watch is left for {short} folders; they are {every}",
                f"sudo sysctl fs.inotify.max_user_watches={more}",
            )
        if shared:
            return (
                f"changes made on another machine on {', '.join(shared)} send no events here; {every}",
                "Keep the work tree on a disk of this machine.",
            )
        return "", ""

    def _open(self) -> None:
        if self._obtain is None:
            return
        try:
            self._source = self._obtain()
        except OSError as error:
            limit = "no inotify instance is left" if error.errno == errno.EMFILE else "inotify is not available"
            self._fault = f"{limit} ({os.strerror(error.errno or 0).lower()})"
            return
        for folder in self._anchors:
            self._source.anchor(folder, self._left)


def ignore(_is_removed: bool) -> None:
    """Take no note."""


def _limit(name: str) -> int:
    try:
        return int((LIMITS / name).read_text())
    except (OSError, ValueError):
        return 0
