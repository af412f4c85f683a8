"""What a process that waits gives back of its memory. Knows no work."""

from __future__ import annotations

import contextlib
import ctypes
import gc


def give_back() -> None:
    """Return to the system what this process has freed, circles too, which Python looks for only when enough was made.

    That was more than half of what a process held that had brought a large repository up to date.
    """
    gc.collect()
    trim()


def trim() -> None:
    """Return to the system what glibc keeps because it lies between two blocks in use."""
    with contextlib.suppress(AttributeError, OSError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)
