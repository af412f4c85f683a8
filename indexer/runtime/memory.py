"""What a process that waits gives back of its memory. Knows no work."""

from __future__ import annotations

import contextlib
import ctypes
import gc


def give_back() -> None:
    """Return to the system what this process has freed.

    Python looks for circles only when enough was made, and glibc keeps what is freed between two blocks in use:
    together that was more than half of what a process held that had brought a large repository up to date.
    """
    gc.collect()
    with contextlib.suppress(AttributeError, OSError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)
