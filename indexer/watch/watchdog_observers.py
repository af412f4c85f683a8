"""Events of the systems that tell of a whole tree at once, by watchdog's observers. Knows folders, not their meaning.

Such a system (FSEvents on macOS) takes one watch for a tree of any size, so folders
that nobody asked for cost no watch; their events end at one look into a dictionary.
"""

from __future__ import annotations

import os

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers.api import BaseObserver

from noctule.indexer.watch.event_source import EventListener, Kind, Left
from noctule.indexer.watch.mounts import is_below

KINDS: dict[str, Kind] = {
    "created": "came",
    "deleted": "went",
    "moved": "went",
    "modified": "changed",
    "closed": "changed",
    "attrib": "changed",
}


class Observed(FileSystemEventHandler):
    """Tells of the folders of one tree, and of single folders outside it."""

    def __init__(self, root: str, observer: BaseObserver) -> None:
        self._root = root
        self._observer = observer
        self._folders: dict[str, EventListener] = {}
        self._anchors: dict[str, Left] = {}
        self._outside: set[str] = set()
        observer.schedule(self, root, recursive=True)
        observer.start()

    @property
    def count(self) -> int:
        """One for the tree, one for each folder outside."""
        return 1 + len(self._outside)

    def watch(self, folder: str, told: EventListener) -> bool:
        """Tell of a folder from here on."""
        self._folders[folder] = told
        if not is_below(folder, self._root) and folder not in self._outside:
            self._observer.schedule(self, folder, recursive=False)
            self._outside.add(folder)
        return True

    def anchor(self, folder: str, left: Left) -> None:
        """Say when a folder is removed; a move of a folder above the tree is not told by these systems."""
        self._anchors[folder] = left

    def drop(self, folder: str) -> None:
        """Tell of a folder no longer."""
        self._folders.pop(folder, None)

    def close(self) -> None:
        """End the observer and its threads."""
        self._observer.stop()
        self._observer.join()

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Take an event of watchdog's."""
        kind = KINDS.get(event.event_type)
        if kind is None:
            return
        if kind == "came" and not event.is_directory:
            kind = "changed"  # FSEvents says so of files that were there before, too
        self._forward(os.fsdecode(event.src_path), kind, event.is_directory)
        if event.event_type == "moved":
            self._forward(os.fsdecode(event.dest_path), "came" if event.is_directory else "changed", event.is_directory)

    def _forward(self, path: str, kind: Kind, is_folder: bool) -> None:
        if kind == "went" and (left := self._anchors.get(path)) is not None:
            left(False)
        folder, name = os.path.split(path)
        if (told := self._folders.get(folder)) is not None:
            told(name, kind, is_folder)
