"""What a source of file events offers, whichever system it stands on. Knows no git, no ignore rules, no batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol

# A file that came was not there before; one that may have replaced another has changed.
Kind = Literal["came", "went", "changed"]


# The same with the folder first, by a name that is the taker's own.
InFolder = Callable[[str, str, Kind, bool], None]


class EventListener(Protocol):
    """Takes one event: a name in the folder that was watched, what became of it, and whether it is a folder."""

    def __call__(self, name: str, kind: Kind, is_folder: bool, /) -> None:
        """Take the event; called in the thread of the source, which must not be kept."""


Left = Callable[[bool], None]  # called when a folder was moved, or (True) removed for good


class EventSource(Protocol):
    """Tells what happens in folders, named by their absolute paths, each on its own and not what lies below."""

    @property
    def count(self) -> int:
        """How many watches of the system this takes."""

    def watch(self, folder: str, told: EventListener) -> bool:
        """Tell of a folder from here on; False when the system has no watch left.

        A folder that is gone or may not be read is nothing to tell of, and no failure.
        """

    def anchor(self, folder: str, left: Left) -> None:
        """Say when a folder itself is moved or removed, where the system tells."""

    def drop(self, folder: str) -> None:
        """Tell of a folder no longer."""

    def close(self) -> None:
        """Free what the system holds for this."""
