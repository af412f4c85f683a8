"""How a process makes way for all others: lowest priority for processor and disk, and a share of the cores.

What is lowered stays so for all that the process starts. Knows no work.
"""

from __future__ import annotations

import contextlib
import os
import sys

import psutil

LOWEST = 19


def lower(cores_share: float) -> int:
    """Lower this process for good and return how many cores it may use at once.

    Linux lowers threads one by one: call it before the process starts any.
    """
    os.setpriority(os.PRIO_PROCESS, 0, LOWEST)
    if sys.platform == "linux":
        # A container may forbid either: the priority above still holds.
        with contextlib.suppress(psutil.Error, OSError):
            psutil.Process().ionice(psutil.IOPRIO_CLASS_IDLE)
        allowed = sorted(os.sched_getaffinity(0))
        # From the top: where cores differ, the slow and thrifty ones come last.
        kept = allowed[-cores(cores_share, len(allowed)) :]
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, kept)
        return len(kept)
    return cores(cores_share, os.cpu_count() or 1)


def cores(share: float, available: int) -> int:
    """Return how many whole cores a share is, rounded down, but at least one."""
    return max(1, min(available, int(share * available + 1e-9)))
