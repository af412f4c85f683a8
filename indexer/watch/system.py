"""What the machine offers for watching files: a source of events, and a table of mounts."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

from noctule.indexer.watch.event_source import EventSource
from noctule.indexer.watch.mounts import read_table

Lost = Callable[[], None]


@dataclass(frozen=True, slots=True)
class System:
    """A source of events for a tree, called with its root and with what to do when events were lost.

    None where no system tells of events that costs nothing for ignored folders. `table` is like /proc/self/mountinfo.
    """

    source: Callable[[str, Lost], EventSource] | None
    table: Callable[[], str]


def native() -> System:
    """Return what this machine offers."""
    if sys.platform == "linux":
        return System(_inotify, read_table)
    if sys.platform == "darwin":
        return System(_make_observer, read_table)
    return System(None, read_table)  # kqueue takes an open file for each file


def _inotify(_root: str, lost: Lost) -> EventSource:
    from noctule.indexer.watch.watchdog_inotify import Inotify

    return Inotify(lost)


def _make_observer(root: str, _lost: Lost) -> EventSource:
    from watchdog.observers import Observer

    from noctule.indexer.watch.watchdog_observers import Observed

    return Observed(root, Observer())
