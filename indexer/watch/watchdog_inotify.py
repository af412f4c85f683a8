"""Events of Linux, by one inotify instance with one watch a folder. Knows folders, not what they mean.

watchdog's own observer watches all below a folder, ignored parts too, and each further `schedule` costs a thread.
What lies under it takes single folders: `InotifyFD`, one instance and one thread, blocked while nothing happens.
"""

from __future__ import annotations

import errno
import itertools
import logging
import os
from collections.abc import Callable

from watchdog.observers import inotify_c
from watchdog.observers.inotify_c import CallbackId, InotifyConstants, InotifyEvent, InotifyFD, Mask, WatchDescriptor

from noctule.indexer.watch.event_source import EventListener, Left

CAME = InotifyConstants.IN_CREATE | InotifyConstants.IN_MOVED_TO
WENT = InotifyConstants.IN_DELETE | InotifyConstants.IN_MOVED_FROM
CHANGED = InotifyConstants.IN_MODIFY | InotifyConstants.IN_CLOSE_WRITE | InotifyConstants.IN_ATTRIB
LEFT = InotifyConstants.IN_MOVE_SELF | InotifyConstants.IN_DELETE_SELF

# A folder can be watched for what happens in it and for being moved: the kernel has one watch for both.
HOW = InotifyConstants.IN_ONLYDIR | InotifyConstants.IN_DONT_FOLLOW | InotifyConstants.IN_MASK_ADD

FOLDER = Mask(CAME | WENT | CHANGED | InotifyConstants.IN_EXCL_UNLINK | HOW)
ANCHOR = Mask(LEFT | HOW)

UNHEARD = logging.NullHandler()

NO_WATCH_LEFT = (errno.ENOSPC, errno.ENOMEM)


class Inotify:
    """Tells of folders on one inotify instance; OSError when the system has none left.

    `lost` is called when the kernel dropped events. Folders are added and dropped by one thread at a time.
    """

    def __init__(self, lost: Callable[[], None]) -> None:
        self.lost = lost
        self.closed = False
        self.folders: dict[str, _Folder] = {}
        self._anchors: dict[str, _Anchor] = {}
        self._ids = itertools.count()
        # watchdog warns of lost events in the log, which is told here by `lost`; by default that goes to the terminal.
        logging.getLogger(inotify_c.__name__).addHandler(UNHEARD)
        self._instance = InotifyFD()
        self._instance.start()

    @property
    def count(self) -> int:
        """How many watches the kernel holds for this."""
        folders, anchors = self.folders.copy(), self._anchors.copy()
        return len({held.wd for held in folders.values()} | {held.wd for held in anchors.values()})

    def watch(self, folder: str, told: EventListener) -> bool:
        """Tell of a folder from here on; False when the user has no watch left."""
        self.drop(folder)
        held = self.folders[folder] = _Folder(self, folder, told)
        try:
            if self._add(folder, FOLDER, held):
                return True
        except OSError as error:
            self.folders.pop(folder, None)
            return error.errno not in NO_WATCH_LEFT
        self.folders.pop(folder, None)
        return True

    def anchor(self, folder: str, left: Left) -> None:
        """Say when a folder is moved, removed or unmounted; what cannot be watched is not told of."""
        held = _Anchor(self, left)
        try:
            if self._add(folder, ANCHOR, held):
                self._anchors[folder] = held
        except OSError:
            return

    def drop(self, folder: str) -> None:
        """Tell of a folder no longer, and free its watch."""
        held = self.folders.pop(folder, None)
        if held is not None:
            self._instance.remove_callbacks([(held.wd, held.id)])

    def close(self) -> None:
        """Free the instance with all its watches and end its thread."""
        self.closed = True
        self._instance.stop()
        self._instance.join()

    def _add(self, folder: str, mask: Mask, held: _Folder | _Anchor) -> bool:
        # The id is never used twice: one folder reached by two paths (a bind mount) has one watch with two callbacks.
        held.id = CallbackId(next(self._ids))
        held.wd = self._instance.add_callback(os.fsencode(folder), mask, held, held.id)
        if held.wd != -1:
            return True
        # watchdog swallows EACCES and keeps the callback under a watch that does not exist.
        self._instance.remove_callbacks([(held.wd, held.id)])
        return False


class _Folder:
    """One watched folder, as watchdog calls it back."""

    __slots__ = ("_folder", "_source", "_told", "id", "wd")

    def __init__(self, source: Inotify, folder: str, told: EventListener) -> None:
        self._source = source
        self._folder = folder
        self._told = told
        self.id = CallbackId(-1)
        self.wd = WatchDescriptor(-1)

    def on_event(self, event: InotifyEvent) -> None:
        mask = event.mask
        if event.name:
            is_folder = bool(mask & InotifyConstants.IN_ISDIR)
            # What is moved here may replace a file, but no folder that holds anything.
            is_another = mask & InotifyConstants.IN_CREATE or (is_folder and mask & InotifyConstants.IN_MOVED_TO)
            self._told(
                os.fsdecode(event.name), "came" if is_another else "went" if mask & WENT else "changed", is_folder
            )
        elif mask & InotifyConstants.IN_UNMOUNT:
            self._source.lost()

    def on_watch_deleted(self, wd: WatchDescriptor) -> None:  # noqa: ARG002
        if self._source.folders.get(self._folder) is self:
            self._source.folders.pop(self._folder, None)

    def on_queue_overflow(self) -> None:
        self._source.lost()


class _Anchor:
    """One folder whose own whereabouts are watched."""

    __slots__ = ("_left", "_source", "id", "wd")

    def __init__(self, source: Inotify, left: Left) -> None:
        self._source = source
        self._left = left
        self.id = CallbackId(-1)
        self.wd = WatchDescriptor(-1)

    def on_event(self, event: InotifyEvent) -> None:
        if event.mask & InotifyConstants.IN_MOVE_SELF and not event.name:
            self._left(False)

    def on_watch_deleted(self, wd: WatchDescriptor) -> None:  # noqa: ARG002
        # The next folder of that name may get the same inode number: only this event tells that it is another.
        if not self._source.closed:
            self._left(True)

    def on_queue_overflow(self) -> None:
        self._source.lost()
